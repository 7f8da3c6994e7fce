import { UserPool, type UserPoolProps } from "../../../constructs/cognito/user-pool";
import { type Attributes, type Config, countOf, only, synthesize } from "../../support/synth";

const configOf = (changes: Partial<UserPoolProps> = {}): Config =>
  synthesize((stack) => {
    new UserPool(stack, "Users", { userPoolName: "users", ...changes });
  });

const poolOf = (changes: Partial<UserPoolProps> = {}): Attributes => only(configOf(changes), "aws_cognito_user_pool");

const resourceServer = { identifier: "orders", scopes: { read: "Read orders", write: "Write orders" } };

test("is protected, closed to strangers, and lets users in by e-mail address, long password and, as they choose, a second factor", () => {
  const { "//": _, ...pool } = poolOf();
  expect(pool).toEqual({
    name: "users",
    deletion_protection: "ACTIVE",
    username_attributes: ["email"],
    username_configuration: { case_sensitive: false },
    auto_verified_attributes: ["email"],
    user_attribute_update_settings: { attributes_require_verification_before_update: ["email"] },
    account_recovery_setting: { recovery_mechanism: [{ name: "verified_email", priority: 1 }] },
    admin_create_user_config: { allow_admin_create_user_only: true },
    mfa_configuration: "OPTIONAL",
    software_token_mfa_configuration: { enabled: true },
    password_policy: {
      minimum_length: 12,
      require_lowercase: true,
      require_numbers: true,
      require_symbols: true,
      require_uppercase: true,
      temporary_password_validity_days: 3,
    },
  });
});

test("has nothing besides unless asked to", () => {
  const config = configOf();
  expect([countOf(config, "aws_cognito_user_pool_domain"), countOf(config, "aws_cognito_resource_server")]).toEqual([
    0, 0,
  ]);
});

test("keeps its addresses: a pool under another one is another pool, without the users", () => {
  const { resource } = configOf({ domainPrefix: "orders-dev", resourceServer });
  const addresses = Object.entries(resource).flatMap(([type, parts]) =>
    Object.keys(parts).map((id) => `${type}.${id}`),
  );
  expect(addresses.sort()).toEqual([
    "aws_cognito_resource_server.Users_ResourceServer",
    "aws_cognito_user_pool.Users",
    "aws_cognito_user_pool_domain.Users_Domain",
  ]);
});

test("is opened and unprotected only by name", () => {
  expect(poolOf({ isSelfSignUpAllowed: true }).admin_create_user_config).toEqual({
    allow_admin_create_user_only: false,
  });
  expect(poolOf({ isDeletionProtected: false }).deletion_protection).toBe("INACTIVE");
});

test.each([
  ["ON", { enabled: true }],
  ["OPTIONAL", { enabled: true }],
  ["OFF", undefined],
] as const)("with a second factor %s has a way to one: %j", (mfaConfiguration, softwareToken) => {
  const pool = poolOf({ mfaConfiguration });
  expect([pool.mfa_configuration, pool.software_token_mfa_configuration]).toEqual([mfaConfiguration, softwareToken]);
});

test("names an API and its scopes, which methods refer to", () => {
  let scope = "";
  const config = synthesize((stack) => {
    const pool = new UserPool(stack, "Users", { userPoolName: "users", resourceServer });
    scope = pool.scope("read");
    stack.addOutput("scope", scope, "Scope");
    stack.addOutput("issuer", pool.issuer, "Issuer");
  });
  expect(only(config, "aws_cognito_resource_server")).toMatchObject({
    user_pool_id: "${aws_cognito_user_pool.Users.id}",
    identifier: "orders",
    name: "users",
    scope: [
      { scope_name: "read", scope_description: "Read orders" },
      { scope_name: "write", scope_description: "Write orders" },
    ],
  });
  expect(config.output?.scope?.value).toBe("${aws_cognito_resource_server.Users_ResourceServer.identifier}/read");
  expect(config.output?.issuer?.value).toBe("https://${aws_cognito_user_pool.Users.endpoint}");
});

test.each([
  [resourceServer, "read, write"],
  [undefined, "none"],
])("knows no other scope", (given, known) => {
  expect(() =>
    synthesize((stack) => {
      new UserPool(stack, "Users", { userPoolName: "users", resourceServer: given }).scope("delete");
    }),
  ).toThrow(`scope must be one of resourceServer.scopes, which are: ${known}, got: "delete" (in test/Users)`);
});

const scopesOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`scope-${at}`, "Something"]));

