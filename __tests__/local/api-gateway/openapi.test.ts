import * as z from "zod/mini";
import type { AuthorizerDefinition } from "../../../constructs/apigateway/definition";
import type { AwsIntegration, ProxyIntegration } from "../../../constructs/apigateway/integration";
import { SqsIntegration } from "../../../constructs/apigateway/integrations/sqs";
import type { RestApi, RestApiProps } from "../../../constructs/apigateway/rest-api";
import { UsagePlan } from "../../../constructs/apigateway/usage-plan";
import { Role } from "../../../constructs/iam/role";
import { Queue } from "../../../constructs/sqs/queue";
import type { Stack } from "../../../constructs/terraform/stack";
import { readRestApi } from "../../../local/api-gateway/rest-api";
import type { ApiChoices } from "../../../settings/api";
import type { Resource } from "../../../terraform/config";
import { comparable, evaluatedApi, synthesizeApi } from "../../support/read-api";
import { changed, resource } from "../../support/rest-api";
import { environmentOf, systemConfig } from "../../support/synth";

const functionUri = (name: string): string =>
  `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:${name}/invocations`;
const credentialsArn = "arn:aws:iam::123456789012:role/invoker";

const proxy: ProxyIntegration = { type: "AWS_PROXY", uri: functionUri("reader"), credentialsArn, dependsOn: [] };

const service: AwsIntegration = {
  type: "AWS",
  uri: "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/q",
  credentialsArn,
  requestParameters: { "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'" },
  requestTemplate:
    'Action=SendMessage&MessageBody=$util.urlEncode("${stageVariables.greeting} %{x} \\"$input.body\\"")',
  timeoutSeconds: 5,
  responses: [
    { statusCode: "502", template: '{"message":"Try again."}', headers: { "Retry-After": "1" } },
    { statusCode: "400", selectionPattern: "400|4\\d[1-9]", template: "$context.requestId" },
    {
      statusCode: "202",
      selectionPattern: "2\\d{2}",
      template: '#set($context.responseOverride.header.ETag = "a")',
      templateHeaders: ["ETag"],
    },
  ],
  dependsOn: [],
};

const lambda = { ttlSeconds: 300, uri: functionUri("decider"), credentialsArn, dependsOn: [] };
const authorizers: Readonly<Record<string, AuthorizerDefinition>> = {
  cognito: {
    type: "COGNITO_USER_POOLS",
    authorizerName: "users",
    ttlSeconds: 300,
    userPoolArns: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"],
    dependsOn: [],
  },
  token: {
    ...lambda,
    type: "TOKEN",
    authorizerName: "token",
    header: "X-Token",
    validationExpression: "^Bearer [\\w.-]+$",
  },
  anyToken: { ...lambda, type: "TOKEN", authorizerName: "any-token", header: "Authorization", ttlSeconds: 0 },
  oneHeader: {
    ...lambda,
    type: "REQUEST",
    authorizerName: "tenant",
    identitySources: ["method.request.header.X-Tenant"],
  },
  several: {
    ...lambda,
    type: "REQUEST",
    authorizerName: "several",
    ttlSeconds: 3600,
    identitySources: ["method.request.querystring.tenant", "stageVariables.greeting", "context.identity.sourceIp"],
  },
  unkept: { ...lambda, type: "REQUEST", authorizerName: "unkept", ttlSeconds: 0, identitySources: [] },
};

const variables = { greeting: "hello" };
type Build = (api: RestApi, stack: Stack) => void;

