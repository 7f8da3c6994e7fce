import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { userPool } from "../../support/user-pool";

const claimsIn = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);

test("a pool, its client and its resource server have ids as AWS forms them", () => {
  const { userPoolId, arn, issuer, clientId, clientSecret, cognito } = userPool();
  expect(userPoolId).toMatch(/^eu-west-1_[a-z0-9]{9}$/);
  expect(arn).toBe(`arn:aws:cognito-idp:eu-west-1:123456789012:userpool/${userPoolId}`);
  expect(issuer).toBe(`http://127.0.0.1:4566/_aws/cognito/${userPoolId}`);
  expect(clientId).toMatch(/^[a-z0-9]{26}$/);
  expect(clientSecret).toMatch(/^[a-z0-9]{51}$/);
  const scope = { scope_name: "a", scope_description: "b" };
  const server = { identifier: "https://api", name: "n", user_pool_id: userPoolId, scope };
  expect(cognito.createResourceServer(server)).toEqual({
    id: `${userPoolId}|https://api`,
    scope_identifiers: ["https://api/a"],
  });
  expect(cognito.createDomain({ domain: "orders", user_pool_id: userPoolId })).toMatchObject({ id: "orders" });
  expect(cognito.createClient({ name: "public", user_pool_id: userPoolId }).client_secret).toBe("");
});

describe("tokens", () => {
  test("an identity token says the user, for the client, for an hour", async () => {
    const { token, clientId, issuer, clock } = userPool();
    const now = seconds(clock.now());
    expect(claimsIn(await token())).toEqual({
      sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      token_use: "id",
      aud: clientId,
      "cognito:username": "ann@example.com",
      email: "ann@example.com",
      email_verified: true,
      iss: issuer,
      ...{ auth_time: now, iat: now, exp: now + 3_600 },
      jti: expect.any(String),
    });
  });

  test("an access token says the scopes", async () => {
    const { token, clientId, issuer, clock } = userPool();
    const now = seconds(clock.now());
    expect(claimsIn(await token(["orders/read"]))).toEqual({
      sub: expect.any(String),
      token_use: "access",
      client_id: clientId,
      username: "ann@example.com",
      scope: "orders/read",
      version: 2,
      iss: issuer,
      ...{ auth_time: now, iat: now, exp: now + 3_600 },
      jti: expect.any(String),
    });
  });

  test("an access token of a user who signed in needs no scope of the client's", async () => {
    const { token } = userPool({ allowed_oauth_scopes: null });
    expect(claimsIn(await token(["aws.cognito.signin.user.admin"]))).toMatchObject({
      ...{ token_use: "access", scope: "aws.cognito.signin.user.admin" },
    });
  });

  test("a user has one sub, another user another", async () => {
    const { cognito, userPoolId, clientId } = userPool();
    const subOf = async (username: string) => claimsIn(await cognito.tokenFor({ userPoolId, clientId, username })).sub;
    expect(await subOf("ann")).toBe(await subOf("ann"));
    expect(await subOf("bob")).not.toBe(await subOf("ann"));
  });

  test("groups and other claims are those that are asked for", async () => {
    const { cognito, userPoolId, clientId } = userPool();
    const request = { userPoolId, clientId, username: "ann", groups: ["admins"], claims: { "custom:tenant": "t" } };
    const claims = claimsIn(await cognito.tokenFor(request));
    expect(claims).toMatchObject({ "cognito:groups": ["admins"], "custom:tenant": "t" });
    expect(claims).not.toHaveProperty("email");
  });

  test("last as long as the client says", async () => {
    const lifetimes = async (client: Readonly<Record<string, unknown>>) => {
      const { token } = userPool(client);
      const tokens = [await token(), await token(["orders/read"])].map(claimsIn);
      return tokens.map(({ exp, iat }) => exp - iat);
    };
    const units = [{ id_token: "minutes", access_token: "seconds" }];
    expect(await lifetimes({ id_token_validity: 5, access_token_validity: 300, token_validity_units: units })).toEqual([
      ...[300, 300],
    ]);
    expect(await lifetimes({ id_token_validity: 24, access_token_validity: null })).toEqual([86_400, 3_600]);
  });

  test.each([
    [{ id_token_validity: 4 }, "id_token_validity must be five minutes to a day, got: 4 minutes"],
    [{ access_token_validity: 1_441 }, "access_token_validity must be five minutes to a day, got: 1441 minutes"],
  ])("cannot last as long as %j says", (client, message) => {
    const token_validity_units = { id_token: "minutes", access_token: "minutes" };
    expect(() => userPool({ ...client, token_validity_units })).toThrow(message);
  });

  test("are refused for a pool, a client or a scope that there is not", async () => {
    const { cognito, userPoolId, clientId, token } = userPool();
    await expect(token(["orders/write"])).rejects.toThrow(
      "scopes must be among orders/read, aws.cognito.signin.user.admin, got: orders/write",
    );
    await expect(cognito.tokenFor({ userPoolId, clientId: "x", username: "a" })).rejects.toThrow(
      `clientId must be of a client of ${userPoolId}: ${clientId}, got: x`,
    );
    expect(() => cognito.tokenFor({ userPoolId: "x", clientId, username: "a" })).toThrow("User pool x does not exist.");
  });
});

