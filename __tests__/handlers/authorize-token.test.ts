import type { APIGatewayAuthorizerResult } from "aws-lambda";
import * as fc from "fast-check";
import { effectOf, letIn, METHOD_ARN, tokenEvent } from "../support/authorizer-events";
import { LambdaFunction } from "../support/lambda-function";
import { makeKey, signed, signedWithPublicKey, TokenIssuer, unsigned } from "../support/token-issuer";

const rsa = makeKey("rsa-1", "RS256");
const ec = makeKey("ec-1", "ES256");
const foreign = makeKey("rsa-1", "RS256");

let issuer: TokenIssuer;
let authorizer: LambdaFunction;

const startAuthorizer = (environment: Readonly<Record<string, string>> = {}): Promise<LambdaFunction> =>
  LambdaFunction.start("handlers/authorize-token.ts", {
    ISSUER: issuer.url,
    AUDIENCE: "app other-app",
    ...environment,
  });

beforeAll(async () => {
  issuer = await TokenIssuer.start(rsa, ec);
  authorizer = await startAuthorizer();
});

afterAll(async () => {
  await authorizer.stop();
  await issuer.stop();
});

const ask = (token: unknown, from = authorizer): Promise<APIGatewayAuthorizerResult> =>
  from.invoke(tokenEvent(`Bearer ${token}`));

const outcomeOf = (token: unknown, from = authorizer): Promise<string> => effectOf(from, tokenEvent(token));

/** The last letter of a signature holds bits that are none of it: two texts can be one signature. */
const sameSignature = (one: string, other: string): boolean => {
  const [head, body, signature] = one.split(".");
  const [otherHead, otherBody, otherSignature] = other.split(".");
  return (
    head === otherHead &&
    body === otherBody &&
    Buffer.from(signature ?? "", "base64url").equals(Buffer.from(otherSignature ?? "", "base64url"))
  );
};

const later = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

test("opens the whole stage, and nothing else, to whoever bears a good token", async () => {
  expect(await ask(signed(issuer.claims(), rsa))).toEqual(letIn);
});

describe("takes", () => {
  test.each([
    ["one signed with an elliptic curve", () => signed(issuer.claims(), ec)],
    ["one for another of the apps", () => signed(issuer.claims({ client_id: "other-app" }), rsa)],
    [
      "one of an issuer that names the audience",
      () => signed(issuer.claims({ token_use: undefined, client_id: "x", aud: ["y", "app"] }), rsa),
    ],
    ["one that ended within the clocks' tolerance", () => signed(issuer.claims({ exp: later(-5) }), rsa)],
    ["one that begins within the clocks' tolerance", () => signed(issuer.claims({ nbf: later(5) }), rsa)],
    ["one that does not name its key, where only one fits", () => signed(issuer.claims(), rsa, { kid: undefined })],
    ["one that names a user by nothing but an id", () => signed(issuer.claims({ username: undefined }), rsa)],
  ])("%s", async (_, token) => {
    expect(await outcomeOf(`Bearer ${token()}`)).toBe("Allow");
  });

  test("the scheme in any case", async () => {
    expect(await outcomeOf(`bearer  ${signed(issuer.claims(), rsa)}`)).toBe("Allow");
  });
});

