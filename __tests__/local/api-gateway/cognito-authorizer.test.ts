import { authorizedApi, authorizedGateway, eventIn } from "../../support/authorizers";
import { changed } from "../../support/rest-api";
import { userPool } from "../../support/user-pool";

const GET = "GET /dev/orders";

function gatewayFor(
  pool: ReturnType<typeof userPool>,
  { scopes, ...authorizer }: { scopes?: readonly string[] } & Readonly<Record<string, unknown>> = {},
  changes: (resources: ReturnType<typeof authorizedApi>) => ReturnType<typeof authorizedApi> = (same) => same,
) {
  const users = { type: "COGNITO_USER_POOLS", provider_arns: [pool.arn], ...authorizer };
  const api = authorizedApi(["GET /orders"], users, { authorization_scopes: scopes });
  const { clock, cognito } = pool;
  return authorizedGateway(changes(api), undefined, { clock, userPoolByArn: (arn) => cognito.poolByArn(arn) });
}

const refused = (message = "Unauthorized") => ({
  status: 401,
  body: JSON.stringify({ message }),
  headers: expect.objectContaining({ "x-amzn-ErrorType": "UnauthorizedException" }),
});

describe("without scopes", () => {
  test.each(["", "Bearer ", "bearer "])("takes an identity token after %j", async (before) => {
    const pool = userPool();
    const { call } = gatewayFor(pool);
    expect((await call(GET, "", { authorization: `${before}${await pool.token()}` })).status).toBe(200);
  });

  test("refuses an access token", async () => {
    const pool = userPool();
    const { call, invoked, logged } = gatewayFor(pool);
    expect(await call(GET, "", { authorization: await pool.token(["orders/read"]) })).toMatchObject(refused());
    expect(logged).toContain("small: GET /orders: the method names no scopes: it takes id tokens");
    expect(invoked).toEqual([]);
  });
});

describe("with scopes", () => {
  const client = { allowed_oauth_scopes: ["orders/read", "orders/write"] };

  test.each([[["orders/read"]], [["orders/write", "orders/read"]]])(
    "takes an access token that has one of %j",
    async (scopes) => {
      const pool = userPool(client);
      const { call } = gatewayFor(pool, { scopes });
      expect((await call(GET, "", { authorization: await pool.token(["orders/read"]) })).status).toBe(200);
    },
  );

  test("refuses one that has none of them, and an identity token", async () => {
    const pool = userPool(client);
    const { call } = gatewayFor(pool, { scopes: ["orders/write"] });
    expect(await call(GET, "", { authorization: await pool.token(["orders/read"]) })).toMatchObject(refused());
    expect(await call(GET, "", { authorization: await pool.token() })).toMatchObject(refused());
  });
});

describe("refuses", () => {
  test.each(["", "Bearer", "x", "a.b.c"])("the token %j", async (authorization) => {
    const { call, invoked } = gatewayFor(userPool());
    expect(await call(GET, "", { authorization })).toMatchObject(refused());
    expect(await call(GET)).toMatchObject(refused());
    expect(invoked).toEqual([]);
  });

  test("a token that is over, and says so", async () => {
    const pool = userPool();
    const { call } = gatewayFor(pool);
    const headers = { authorization: await pool.token() };
    pool.clock.advance(3_599_000);
    expect((await call(GET, "", headers)).status).toBe(200);
    pool.clock.advance(1_000);
    expect(await call(GET, "", headers)).toMatchObject(refused("The incoming token has expired"));
  });

  test("a token of another pool", async () => {
    const { call } = gatewayFor(userPool());
    expect(await call(GET, "", { authorization: await userPool().token() })).toMatchObject(refused());
  });

  test("a token for a client that the expression does not match", async () => {
    const pool = userPool();
    const statusFor = async (identity_validation_expression: string) => {
      const { call } = gatewayFor(pool, { identity_validation_expression });
      return (await call(GET, "", { authorization: await pool.token() })).status;
    };
    expect([await statusFor(pool.clientId), await statusFor("[a-z]")]).toEqual([200, 401]);
  });
});

test("takes tokens of any of its pools, out of the header that it names", async () => {
  const [one, two] = [userPool(), userPool(undefined, undefined, "staff")];
  const users = { type: "COGNITO_USER_POOLS", provider_arns: [one.arn, two.arn] };
  const api = authorizedApi(["GET /orders"], { ...users, identity_source: "method.request.header.X-Token" });
  const userPoolByArn = (arn: string) => one.cognito.poolByArn(arn) ?? two.cognito.poolByArn(arn);
  const { call } = authorizedGateway(api, undefined, { userPoolByArn });
  for (const pool of [one, two]) expect((await call(GET, "", { "x-token": await pool.token() })).status).toBe(200);
  expect((await call(GET, "", { authorization: await one.token() })).status).toBe(401);
});

describe("claims", () => {
  test("reach functions, all as text, times in words and lists with commas", async () => {
    const pool = userPool();
    const { call } = gatewayFor(pool);
    const { userPoolId, clientId, issuer } = pool;
    const request = { userPoolId, clientId, username: "ann@example.com", groups: ["a", "b"] };
    const token = await pool.cognito.tokenFor({ ...request, claims: { "custom:level": 3 } });
    expect(eventIn(await call(GET, "", { authorization: token })).requestContext.authorizer).toEqual({
      claims: {
        sub: expect.any(String),
        token_use: "id",
        aud: clientId,
        "cognito:username": "ann@example.com",
        "cognito:groups": "a,b",
        "custom:level": "3",
        email: "ann@example.com",
        email_verified: "true",
        iss: issuer,
        auth_time: "1786278896",
        iat: "Sun Aug 09 12:34:56 UTC 2026",
        exp: "Sun Aug 09 13:34:56 UTC 2026",
        jti: expect.any(String),
      },
    });
  });

  test("reach access logs", async () => {
    const format =
      "$context.authorizer.claims.email $context.authorizer.claims.cognito:username $context.authorizer.claims.none";
    const pool = userPool();
    const { call, gateway } = gatewayFor(pool, {}, (api) =>
      changed(api, "stage", { access_log_settings: { destination_arn: "d", format } }),
    );
    await call(GET, "", { authorization: await pool.token() });
    expect(gateway.accessLog).toEqual(["ann@example.com ann@example.com -"]);
  });
});

test("lets nobody in by a pool that is not in the stacks, and says why", async () => {
  const arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_elsewhere";
  const pool = userPool();
  const { call, logged } = gatewayFor(pool, { provider_arns: [arn] });
  expect((await call(GET, "", { authorization: await pool.token() })).status).toBe(401);
  expect(logged.join()).toContain(`${arn}: the pool is not in the stacks that run here: the local run knows no others`);
});