test.each<[Partial<UserPoolProps>]>([
  [{ userPoolName: "u" }],
  [{ userPoolName: "My users +=,.@-_".padEnd(128, "x") }],
  [{ domainPrefix: "a" }],
  [{ domainPrefix: `a${"-".repeat(61)}9` }],
  [{ resourceServer: { identifier: "i", scopes: { s: "d" } } }],
  [
    {
      resourceServer: {
        identifier: "https://api.example/".padEnd(256, "x"),
        scopes: { ["s".repeat(256)]: "d".repeat(256) },
      },
    },
  ],
  [{ resourceServer: { identifier: "i", scopes: scopesOf(100) } }],
])("takes %j", (changes) => {
  expect(countOf(configOf(changes), "aws_cognito_user_pool")).toBe(1);
});

const prefixRule =
  "domainPrefix must be 1–63 lower-case letters, digits and -, not first or last, without the words aws, amazon and cognito";

test.each<[Partial<UserPoolProps>, string]>([
  [{ userPoolName: "" }, 'userPoolName must be 1–128 letters, digits, spaces and +=,.@-_, got: "" (in test/Users)'],
  [{ userPoolName: "x".repeat(129) }, "userPoolName must be 1–128 letters"],
  [{ userPoolName: "a/b" }, "userPoolName must be 1–128 letters"],
  [{ domainPrefix: "" }, `${prefixRule}, got: "" (in test/Users)`],
  [{ domainPrefix: "x".repeat(64) }, prefixRule],
  [{ domainPrefix: "-a" }, prefixRule],
  [{ domainPrefix: "Orders" }, prefixRule],
  [{ domainPrefix: "orders.dev" }, prefixRule],
  [{ domainPrefix: "my-aws-login" }, prefixRule],
  [{ domainPrefix: "cognito1" }, prefixRule],
  [
    { resourceServer: { identifier: "", scopes: { s: "d" } } },
    "resourceServer.identifier must be 1–256 visible ASCII characters",
  ],
  [{ resourceServer: { identifier: "x".repeat(257), scopes: { s: "d" } } }, "resourceServer.identifier must be"],
  [
    { resourceServer: { identifier: "a b", scopes: { s: "d" } } },
    'resourceServer.identifier must be 1–256 visible ASCII characters without " and \\, got: "a b"',
  ],
  [{ resourceServer: { identifier: "i", scopes: {} } }, "resourceServer.scopes must be 1–100 scopes, got: 0"],
  [
    { resourceServer: { identifier: "i", scopes: scopesOf(101) } },
    "resourceServer.scopes must be 1–100 scopes, got: 101",
  ],
  [
    { resourceServer: { identifier: "i", scopes: { "a/b": "d" } } },
    'resourceServer.scopes must be named with 1–256 visible ASCII characters without " and \\ and /, got: "a/b"',
  ],
  [
    { resourceServer: { identifier: "i", scopes: { s: "" } } },
    'resourceServer.scopes.s must be described in 1–256 characters, got: ""',
  ],
  [
    { resourceServer: { identifier: "i", scopes: { s: "d".repeat(257) } } },
    "resourceServer.scopes.s must be described in 1–256",
  ],
])("refuses %j", (changes, message) => {
  expect(() => configOf(changes)).toThrow(message);
});

describe("one that exists", () => {
  const existing = (arn: string) => {
    let found = {};
    const config = synthesize((stack) => {
      const { userPoolArn, userPoolId, issuer } = UserPool.fromArn(stack, "Staff", arn);
      found = { userPoolArn, userPoolId, issuer };
    });
    return { config, found };
  };

  test("is known by its ARN, and left as it is", () => {
    const arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";
    const { config, found } = existing(arn);
    expect(found).toEqual({
      userPoolArn: arn,
      userPoolId: "eu-west-1_AbCdEfGhI",
      issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    });
    expect(config.resource).toBeUndefined();
  });

  test.each([
    ["aws-us-gov", "us-gov-west-1", "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_A1"],
    ["aws-cn", "cn-north-1", "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A1"],
  ])("may be in %s", (partition, region, issuer) => {
    const { found } = existing(`arn:${partition}:cognito-idp:${region}:123456789012:userpool/${region}_A1`);
    expect(found).toMatchObject({ issuer });
  });

  test.each([
    "eu-west-1_AbCdEfGhI",
    "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/",
    "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-2_AbCdEfGhI",
    "arn:aws:cognito-idp:eu-west-1:1234:userpool/eu-west-1_AbCdEfGhI",
    "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC-EfGhI",
    `arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_${"x".repeat(46)}`,
    "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/eu-west-1:1",
    "",
  ])("may not be %j", (arn) => {
    expect(() => existing(arn)).toThrow(
      `userPoolArn must be the ARN of a user pool, such as arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI, got: "${arn}" (in test/Staff)`,
    );
  });
});
