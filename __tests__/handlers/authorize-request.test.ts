import * as fc from "fast-check";
import { type AuthorizedRequest, effectOf, httpRequestEvent, letIn, requestEvent } from "../support/authorizer-events";
import { LambdaFunction } from "../support/lambda-function";
import { makeKey, signed, TokenIssuer, unsigned } from "../support/token-issuer";

const key = makeKey("key-1", "ES256");
const foreign = makeKey("key-1", "ES256");

let issuer: TokenIssuer;
let byTenant: LambdaFunction;
let byQuery: LambdaFunction;

const startAuthorizer = (environment: Readonly<Record<string, string>>): Promise<LambdaFunction> =>
  LambdaFunction.start("handlers/authorize-request.ts", { ISSUER: issuer.url, AUDIENCE: "app", ...environment });

beforeAll(async () => {
  issuer = await TokenIssuer.start(key);
  byTenant = await startAuthorizer({ CLAIM_SOURCES: "custom:tenant=method.request.header.X-Tenant" });
  byQuery = await startAuthorizer({
    TOKEN_SOURCE: "method.request.querystring.token",
    CLAIM_SOURCES: "custom:tenant=stageVariables.tenant ip=context.identity.sourceIp",
  });
});

afterAll(async () => {
  await byTenant.stop();
  await byQuery.stop();
  await issuer.stop();
});

const tokenOf = (claims = {}): string => signed(issuer.claims({ "custom:tenant": "north", ...claims }), key);

const outcomeOf = (request: AuthorizedRequest, from = byTenant): Promise<string> =>
  effectOf(from, requestEvent(request));

test("opens the whole stage to whoever bears a good token and says what it says", async () => {
  const event = requestEvent({ headers: { Authorization: `Bearer ${tokenOf()}`, "X-Tenant": "north" } });
  expect(await byTenant.invoke(event)).toEqual(letIn);
});

test("reads headers in whatever case they were sent", async () => {
  expect(await outcomeOf({ headers: { authorization: `Bearer ${tokenOf()}`, "x-TENANT": "north" } })).toBe("Allow");
});

test.each([
  ["names another", { "X-Tenant": "south" }, {}],
  ["names it in another case", { "X-Tenant": "North" }, {}],
  ["names one that the token does not", { "X-Tenant": "north" }, { "custom:tenant": undefined }],
  ["names one of several", { "X-Tenant": "north" }, { "custom:tenant": ["north", "south"] }],
  ["names a number as a text", { "X-Tenant": "1" }, { "custom:tenant": 1 }],
])("closes the stage, as API Gateway answers with 403, where the request %s", async (_, headers, claims) => {
  expect(await outcomeOf({ headers: { Authorization: `Bearer ${tokenOf(claims)}`, ...headers } })).toBe("Deny");
});

test.each([
  ["no tenant", () => ({ Authorization: `Bearer ${tokenOf()}` })],
  ["an empty tenant", () => ({ Authorization: `Bearer ${tokenOf()}`, "X-Tenant": "" })],
  ["two tenants", () => ({ Authorization: `Bearer ${tokenOf()}`, "X-Tenant": ["south", "north"] })],
  [
    "two tenants in two cases",
    () => ({ Authorization: `Bearer ${tokenOf()}`, "X-Tenant": "north", "x-tenant": "south" }),
  ],
  ["no token", () => ({ "X-Tenant": "north" })],
  [
    "two tokens",
    () => ({ Authorization: [`Bearer ${tokenOf()}`, `Bearer ${tokenOf({ sub: "b" })}`], "X-Tenant": "north" }),
  ],
  ["a token without its scheme", () => ({ Authorization: tokenOf(), "X-Tenant": "north" })],
  [
    "a token of another key",
    () => ({
      Authorization: `Bearer ${signed(issuer.claims({ "custom:tenant": "north" }), foreign)}`,
      "X-Tenant": "north",
    }),
  ],
])("refuses %s, as API Gateway answers with 401", async (_, headers) => {
  expect(await outcomeOf({ headers: headers() })).toBe("Error: Unauthorized");
});

describe("with its token in the query", () => {
  const asked = (changes: AuthorizedRequest = {}, claims = {}): AuthorizedRequest => ({
    query: { token: tokenOf({ ip: "192.0.2.1", ...claims }) },
    stageVariables: { tenant: "north" },
    ...changes,
  });

  test("lets in who comes to the stage and from the address that the token names", async () => {
    expect(await outcomeOf(asked(), byQuery)).toBe("Allow");
    expect(await outcomeOf(asked({ sourceIp: "192.0.2.2" }), byQuery)).toBe("Deny");
    expect(await outcomeOf(asked({ stageVariables: { tenant: "south" } }), byQuery)).toBe("Deny");
  });

  test("does not look at the header", async () => {
    const { query: _, ...rest } = asked({ headers: { Authorization: `Bearer ${tokenOf({ ip: "192.0.2.1" })}` } });
    expect(await outcomeOf(rest, byQuery)).toBe("Error: Unauthorized");
  });

  test("refuses a stage without the variable, and two tokens", async () => {
    expect(await outcomeOf(asked({ stageVariables: {} }), byQuery)).toBe("Error: Unauthorized");
    const two = [tokenOf({ ip: "192.0.2.1", sub: "a" }), tokenOf({ ip: "192.0.2.1", sub: "b" })];
    expect(await outcomeOf(asked({ query: { token: two } }), byQuery)).toBe("Error: Unauthorized");
  });
});