const features: Readonly<Record<string, readonly [Build, Partial<RestApiProps>?]>> = {
  "an API without a route": [() => undefined],
  "routes, from the root to greedy parameters": [
    (api) => {
      for (const path of ["/", "/orders", "/orders/{id}", "/orders/{id}/lines", "/files/{key+}"])
        api.addRoute("GET", path, proxy);
      for (const method of ["DELETE", "HEAD", "PATCH", "PUT"] as const) api.addRoute(method, "/orders/{id}", proxy);
    },
  ],
  "a service behind a route": [(api) => api.addRoute("POST", "/orders", service), { variables }],
  "references of Terraform's": [
    (api, stack) => {
      const queue = new Queue(stack, "Inbox", { queueName: "inbox", visibilityTimeoutSeconds: 60 });
      const role = new Role(stack, "Sender", {
        roleName: "sender",
        assumedBy: { Service: "apigateway.amazonaws.com" },
        description: "Sends",
      });
      api.addRoute("POST", "/orders", new SqsIntegration({ queue, role }));
    },
  ],
  "answers of its own": [
    (api) =>
      api.addRoute("GET", "/health", {
        type: "MOCK",
        response: { statusCode: "200", template: '{"ok":true}', headers: { "Cache-Control": "no-store" } },
      }),
  ],
  "a function by a stage variable": [
    (api) => api.addRoute("GET", "/a", { ...proxy, uri: functionUri("reader:$${stageVariables.greeting}") }),
    { variables },
  ],
  "models and required parameters": [
    (api) => {
      const body = z.object({
        id: z.string().check(z.regex(/^[\w"\\${}-]+$/)),
        tags: z.optional(z.array(z.string())),
        note: z.nullable(z.string()),
      });
      api.addRoute("POST", "/both", proxy, { body, requiredQueryParameters: ["limit"], requiredHeaders: ["X-Tenant"] });
      api.addRoute("POST", "/body", proxy, { body });
      api.addRoute("GET", "/parameters/{id}", proxy, { requiredQueryParameters: ["a.b"], requiredHeaders: ["X-A"] });
    },
  ],
  "cached answers": [
    (api) => {
      api.addRoute("GET", "/a/{id}", proxy, {
        cacheTtlSeconds: 60,
        cacheKeyParameters: ["querystring.page", "header.Accept"],
      });
      api.addRoute("GET", "/b", proxy, {
        cacheTtlSeconds: 3_600,
        requiredQueryParameters: ["q"],
        throttle: { rateLimit: 1, burstLimit: 2 },
      });
    },
    { cache: { sizeGb: "0.5" } },
  ],
  "nobody asked": [(api) => api.addRoute("GET", "/a", proxy), { authorization: "NONE" }],
  "every kind of authorizer": [
    (api) => {
      for (const [name, authorizer] of Object.entries(authorizers)) {
        api.addRoute("GET", `/${name}`, proxy, { authorization: { authorizer } });
        api.addRoute("POST", `/${name}`, proxy, { authorization: { authorizer } });
      }
      const { cognito } = authorizers;
      if (cognito)
        api.addRoute("PUT", "/cognito", proxy, {
          authorization: { authorizer: cognito, scopes: ["orders/write", "orders/admin"] },
        });
    },
    { variables },
  ],
  "API keys": [
    (api, stack) => {
      api.addRoute("GET", "/a", proxy, { isApiKeyRequired: true });
      api.addRoute("GET", "/b", proxy, { isApiKeyRequired: true, authorization: "NONE" });
      new UsagePlan(stack, "Plan", {
        api,
        stage: api.stage,
        usagePlanName: "plan",
        description: "Plan",
        keys: ["one"],
      });
    },
  ],
  "API keys out of an authorizer": [
    (api, stack) => {
      const { token } = authorizers;
      if (token) api.addRoute("GET", "/a", proxy, { isApiKeyRequired: true, authorization: { authorizer: token } });
      new UsagePlan(stack, "Plan", { api, stage: api.stage, usagePlanName: "plan", description: "Plan" });
    },
    { apiKeySource: "AUTHORIZER" },
  ],
  "preflights for one origin": [
    (api) => {
      api.addRoute("GET", "/a", service);
      api.addRoute("PUT", "/a", proxy);
    },
    { cors: { allowOrigins: ["https://example.com"] }, variables },
  ],
  "preflights for several origins": [
    (api) => api.addRoute("GET", "/a", proxy),
    { cors: { allowOrigins: ["https://example.com", "http://localhost:3000"] } },
  ],
  "binary bodies and compressed answers": [
    (api) => api.addRoute("GET", "/a", proxy),
    { binaryMediaTypes: ["image/png", "*/*"], minimumCompressionSizeBytes: 0 },
  ],
};

const readAs = (definition: RestApiProps["definition"], [build, changes]: (typeof features)[string]) =>
  comparable(readRestApi(evaluatedApi(synthesizeApi(definition, build, changes))));

describe("is the same API in either rendering:", () => {
  // The model of an order says more than OpenAPI can.
  beforeAll(() => jest.spyOn(console, "error").mockImplementation());
  afterAll(() => jest.restoreAllMocks());

  test.each(Object.entries(features))("%s", (_, feature) => {
    expect(readAs("openapi", feature)).toEqual(readAs("resources", feature));
  });

  const { orders, storage, presignedUrl } = environmentOf("dev").settings;
  const choices: readonly ApiChoices[] = [
    {},
    { policy: { allow: [{ sourceIps: ["203.0.113.0/24"] }], deny: [{ principals: ["210987654321"] }] } },
    { privateEndpoint: { vpcEndpointIds: ["vpce-0123456789abcdef0", "vpce-0fedcba9876543210"] } },
    { authorization: { type: "COGNITO_USER_POOLS" }, allowOrigins: ["https://example.com"] },
    { authorization: { type: "TOKEN" }, usagePlans: { gold: { keys: ["one"] } } },
    {
      authorization: { type: "REQUEST", tokenSource: "method.request.header.X-Token" },
      minimumCompressionSizeBytes: 1,
    },
  ];
  test.each(choices)("each system, with the choices %j", (api) => {
    const read = (definition: ApiChoices["definition"]) => {
      const chosen = { ...api, definition };
      return [
        systemConfig("orders", "dev", { orders: { ...orders, api: chosen } }),
        systemConfig("storage", "dev", { storage: { ...storage, api: chosen } }),
        systemConfig("presigned-url", "dev", { presignedUrl: { ...presignedUrl, api: chosen } }),
      ].map((config) => comparable(readRestApi(evaluatedApi(config))));
    };
    expect(read("openapi")).toEqual(read("resources"));
  });

  test("and what differs is seen to differ", () => {
    const apis = Object.values(features).map((feature) => JSON.stringify(readAs("openapi", feature)));
    expect(new Set(apis).size).toBe(apis.length);
  });
});

describe("a body", () => {
  const config = synthesizeApi("openapi", (api) => api.addRoute("GET", "/a", proxy));
  const resources = evaluatedApi(config);
  const document = JSON.parse(
    String(resources.find(({ type }) => type === "aws_api_gateway_rest_api")?.attributes.body),
  );
  const withBody = (changes: object): readonly Resource[] =>
    changed(resources, "rest_api", { body: JSON.stringify({ ...document, ...changes }) });
  const withOperation = (changes: object): readonly Resource[] =>
    withBody({ paths: { "/a": { get: { ...document.paths["/a"].get, ...changes } } } });

  test("settings of the API's own arguments stand before those of the document", () => {
    const api = changed(withBody({ "x-amazon-apigateway-binary-media-types": ["a/b"] }), "rest_api", {
      binary_media_types: ["c/d"],
    });
    expect(comparable(readRestApi(api))).toMatchObject({ binaryMediaTypes: { patterns: ["^c\\/d$"] } });
  });

  test("any method is read as ANY", () => {
    const { get } = document.paths["/a"];
    const { methods } = readRestApi(withBody({ paths: { "/a": { "x-amazon-apigateway-any-method": get } } }));
    expect(methods.map(({ httpMethod }) => httpMethod)).toEqual(["ANY"]);
  });

  test.each<[string, readonly Resource[], string]>([
    [
      "no JSON",
      changed(resources, "rest_api", { body: "openapi: 3.0.1" }),
      "body must be JSON in the local run, got: ",
    ],
    [
      "OpenAPI 2",
      withBody({ openapi: undefined, swagger: "2.0" }),
      "body: openapi is not modelled by the local run, got: nothing",
    ],
    ["OpenAPI 3.1", withBody({ openapi: "3.1.0" }), 'body: openapi is not modelled by the local run, got: "3.1.0"'],
    [
      "an unknown extension",
      withBody({ "x-amazon-apigateway-documentation": {} }),
      "body: x-amazon-apigateway-documentation is not modelled by the local run, got: {}",
    ],
    [
      "an unknown property of an integration",
      withOperation({ "x-amazon-apigateway-integration": { type: "aws_proxy", tlsConfig: {} } }),
      "body: paths./a.get.x-amazon-apigateway-integration.tlsConfig is not modelled by the local run",
    ],
    [
      "a route without an integration",
      withOperation({ "x-amazon-apigateway-integration": undefined }),
      "aws_api_gateway_rest_api.Api: body: GET /a: no integration is defined for the method",
    ],
    [
      "a scheme that is not there",
      withOperation({ security: [{ oauth: [] }] }),
      "aws_api_gateway_rest_api.Api: body: GET /a: the security scheme oauth is not modelled",
    ],
    [
      "a model that is not there",
      withOperation({
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } } },
      }),
      "body: components.schemas must have A, which a method refers to",
    ],
    [
      "a mode that leaves removed routes",
      changed(resources, "rest_api", { put_rest_api_mode: "merge" }),
      "aws_api_gateway_rest_api.Api: put_rest_api_mode must be overwrite in the local run, got: merge",
    ],
    [
      "a part outside of it",
      [...resources, resource("gateway_response", "Default4xx", { response_type: "DEFAULT_4XX" })],
      "aws_api_gateway_gateway_response.Default4xx: the import of the body of aws_api_gateway_rest_api.Api would remove it",
    ],
    [
      "a policy that it does not have",
      [...resources, resource("rest_api_policy", "Policy", { policy: "{}" })],
      "aws_api_gateway_rest_api_policy.Policy: policy must say what the body of aws_api_gateway_rest_api.Api says",
    ],
  ])("is refused: %s", (_, given, message) => {
    expect(() => readRestApi(given)).toThrow(message);
  });

  test("its policy is the API's, with or without a resource that says the same", () => {
    const policy = (resource: string) => ({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: resource }],
    });
    const api = withBody({ "x-amazon-apigateway-policy": policy("execute-api:/dev/GET/*") });
    const full = JSON.stringify(policy("arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/*"));
    expect(readRestApi(api).policy).toBe(full);
    expect(readRestApi([...api, resource("rest_api_policy", "Policy", { policy: full })]).policy).toBe(full);
  });
});
