import { changed, gatewayOf, proxyApi, resource } from "../../support/rest-api";

const request_parameters = {
  "method.request.querystring.limit": true,
  "method.request.header.X-Tenant": true,
  "method.request.querystring.after": false,
  "method.request.path.id": true,
};

/** A function behind a method that wants parameters, and a validator that asks for them. */
const api = (validator: Readonly<Record<string, unknown>> = { validate_request_parameters: true }) => [
  ...changed(proxyApi(["GET /orders/{id}"]), "method", { request_parameters, request_validator_id: "v" }),
  resource("request_validator", "V", { id: "v", name: "v", ...validator }),
];

const answerTo = async (path: string, headers: Record<string, string> = {}, resources = api()) => {
  const { call, invoked } = gatewayOf(resources);
  const { status, body, headers: answered } = await call(`GET /dev/orders/${path}`, "", headers);
  expect(invoked).toHaveLength(status === 200 ? 1 : 0);
  return { status, message: body && JSON.parse(body).message, errorType: answered["x-amzn-ErrorType"] };
};

test("a request that has what it must have comes through", async () => {
  expect((await answerTo("7?limit=1", { "x-tenant": "a" })).status).toBe(200);
});

test.each<[string, string, Record<string, string>, string]>([
  ["a query's", "7", { "x-tenant": "a" }, "limit"],
  ["a header", "7?limit=1", {}, "X-Tenant"],
  ["both, by their full names", "7?after=1", {}, "X-Tenant, limit"],
  ["what is blank", "7?limit=", { "x-tenant": " " }, "X-Tenant, limit"],
  ["what is written another way", "7?Limit=1", { "x-tenant": "a" }, "limit"],
])("a request is refused that lacks %s", async (_, path, headers, missing) => {
  expect(await answerTo(path, headers)).toEqual({
    status: 400,
    message: `Missing required request parameters: [${missing}]`,
    errorType: "BadRequestException",
  });
});

test.each([{ validate_request_parameters: false }, { validate_request_body: true }])(
  "a validator with %j does not ask",
  async (validator) => {
    expect((await answerTo("7", {}, api(validator))).status).toBe(200);
  },
);

test("parameters are looked at before the body", async () => {
  const resources = [
    ...changed(proxyApi(["POST /orders"]), "method", {
      request_parameters: { "method.request.querystring.limit": true },
      request_models: { "application/json": "Order" },
      request_validator_id: "v",
    }),
    resource("request_validator", "V", { id: "v", validate_request_parameters: true, validate_request_body: true }),
    resource("model", "Order", { name: "Order", schema: '{"type":"object"}' }),
  ];
  const { call } = gatewayOf(resources);
  expect((await call("POST /dev/orders", "[]")).body).toBe(
    '{"message":"Missing required request parameters: [limit]"}',
  );
  expect((await call("POST /dev/orders?limit=1", "[]")).body).toBe('{"message":"Invalid request body"}');
});

test("BAD_REQUEST_PARAMETERS has a gateway response of its own", async () => {
  const own = resource("gateway_response", "P", {
    response_type: "BAD_REQUEST_PARAMETERS",
    response_templates: { "application/json": '{"message":"own: $context.error.message"}' },
  });
  expect((await answerTo("7?limit=1", {}, [...api(), own])).message).toBe(
    "own: Missing required request parameters: [X-Tenant]",
  );
});