describe("an issuer", () => {
  test("publishes the keys that its tokens are verified by", async () => {
    const { call, token } = userPool();
    const { status, body } = await call("GET", "/.well-known/jwks.json");
    expect([status, body.keys]).toEqual([
      200,
      [expect.objectContaining({ kty: "RSA", alg: "RS256", use: "sig", e: "AQAB", kid: expect.any(String) })],
    ]);
    expect(body.keys[0]).not.toHaveProperty("d");
    const [head = "", claims = "", signature = ""] = (await token()).split(".");
    const key = createPublicKey({ key: body.keys[0] as JsonWebKey, format: "jwk" });
    expect(verify("RSA-SHA256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))).toBe(true);
    expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({ alg: "RS256", kid: body.keys[0].kid });
  });

  test("says where they are", async () => {
    const { call, issuer } = userPool();
    expect((await call("GET", "/.well-known/openid-configuration")).body).toMatchObject({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: `${issuer}/oauth2/token`,
    });
  });

  test("gives tokens to whoever asks", async () => {
    const { call, clientId } = userPool();
    const tokenBy = async (query: string) => (await call("GET", `/token?client_id=${clientId}&${query}`)).body;
    expect(claimsIn(await tokenBy("username=ann"))).toMatchObject({ token_use: "id", "cognito:username": "ann" });
    expect(claimsIn(await tokenBy("username=ann&scope=orders/read"))).toMatchObject({
      ...{ token_use: "access", scope: "orders/read", username: "ann" },
    });
  });

  test("answers nothing else", async () => {
    const { call } = userPool();
    await expect(call("GET", "/oauth2/userInfo")).rejects.toThrow("GET /oauth2/userInfo is not part of the local run");
  });
});

describe("the grant of client credentials", () => {
  const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
  const grant = { grant_type: "client_credentials" };

  test("gives an access token for the secret, in the header or in the form", async () => {
    const { call, clientId, clientSecret } = userPool();
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
    const inHeader = await call("POST", "/oauth2/token", { headers: { authorization: basic }, body: form(grant) });
    const inForm = await call("POST", "/oauth2/token", {
      body: form({ ...grant, client_id: clientId, client_secret: clientSecret, scope: "orders/read" }),
    });
    for (const { status, body } of [inHeader, inForm]) {
      expect([status, body]).toEqual([
        200,
        { access_token: expect.any(String), expires_in: 3_600, token_type: "Bearer" },
      ]);
      const claims = claimsIn(body.access_token);
      expect(claims).toMatchObject({ sub: clientId, client_id: clientId, token_use: "access", scope: "orders/read" });
      expect(claims).not.toHaveProperty("username");
    }
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, unknown>>]>([
    ["unsupported_grant_type", { grant_type: "password" }, {}],
    ["invalid_client", { client_secret: "x" }, {}],
    ["invalid_client", { client_id: "x" }, {}],
    ["invalid_client", {}, { generate_secret: false }],
    ["unauthorized_client", {}, { allowed_oauth_flows: ["code"] }],
    ["invalid_scope", { scope: "orders/write" }, {}],
  ])("answers 400 %s to %j of a client %j", async (error, fields, client) => {
    const { call, clientId, clientSecret } = userPool(client);
    const given = { ...grant, client_id: clientId, client_secret: clientSecret, ...fields };
    expect(await call("POST", "/oauth2/token", { body: form(given) })).toEqual({ status: 400, body: { error } });
  });
});

describe("fails for what is not modelled, or not there, and names it", () => {
  const { cognito, userPoolId } = userPool();

  test.each<[string, () => unknown, string]>([
    ["triggers", () => cognito.createUserPool({ name: "a", lambda_config: {} }), "lambda_config is not modelled"],
    ["a pool without name", () => cognito.createUserPool({}), "name must be given"],
    [
      "an argument of a client",
      () => cognito.createClient({ name: "a", user_pool_id: userPoolId, analytics_configuration: {} }),
      "analytics_configuration is not modelled",
    ],
    [
      "a client of no pool",
      () => cognito.createClient({ name: "a", user_pool_id: "x" }),
      "User pool x does not exist.",
    ],
    [
      "a scope of no resource server",
      () => cognito.createClient({ name: "a", user_pool_id: userPoolId, allowed_oauth_scopes: ["openid", "orders/x"] }),
      "Invalid scope requested: orders/x is of no resource server",
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
