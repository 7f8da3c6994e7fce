import { UsagePlans } from "../../../local/api-gateway/usage-plans";
import type { Resource } from "../../../terraform/config";
import { allowed, authorizedApi } from "../../support/authorizers";
import { changed, gatewayOf, ManualClock, type ProxyEvent, proxyApi, resource } from "../../support/rest-api";

const KEY = "0123456789abcdefghij";

/** A gateway whose methods want a key, with one key of a plan for its stage. */
function keyed(
  { plan = {}, resources }: { plan?: object; resources?: readonly Resource[] } = {},
  options: Parameters<typeof gatewayOf>[1] = {},
) {
  const clock = new ManualClock();
  const usagePlans = new UsagePlans(clock);
  usagePlans.addStage("api", "dev");
  usagePlans.putPlan({ name: "Basic", api_stages: [{ api_id: "api", stage: "dev" }], ...plan }, "plan-1");
  usagePlans.putKey({ name: "acme", value: KEY }, "key-1");
  usagePlans.addKey({ key_id: "key-1", key_type: "API_KEY", usage_plan_id: "plan-1" });
  const api = resources ?? proxyApi(["GET /orders"], { method: { api_key_required: true } });
  const gateway = gatewayOf(api, { ...options, clock, usagePlans });
  return { ...gateway, clock };
}

const withLog = (resources: readonly Resource[]) =>
  changed(resources, "stage", {
    access_log_settings: {
      destination_arn: "arn:aws:logs:eu-west-1:123456789012:log-group:access",
      format: "$context.requestId $context.identity.apiKeyId $context.identity.apiKey $context.error.responseType",
    },
  });

test("a request with a key comes to the function, which learns of the key", async () => {
  const { call, invoked, gateway } = keyed({
    resources: withLog(proxyApi(["GET /orders"], { method: { api_key_required: true } })),
  });
  expect((await call("GET /dev/orders", "", { "x-api-key": KEY })).status).toBe(200);
  expect((invoked[0]?.event as ProxyEvent | undefined)?.requestContext.identity).toMatchObject({
    apiKey: KEY,
    apiKeyId: "key-1",
  });
  expect(gateway.accessLog[0]).toMatch(new RegExp(`^\\S+ key-1 ${KEY} -$`));
});

test.each([
  ["no key", {}, "no API key was sent"],
  ["an unknown key", { "x-api-key": "unknown" }, "no API key has the value that was sent"],
])("a request with %s is forbidden, and the log says why", async (_, headers, reason) => {
  const { call, invoked, logged } = keyed();
  const { status, body, headers: answered } = await call("GET /dev/orders", "", headers);
  expect({ status, body }).toEqual({ status: 403, body: '{"message":"Forbidden"}' });
  expect(answered).toMatchObject({ "x-amzn-ErrorType": "ForbiddenException" });
  expect(invoked).toEqual([]);
  expect(logged).toContain(`small: GET /orders: ${reason}`);
});

test("a method that wants no key takes requests without one, counts none, and says nothing of keys", async () => {
  const plan = { quota_settings: { limit: 1, period: "DAY" } };
  const { call, invoked } = keyed({ plan, resources: proxyApi(["GET /orders"]) });
  for (const headers of [{}, { "x-api-key": KEY }, { "x-api-key": KEY }, { "x-api-key": "unknown" }])
    expect((await call("GET /dev/orders", "", headers)).status).toBe(200);
  expect((invoked[1]?.event as ProxyEvent | undefined)?.requestContext.identity).not.toHaveProperty("apiKey");
});

test("a key over its plan's rate gets 429, and over its quota another 429, until there is more", async () => {
  const plan = {
    quota_settings: { limit: 3, period: "DAY" },
    throttle_settings: { rate_limit: 1, burst_limit: 2 },
  };
  const { call, clock } = keyed({ plan });
  const answerOf = async () => {
    const { status, body, headers } = await call("GET /dev/orders", "", { "x-api-key": KEY });
    return `${status} ${headers["x-amzn-ErrorType"]} ${body}`;
  };
  const throttled = '429 TooManyRequestsException {"message":"Too Many Requests"}';
  const exceeded = '429 LimitExceededException {"message":"Limit Exceeded"}';
  await Promise.all([answerOf(), answerOf()]);
  expect(await answerOf()).toBe(throttled);
  clock.advance(1_000);
  expect(await answerOf()).toMatch(/^200 /);
  clock.advance(1_000);
  expect(await answerOf()).toBe(exceeded);
  clock.advance(86_400_000);
  expect(await answerOf()).toMatch(/^200 /);
});

test("what is over its plan's limits is logged with its key's id", async () => {
  const resources = withLog(proxyApi(["GET /orders"], { method: { api_key_required: true } }));
  const { call, gateway } = keyed({ resources, plan: { quota_settings: { limit: 1, period: "MONTH" } } });
  for (let i = 0; i < 2; i++) await call("GET /dev/orders", "", { "x-api-key": KEY });
  expect(gateway.accessLog.map((line) => line.split(" ").slice(1).join(" "))).toEqual([
    `key-1 ${KEY} -`,
    `key-1 ${KEY} QUOTA_EXCEEDED`,
  ]);
});