describe("for an HTTP API", () => {
  const answerTo = (request: AuthorizedRequest, from = byTenant): Promise<object> =>
    from.invoke<object>(httpRequestEvent(request));

  test("lets in whoever bears a good token and says what it says, and tells who it is", async () => {
    const request = { headers: { Authorization: `Bearer ${tokenOf()}`, "X-Tenant": "north" } };
    expect(await answerTo(request)).toEqual({
      isAuthorized: true,
      context: { sub: "user-1", scope: "orders/read orders/write", username: "ada" },
    });
  });

  test("lets nobody in, as API Gateway answers with 403, whose token is good but does not allow the request", async () => {
    const headers = { Authorization: `Bearer ${tokenOf()}`, "X-Tenant": "south" };
    expect(await answerTo({ headers })).toMatchObject({ isAuthorized: false, context: { sub: "user-1" } });
    const scoped = await startAuthorizer({ REQUIRED_SCOPE: "orders/delete" });
    expect(await answerTo({ headers }, scoped)).toMatchObject({ isAuthorized: false });
    await scoped.stop();
  });

  test.each([
    ["no token", () => ({ "X-Tenant": "north" })],
    ["no tenant", () => ({ Authorization: `Bearer ${tokenOf()}` })],
    [
      "a token of another key",
      () => ({ Authorization: `Bearer ${signed(issuer.claims(), foreign)}`, "X-Tenant": "north" }),
    ],
    [
      "two tokens, which come joined",
      () => ({ Authorization: [`Bearer ${tokenOf()}`, `Bearer ${tokenOf()}`], "X-Tenant": "north" }),
    ],
  ])("knows nobody who comes with %s, and says no more: an error would be a 500", async (_, headers) => {
    expect(await answerTo({ headers: headers() })).toEqual({ isAuthorized: false });
  });

  test("does not know a tenant that comes twice", async () => {
    const headers = { Authorization: `Bearer ${tokenOf()}`, "X-Tenant": ["north", "north"] };
    expect(await answerTo({ headers })).toMatchObject({ isAuthorized: false });
  });

  test("fails, as API Gateway answers with 500, where it cannot find out", async () => {
    const lost = await startAuthorizer({ JWKS_URI: `${issuer.url}/nowhere` });
    await expect(answerTo({ headers: { Authorization: `Bearer ${tokenOf()}` } }, lost)).rejects.toThrow(
      "could not be read",
    );
    await lost.stop();
  });

  test("reads what only HTTP APIs tell, such as where the request came from", async () => {
    const byAddress = await startAuthorizer({ CLAIM_SOURCES: "ip=context.http.sourceIp" });
    const headers = { Authorization: `Bearer ${tokenOf({ ip: "192.0.2.1" })}` };
    expect(await answerTo({ headers }, byAddress)).toMatchObject({ isAuthorized: true });
    expect(await answerTo({ headers, sourceIp: "192.0.2.2" }, byAddress)).toMatchObject({ isAuthorized: false });
    await byAddress.stop();
  });

  test("no event opens anything without a good token", async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(`Bearer ${unsigned(issuer.claims())}`, tokenOf()));
    const headers = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom("Authorization", "X-Tenant", "__proto__")),
      text,
    );
    await fc.assert(
      fc.asyncProperty(headers, async (sent) => {
        expect(await answerTo({ headers: sent })).toEqual({ isAuthorized: false });
      }),
      { numRuns: 200 },
    );
  });
});

test("no event opens anything without a good token", async () => {
  const good = tokenOf();
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "north",
      `Bearer ${unsigned(issuer.claims())}`,
      good,
      `Bearer ${good}x`,
      `Bearer ${good.slice(0, -9)}`,
    ),
  );
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom("Authorization", "authorization", "X-Tenant", "token", "__proto__"),
  );
  const requests = fc.record({ headers: fc.dictionary(name, text), query: fc.dictionary(name, text) });
  const events = fc.oneof(
    requests.map(requestEvent),
    fc.anything(),
    fc.dictionary(fc.constantFrom("headers", "multiValueHeaders", "methodArn", "requestContext"), fc.anything()),
  );
  await fc.assert(
    fc.asyncProperty(events, async (event) => {
      const outcome = await byTenant.invoke(JSON.parse(JSON.stringify(event) ?? "null")).catch(String);
      expect(outcome).toBe("Error: Error: Unauthorized");
    }),
    { numRuns: 500 },
  );
});

test("tells the request's id in the log, and no token", async () => {
  const lambda = await startAuthorizer({});
  const token = tokenOf();
  await outcomeOf({ headers: { Authorization: `Bearer ${token}` } }, lambda);
  await outcomeOf({ headers: {} }, lambda);
  await lambda.stop();
  const log = lambda.log.join("");
  expect(log.match(/"requestId": "c0ffee00-request"/g)).toHaveLength(2);
  expect(log).toContain("there is no method.request.header.Authorization");
  for (const part of token.split(".")) expect(log).not.toContain(part);
});
