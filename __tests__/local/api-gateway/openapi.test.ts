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
import { apiProps, comparable, evaluatedApi, synthesizeApi } from "../../support/read-api";
import { changed, resource } from "../../support/rest-api";

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
  readRestApi(evaluatedApi(synthesizeApi(definition, build, changes)));

test.each(Object.keys(features))("is the same API in either rendering: %s", (feature) => {
  const given = features[feature] as (typeof features)[string];
  expect(comparable(readAs("openapi", given))).toEqual(comparable(readAs("resources", given)));
});
