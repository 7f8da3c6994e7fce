import { UserPool } from "../../../constructs/cognito/user-pool";
import {
  type SignInPages,
  UserPoolClient,
  type UserPoolClientProps,
} from "../../../constructs/cognito/user-pool-client";
import { type Attributes, type Config, only, synthesize } from "../../support/synth";

type Changes = Partial<Omit<UserPoolClientProps, "signInPages">> & { readonly signInPages?: Partial<SignInPages> };

const callbackUrls = ["https://app.example/signed-in"];

const configOf = ({ signInPages, ...changes }: Changes = {}, domainPrefix: string | undefined = "orders-dev"): Config =>
  synthesize((stack) => {
    const userPool = new UserPool(stack, "Users", {
      userPoolName: "users",
      domainPrefix: domainPrefix || undefined,
      resourceServer: { identifier: "orders", scopes: { read: "Read orders" } },
    });
    const scopes = [userPool.scope("read")];
    const pages = signInPages && { signInPages: { callbackUrls, scopes, ...signInPages } };
    new UserPoolClient(stack, "App", { userPool, clientName: "app", ...pages, ...changes });
  });

const clientOf = (changes: Changes = {}): Attributes => only(configOf(changes), "aws_cognito_user_pool_client");

test("keeps no secret, sends no password, tells nobody who has an account, and lets users change nothing but their address", () => {
  const { "//": _, ...client } = clientOf();
  expect(client).toEqual({
    user_pool_id: "${aws_cognito_user_pool.Users.id}",
    name: "app",
    generate_secret: false,
    explicit_auth_flows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    prevent_user_existence_errors: "ENABLED",
    enable_token_revocation: true,
    access_token_validity: 60,
    id_token_validity: 60,
    refresh_token_validity: 30,
    token_validity_units: [{ access_token: "minutes", id_token: "minutes", refresh_token: "days" }],
    read_attributes: ["email", "email_verified"],
    write_attributes: ["email"],
  });
});

test("keeps its address: a client under another one has another id", () => {
  expect(Object.keys(configOf().resource.aws_cognito_user_pool_client ?? {})).toEqual(["App"]);
});

test("uses the sign-in pages by the code flow alone, for scopes that are there", () => {
  expect(clientOf({ signInPages: { logoutUrls: ["http://localhost:3000/out"] } })).toMatchObject({
    allowed_oauth_flows_user_pool_client: true,
    allowed_oauth_flows: ["code"],
    allowed_oauth_scopes: ["openid", "${aws_cognito_resource_server.Users_ResourceServer.identifier}/read"],
    callback_urls: callbackUrls,
    logout_urls: ["http://localhost:3000/out"],
    supported_identity_providers: ["COGNITO"],
  });
});

test("may belong to a pool that exists", () => {
  const config = synthesize((stack) => {
    const arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";
    const userPool = UserPool.fromArn(stack, "Staff", arn);
    const client = new UserPoolClient(stack, "App", { userPool, clientName: "app", signInPages: { callbackUrls } });
    stack.addOutput("client_id", client.clientId, "Client");
  });
  const client = only(config, "aws_cognito_user_pool_client");
  expect(client).toMatchObject({ user_pool_id: "eu-west-1_AbCdEfGhI", allowed_oauth_scopes: ["openid"] });
  expect(client).not.toHaveProperty("logout_urls");
  expect(config.output?.client_id?.value).toBe("${aws_cognito_user_pool_client.App.id}");
});

const urls = (count: number) => Array.from({ length: count }, (_, at) => `https://app.example/${at}`);
const scopes = (count: number) => Array.from({ length: count }, (_, at) => `orders/${at}`);

test.each<[Changes]>([
  [{ accessTokenMinutes: 5, idTokenMinutes: 5, refreshTokenDays: 1 }],
  [{ accessTokenMinutes: 1_440, idTokenMinutes: 1_440, refreshTokenDays: 3_650 }],
  [{ clientName: "x".repeat(128) }],
  [{ signInPages: { callbackUrls: urls(100), logoutUrls: urls(100), scopes: scopes(49) } }],
  [{ signInPages: { callbackUrls: ["http://localhost", "http://localhost:3000/in?x=1", "https://a.example"] } }],
])("takes %j", (changes) => {
  expect(clientOf(changes).generate_secret).toBe(false);
});

const urlRule = "must be https URLs, or http ones of localhost, without a fragment";

test.each<[Changes, string]>([
  [{ clientName: "" }, 'clientName must be 1–128 letters, digits, spaces and +=,.@-_, got: "" (in test/App)'],
  [{ clientName: "x".repeat(129) }, "clientName must be 1–128 letters"],
  [{ accessTokenMinutes: 4 }, "accessTokenMinutes must be an integer from 5 to 1440, got: 4"],
  [{ accessTokenMinutes: 1_441 }, "accessTokenMinutes must be an integer from 5 to 1440, got: 1441"],
  [{ idTokenMinutes: 4 }, "idTokenMinutes must be an integer from 5 to 1440, got: 4"],
  [{ idTokenMinutes: 1_441 }, "idTokenMinutes must be an integer from 5 to 1440, got: 1441"],
  [{ refreshTokenDays: 0 }, "refreshTokenDays must be an integer from 1 to 3650, got: 0"],
  [{ refreshTokenDays: 3_651 }, "refreshTokenDays must be an integer from 1 to 3650, got: 3651"],
  [{ signInPages: { callbackUrls: [] } }, "signInPages.callbackUrls must be 1–100 URLs, got: 0"],
  [{ signInPages: { callbackUrls: urls(101) } }, "signInPages.callbackUrls must be 1–100 URLs, got: 101"],
  [{ signInPages: { logoutUrls: urls(101) } }, "signInPages.logoutUrls must be at most 100 URLs, got: 101"],
  [{ signInPages: { scopes: scopes(50) } }, "signInPages.scopes must be at most 49 scopes, got: 50"],
  [
    { signInPages: { callbackUrls: ["http://app.example"] } },
    `signInPages.callbackUrls ${urlRule}, got: "http://app.example"`,
  ],
  [{ signInPages: { callbackUrls: ["http://localhost.example"] } }, `signInPages.callbackUrls ${urlRule}`],
  [{ signInPages: { callbackUrls: ["https://app.example/#in"] } }, `signInPages.callbackUrls ${urlRule}`],
  [{ signInPages: { logoutUrls: ["app.example"] } }, `signInPages.logoutUrls ${urlRule}`],
])("refuses %j", (changes, message) => {
  expect(() => configOf(changes)).toThrow(message);
});

test("refuses sign-in pages of a pool that has none", () => {
  expect(() => configOf({ signInPages: {} }, "")).toThrow(
    'signInPages must be left out for a pool that has none, got: "pages". Set domainPrefix of test/Users (in test/App)',
  );
});