describe("refuses, as API Gateway answers with 401,", () => {
  test.each([
    ["one that is not signed", () => unsigned(issuer.claims())],
    ["one that is not signed, with a signature", () => `${unsigned(issuer.claims())}c2lnbmF0dXJl`],
    ["one signed with the public key as a secret", () => signedWithPublicKey(issuer.claims(), rsa)],
    ["one signed with another key under a known name", () => signed(issuer.claims(), foreign)],
    ["one signed with a key that the issuer has not", () => signed(issuer.claims(), { ...rsa, kid: "rsa-2" })],
    ["one whose key is of another kind than it says", () => signed(issuer.claims(), { ...ec, kid: "rsa-1" })],
    ["one that says another algorithm than its key has", () => signed(issuer.claims(), rsa, { alg: "RS512" })],
    ["one with an extension that must be understood", () => signed(issuer.claims(), rsa, { crit: ["x"], x: 1 })],
    [
      "one that brings its own key",
      () => signed(issuer.claims(), foreign, { jwk: foreign.publicKey.export({ format: "jwk" }) }),
    ],
    ["one of another issuer", () => signed(issuer.claims({ iss: "https://issuer.example" }), rsa)],
    ["one of the issuer with a slash more", () => signed(issuer.claims({ iss: `${issuer.url}/` }), rsa)],
    ["one for another app", () => signed(issuer.claims({ client_id: "foreign" }), rsa)],
    ["one for two apps run together", () => signed(issuer.claims({ client_id: "app other-app" }), rsa)],
    ["one for no app", () => signed(issuer.claims({ client_id: undefined }), rsa)],
    ["an access token whose audience alone fits", () => signed(issuer.claims({ client_id: "x", aud: "app" }), rsa)],
    ["an identity token", () => signed(issuer.claims({ token_use: "id", aud: "app" }), rsa)],
    ["a token of no known use", () => signed(issuer.claims({ token_use: null, aud: "app" }), rsa)],
    ["one without audience or use", () => signed(issuer.claims({ token_use: undefined }), rsa)],
    ["one that ended", () => signed(issuer.claims({ exp: later(-15) }), rsa)],
    ["one that begins later", () => signed(issuer.claims({ nbf: later(60) }), rsa)],
    ["one that never ends", () => signed(issuer.claims({ exp: undefined }), rsa)],
    ["one whose end is a text", () => signed(issuer.claims({ exp: String(later(60)) }), rsa)],
    ["one of nobody", () => signed(issuer.claims({ sub: undefined }), rsa)],
    ["one of an empty name", () => signed(issuer.claims({ sub: "" }), rsa)],
    ["one whose bearer is a number", () => signed(issuer.claims({ sub: 1 }), rsa)],
    [
      "one that was changed",
      () =>
        signed(issuer.claims(), rsa).replace(
          /\.[^.]*\./,
          `.${btoa(JSON.stringify(issuer.claims({ sub: "root" }))).replace(/=+$/, "")}.`,
        ),
    ],
    ["one cut short", () => signed(issuer.claims(), rsa).slice(0, -4)],
    ["three words", () => "a.b.c"],
  ])("%s", async (_, token) => {
    expect(await outcomeOf(`Bearer ${token()}`)).toBe("Error: Unauthorized");
  });

  test.each([
    ["no header", () => undefined],
    ["an empty one", () => ""],
    ["the scheme alone", () => "Bearer "],
    ["a token without the scheme", () => signed(issuer.claims(), rsa)],
    ["another scheme", () => `Basic ${signed(issuer.claims(), rsa)}`],
    ["two tokens", () => `Bearer ${signed(issuer.claims(), rsa)}, Bearer ${signed(issuer.claims(), rsa)}`],
    ["a line after the token", () => `Bearer ${signed(issuer.claims(), rsa)}\n`],
    ["a list", () => [`Bearer ${signed(issuer.claims(), rsa)}`]],
  ])("%s", async (_, header) => {
    expect(await outcomeOf(header())).toBe("Error: Unauthorized");
  });
});

test.each([
  [""],
  ["*"],
  [null],
  [METHOD_ARN.replace("/dev/GET/orders/1", "")],
  [METHOD_ARN.replace("/dev/", "/*/")],
  [METHOD_ARN.replace("execute-api", "lambda")],
  [METHOD_ARN.slice(0, METHOD_ARN.indexOf("/GET"))],
])("fails, as API Gateway answers with 500, where the method is %j", async (methodArn) => {
  const event = tokenEvent(`Bearer ${signed(issuer.claims(), rsa)}`, methodArn);
  await expect(authorizer.invoke(event)).rejects.toThrow("methodArn must be the ARN of a method of a REST API");
});

test("no event opens anything without a good token", async () => {
  const good = signed(issuer.claims(), rsa);
  const nearly = fc
    .tuple(fc.nat(good.length - 1), fc.constantFrom(..."AZaz09-_.= "))
    .map(([at, letter]) => good.slice(0, at) + letter + good.slice(at + 1))
    .filter((token) => token !== good && !sameSignature(token, good));
  const claims = fc.dictionary(
    fc.constantFrom("iss", "sub", "aud", "client_id", "token_use", "exp", "scope"),
    fc.oneof(fc.jsonValue(), fc.constantFrom("app", issuer.url, later(600))),
  );
  const headers = fc.oneof(
    fc.anything(),
    fc.string().map((text) => `Bearer ${text}`),
    nearly.map((token) => `Bearer ${token}`),
    claims.map((given) => `Bearer ${unsigned(issuer.claims(given))}`),
    claims.map((given) => `Bearer ${signedWithPublicKey(issuer.claims(given), rsa)}`),
    claims.map((given) => `Bearer ${signed(issuer.claims(given), foreign)}`),
  );
  const events = fc.oneof(
    headers.map((header) => tokenEvent(header)),
    fc.anything().filter((event) => event !== undefined),
    fc.dictionary(fc.constantFrom("authorizationToken", "methodArn", "headers", "type"), fc.anything()),
  );
  await fc.assert(
    fc.asyncProperty(events, async (event) => {
      const outcome = await authorizer.invoke(JSON.parse(JSON.stringify(event) ?? "null")).catch(String);
      expect(outcome).toBe("Error: Error: Unauthorized");
    }),
    { numRuns: 500 },
  );
});

