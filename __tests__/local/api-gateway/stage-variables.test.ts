import {
  changed,
  gatewayOf,
  type ProxyEvent,
  proxyApi,
  proxyIntegration,
  resource,
  smallApi,
} from "../../support/rest-api";

/** A stage variable, as integrations name it. */
const variable = (name: string): string => `\${stageVariables.${name}}`;

/** An API with stages of these variables. */
const staged = (
  api: ReturnType<typeof smallApi>,
  stages: Readonly<Record<string, Readonly<Record<string, string>>>>,
) => [
  ...api.filter(({ type }) => type !== "aws_api_gateway_stage"),
  ...Object.entries(stages).map(([stage_name, variables]) =>
    resource("stage", stage_name, { stage_name, deployment_id: "deployment", variables }),
  ),
];

const twoStages = { dev: { alias: "dev", fn: "reader" }, prod: { alias: "prod", fn: "writer" } };
const uri = proxyIntegration.uri.replace("reader", `${variable("fn")}:${variable("alias")}`);

test("each stage invokes the function and the alias that its variables name, and the function learns of them", async () => {
  const { call, invoked } = gatewayOf(staged(proxyApi(["GET /"], { integration: { uri } }), twoStages));
  await call("GET /dev");
  await call("GET /prod");
  expect(invoked.map(({ functionArn }) => functionArn)).toEqual([
    "arn:aws:lambda:eu-west-1:123456789012:function:reader:dev",
    "arn:aws:lambda:eu-west-1:123456789012:function:writer:prod",
  ]);
  const events = invoked.map(({ event }) => event as ProxyEvent);
  expect(events.map(({ stageVariables }) => stageVariables)).toEqual([twoStages.dev, twoStages.prod]);
  expect(events.map(({ requestContext: { stage } }) => stage)).toEqual(["dev", "prod"]);
});

test("the role that invokes may have a variable in its name", async () => {
  const credentials = `arn:aws:iam::123456789012:role/invoke-${variable("alias")}`;
  const { call, invoked } = gatewayOf(staged(proxyApi(["GET /"], { integration: { credentials } }), twoStages));
  await call("GET /prod");
  expect(invoked[0]?.caller.principalArn).toBe("arn:aws:iam::123456789012:role/invoke-prod");
});

test("a queue's URI, its role and the template may have variables", async () => {
  const api = smallApi(["POST /orders"], {
    integration: {
      uri: `arn:aws:apigateway:eu-west-1:sqs:path/123456789012/${variable("alias")}-queue`,
      credentials: `role-${variable("alias")}`,
      request_templates: { "application/json": `$stageVariables.fn ${variable("alias")}` },
    },
  });
  const { call, sent } = gatewayOf(staged(api, twoStages));
  await call("POST /prod/orders", "{}");
  expect(sent).toEqual([
    expect.objectContaining({
      path: "path/123456789012/prod-queue",
      body: "writer prod",
      caller: expect.objectContaining({ principalArn: "role-prod" }),
    }),
  ]);
});

test("a stage without the variable answers 500 and says so in the log; others work", async () => {
  const stages = { ...twoStages, test: { fn: "reader" } };
  const { call, invoked, logged } = gatewayOf(staged(proxyApi(["GET /"], { integration: { uri } }), stages));
  expect(await call("GET /test")).toMatchObject({ status: 500, body: '{"message":"Internal server error"}' });
  expect(invoked).toEqual([]);
  expect(logged).toContainEqual(
    expect.stringContaining("the stage test has no variable alias, which the integration names"),
  );
  expect((await call("GET /dev")).status).toBe(200);
});

test("stages have throttles of their own", async () => {
  const settings = resource("method_settings", "S", {
    stage_name: "dev",
    method_path: "*/*",
    settings: { throttling_rate_limit: 1, throttling_burst_limit: 1 },
  });
  const { call } = gatewayOf([...staged(proxyApi(["GET /"]), { dev: {}, prod: {} }), settings]);
  const statuses = [];
  for (const stage of ["dev", "dev", "prod", "prod"]) statuses.push((await call(`GET /${stage}`)).status);
  expect(statuses).toEqual([200, 429, 200, 200]);
});

test.each([
  ["a version", "reader:7"],
  ["the newest code", "reader:$LATEST"],
  ["an alias", "reader:live"],
])("%s of a function is invoked by its own ARN", async (_, name) => {
  const { call, invoked } = gatewayOf(
    changed(proxyApi(["GET /"]), "integration", { uri: proxyIntegration.uri.replace("reader", name) }),
  );
  await call("GET /dev");
  expect(invoked[0]?.functionArn).toBe(`arn:aws:lambda:eu-west-1:123456789012:function:${name}`);
});