test("a plan's throttle goes before the stage's, which is still there", async () => {
  const resources = [
    ...proxyApi(["GET /orders"], { method: { api_key_required: true } }),
    resource("method_settings", "All", {
      stage_name: "dev",
      method_path: "*/*",
      settings: { throttling_rate_limit: 1, throttling_burst_limit: 1 },
    }),
  ];
  const { call, logged } = keyed({ resources, plan: { throttle_settings: { rate_limit: 1, burst_limit: 2 } } });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await call("GET /dev/orders", "", { "x-api-key": KEY })).status);
  expect(statuses).toEqual([200, 429, 429]);
  expect(
    logged.filter((line) => line.includes("the API key acme is over 1 requests a second, 2 at once")),
  ).toHaveLength(1);
});

test("who may not sign is refused before a key is looked at", async () => {
  const resources = proxyApi(["GET /orders"], { method: { api_key_required: true, authorization: "AWS_IAM" } });
  const { call } = keyed(
    { resources },
    {
      authenticate: () => {
        throw new Error("nobody signed");
      },
    },
  );
  expect((await call("GET /dev/orders")).status).toBe(500);
});

test("an API whose authorizer gives the key does not look at the header", async () => {
  const resources = changed(proxyApi(["GET /orders"], { method: { api_key_required: true } }), "rest_api", {
    api_key_source: "AUTHORIZER",
  });
  const { call, gateway } = keyed({ resources });
  expect((await call("GET /dev/orders", "", { "x-api-key": KEY })).status).toBe(403);
  expect(gateway.stages[0]?.routes[0]).not.toHaveProperty("apiKey");
});

test("an authorizer's usageIdentifierKey is the key, where the API takes keys from it", async () => {
  const api = changed(authorizedApi(["GET /orders"], { type: "TOKEN" }, { api_key_required: true }), "rest_api", {
    api_key_source: "AUTHORIZER",
  });
  const result = async (event: object) => {
    if (!("methodArn" in event)) return { payload: { statusCode: 200 } };
    const { authorizationToken } = event as { authorizationToken?: string };
    return { payload: { ...allowed, usageIdentifierKey: authorizationToken } };
  };
  const { call } = keyed({ resources: api, plan: { quota_settings: { limit: 2, period: "DAY" } } }, { result });
  const statusOf = async (authorization: string) => (await call("GET /dev/orders", "", { authorization })).status;
  expect(await statusOf("unknown")).toBe(403);
  // Of what is kept of an authorizer's answer, the key is a part.
  expect([await statusOf(KEY), await statusOf(KEY), await statusOf(KEY)]).toEqual([200, 200, 429]);
});

test("tells of each route that wants one a key that it takes", () => {
  const { gateway } = keyed();
  expect(gateway.stages[0]?.routes).toEqual([expect.objectContaining({ path: "/orders", apiKey: KEY })]);
});

test("a limit of a method that is not there is told at start", () => {
  const throttle = [{ path: "/orders/PUT", rate_limit: 1, burst_limit: 1 }];
  expect(() => keyed({ plan: { api_stages: [{ api_id: "api", stage: "dev", throttle }] } })).toThrow(
    "api_stages.throttle.path is no method of the API, got: /orders/PUT",
  );
});

describe("gateway responses", () => {
  const response = (response_type: string, more: object) =>
    resource("gateway_response", response_type, { response_type, ...more });
  const headers = { "gatewayresponse.header.X-From": "'default'" };
  const template = (text: string) => ({
    "application/json": JSON.stringify({ text, type: "$context.error.responseType" }),
  });
  const api = proxyApi(["GET /orders"], { method: { api_key_required: true } });

  test.each([
    ["INVALID_API_KEY", {}],
    ["QUOTA_EXCEEDED", { "x-api-key": KEY }],
  ])("%s has an answer of its own, without the headers of DEFAULT_4XX", async (type, given) => {
    const resources = [
      ...api,
      response("DEFAULT_4XX", { response_parameters: headers, response_templates: template("any") }),
      response(type, { status_code: "418", response_templates: template("own") }),
    ];
    const { call } = keyed({ resources, plan: { quota_settings: { limit: 1, period: "DAY" } } });
    if (type === "QUOTA_EXCEEDED") await call("GET /dev/orders", "", given);
    const answer = await call("GET /dev/orders", "", given);
    expect(answer).toMatchObject({ status: 418, body: JSON.stringify({ text: "own", type }) });
    expect(answer.headers).not.toHaveProperty("X-From");
  });

  test("without one they have DEFAULT_4XX's, and their own status", async () => {
    const resources = [
      ...api,
      response("DEFAULT_4XX", { response_parameters: headers, response_templates: template("any") }),
    ];
    const { call } = keyed({ resources });
    const answer = await call("GET /dev/orders");
    expect(answer).toMatchObject({ status: 403, body: JSON.stringify({ text: "any", type: "INVALID_API_KEY" }) });
    expect(answer.headers).toMatchObject({ "X-From": "default" });
  });

  test("what nothing here refuses, as WAF_FILTERED, may be said all the same", () => {
    expect(() =>
      keyed({ resources: [...api, response("WAF_FILTERED", { response_templates: template("own") })] }),
    ).not.toThrow();
  });
});