describe("with a required scope", () => {
  let scoped: LambdaFunction;

  beforeAll(async () => {
    scoped = await startAuthorizer({ REQUIRED_SCOPE: "orders/read", API_KEY_CLAIM: "api_key" });
  });

  afterAll(() => scoped.stop());

  test("lets in whose token has it", async () => {
    expect(await outcomeOf(`Bearer ${signed(issuer.claims(), rsa)}`, scoped)).toBe("Allow");
  });

  test.each([["orders/write"], ["orders/read-all"], ["ORDERS/READ"], [""], [undefined], [["orders/read"]]])(
    "closes the whole stage, as API Gateway answers with 403, to one with %j",
    async (scope) => {
      const { policyDocument, principalId } = await ask(signed(issuer.claims({ scope }), rsa), scoped);
      expect([principalId, policyDocument.Statement]).toEqual([
        "user-1",
        [
          {
            Action: "execute-api:Invoke",
            Effect: "Deny",
            Resource: "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*",
          },
        ],
      ]);
    },
  );

  test("hands API Gateway the API key that the token holds, where it holds one", async () => {
    const withKey = await ask(signed(issuer.claims({ api_key: "key-of-a-plan-000000" }), rsa), scoped);
    expect(withKey.usageIdentifierKey).toBe("key-of-a-plan-000000");
    for (const api_key of [undefined, 1, ["k"]])
      expect(await ask(signed(issuer.claims({ api_key }), rsa), scoped)).not.toHaveProperty("usageIdentifierKey");
    const untold = await ask(signed(issuer.claims({ api_key: "key-of-a-plan-000000" }), rsa));
    expect(untold).not.toHaveProperty("usageIdentifierKey");
  });
});

describe("the issuer's keys", () => {
  let fresh: LambdaFunction;

  beforeEach(async () => {
    issuer.behaviour = "keys";
    fresh = await startAuthorizer();
    issuer.asked = 0;
  });

  afterEach(async () => {
    issuer.behaviour = "keys";
    await fresh.stop();
  });

  test("are asked for once, and not for tokens that cannot be good", async () => {
    for (const token of ["a.b.c", unsigned(issuer.claims()), signedWithPublicKey(issuer.claims(), rsa)])
      expect(await outcomeOf(`Bearer ${token}`, fresh)).toBe("Error: Unauthorized");
    expect(issuer.asked).toBe(0);
    for (let at = 0; at < 3; at += 1)
      expect(await outcomeOf(`Bearer ${signed(issuer.claims(), rsa)}`, fresh)).toBe("Allow");
    expect(issuer.asked).toBe(1);
  });

  test("are not asked for again for every key that somebody makes up", async () => {
    for (const kid of ["a", "b", "c"])
      expect(await outcomeOf(`Bearer ${signed(issuer.claims(), { ...foreign, kid })}`, fresh)).toBe(
        "Error: Unauthorized",
      );
    expect(issuer.asked).toBe(1);
  });

  test.each(["fault", "redirect", "nonsense", "silence"] as const)(
    "fail the request, as API Gateway answers with 500, where the issuer answers with %s, and are asked for again",
    async (behaviour) => {
      issuer.behaviour = behaviour;
      const token = signed(issuer.claims(), rsa);
      expect(await outcomeOf(`Bearer ${token}`, fresh)).toBe(
        `Error: the keys at ${issuer.url}/.well-known/jwks.json could not be read`,
      );
      expect(issuer.asked).toBe(1);
      const log = fresh.log.join("");
      expect(log).toContain("Not decided");
      expect(log).not.toContain(token.slice(-40));
      issuer.behaviour = "keys";
      expect(await outcomeOf(`Bearer ${token}`, fresh)).toBe("Allow");
    },
  );

  test("fail the request where nobody is there", async () => {
    const gone = await TokenIssuer.start();
    const { url } = gone;
    await gone.stop();
    const alone = await startAuthorizer({ JWKS_URI: `${url}/.well-known/jwks.json` });
    expect(await outcomeOf(`Bearer ${signed(issuer.claims(), rsa)}`, alone)).toContain("could not be read");
    await alone.stop();
  });

  test("may be elsewhere than the issuer", async () => {
    const other = await TokenIssuer.start(foreign);
    const elsewhere = await startAuthorizer({ JWKS_URI: `${other.url}/.well-known/jwks.json` });
    expect(await outcomeOf(`Bearer ${signed(issuer.claims(), foreign)}`, elsewhere)).toBe("Allow");
    expect(await outcomeOf(`Bearer ${signed(issuer.claims(), rsa)}`, elsewhere)).toBe("Error: Unauthorized");
    await elsewhere.stop();
    await other.stop();
  });
});

test("the log says why, and holds no part of a token's signature", async () => {
  const fresh = await startAuthorizer();
  const tokens = [
    signed(issuer.claims({ exp: later(-60) }), rsa),
    signed(issuer.claims(), foreign),
    signed(issuer.claims(), rsa),
  ];
  for (const token of tokens) await outcomeOf(`Bearer ${token}`, fresh);
  await fresh.stop();
  const log = fresh.log.join("");
  expect(log).toContain("ERR_JWT_EXPIRED");
  expect(log).toContain("ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
  expect(log).toContain('"sub": "user-1"');
  for (const token of tokens) for (const part of token.split(".")) expect(log).not.toContain(part);
});
