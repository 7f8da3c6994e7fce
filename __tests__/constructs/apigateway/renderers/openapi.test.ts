import * as z from "zod/mini";
import type { AuthorizerDefinition } from "../../../../constructs/apigateway/definition";
import type { ProxyIntegration } from "../../../../constructs/apigateway/integration";
import { SqsIntegration } from "../../../../constructs/apigateway/integrations/sqs";
import type { RestApi, RestApiProps } from "../../../../constructs/apigateway/rest-api";
import { Role } from "../../../../constructs/iam/role";
import { Queue } from "../../../../constructs/sqs/queue";
import type { Stack } from "../../../../constructs/terraform/stack";
import { evaluatedApi, synthesizeApi } from "../../../support/read-api";
import { type Attributes, type Config, countOf, only } from "../../../support/synth";

const proxy: ProxyIntegration = {
  type: "AWS_PROXY",
  uri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations",
  credentialsArn: "arn:aws:iam::123456789012:role/r",
  dependsOn: [],
};
const lambda = { ttlSeconds: 300, uri: proxy.uri, credentialsArn: proxy.credentialsArn, dependsOn: [] };
const token = (authorizerName: string): AuthorizerDefinition => ({
  ...lambda,
  type: "TOKEN",
  authorizerName,
  header: "X-Token",
});

const openApi = (build: (api: RestApi, stack: Stack) => void, changes?: Partial<RestApiProps>): Config =>
  synthesizeApi("openapi", build, changes);
const oneRoute = (api: RestApi): void => api.addRoute("GET", "/a", proxy);

/** The document as API Gateway gets it. */
const documentOf = (config: Config): Attributes =>
  JSON.parse(String(evaluatedApi(config).find(({ type }) => type === "aws_api_gateway_rest_api")?.attributes.body));

const triggerOf = (config: Config): string => JSON.stringify(only(config, "aws_api_gateway_deployment").triggers);

test("is one resource, which overwrites all that was there and fails where API Gateway warns", () => {
  const config = openApi((api) => {
    oneRoute(api);
    api.addRoute("POST", "/a/{b}", proxy, { body: z.object({ c: z.string() }) });
  });
  const { "//": _, body: __, ...api } = only(config, "aws_api_gateway_rest_api");
  expect(api).toEqual({
    name: "shop",
    description: "Shop",
    endpoint_configuration: { types: ["REGIONAL"] },
    put_rest_api_mode: "overwrite",
    fail_on_warnings: true,
    parameters: { ignore: "documentation" },
  });
  expect(Object.keys(config.resource).filter((type) => type.startsWith("aws_api_gateway_"))).toEqual([
    "aws_api_gateway_deployment",
    "aws_api_gateway_method_settings",
    "aws_api_gateway_rest_api",
    "aws_api_gateway_stage",
  ]);
});

test("has the address that it has as resources, so that going over keeps the API's id", () => {
  const [addresses, before] = (["openapi", "resources"] as const).map((definition) =>
    Object.keys(synthesizeApi(definition, oneRoute).resource.aws_api_gateway_rest_api ?? {}),
  );
  expect(addresses).toEqual(before);
});

test("says all that an import would wipe, and the settings that the arguments say", () => {
  const vpcEndpointIds = ["vpce-0123456789abcdef0"];
  const config = openApi(oneRoute, {
    apiKeySource: "AUTHORIZER",
    binaryMediaTypes: ["image/png"],
    minimumCompressionSizeBytes: 0,
    endpoint: { type: "PRIVATE", vpcEndpointIds },
    policy: { allow: [{ vpcEndpointIds }] },
  });
  expect(only(config, "aws_api_gateway_rest_api")).toMatchObject({
    api_key_source: "AUTHORIZER",
    binary_media_types: ["image/png"],
    minimum_compression_size: "0",
    endpoint_configuration: { types: ["PRIVATE"], vpc_endpoint_ids: vpcEndpointIds },
  });
  const document = documentOf(config);
  expect(document).toMatchObject({
    openapi: "3.0.1",
    info: { title: "shop", description: "Shop" },
    servers: [{ url: "/", "x-amazon-apigateway-endpoint-configuration": { vpcEndpointIds } }],
    "x-amazon-apigateway-api-key-source": "AUTHORIZER",
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-minimum-compression-size": 0,
  });
  expect(Object.keys(document["x-amazon-apigateway-gateway-responses"])).toEqual(
    expect.arrayContaining(["BAD_REQUEST_BODY", "DEFAULT_4XX", "DEFAULT_5XX"]),
  );
  const { Statement } = document["x-amazon-apigateway-policy"];
  expect([Statement].flat().map(({ Resource }) => Resource)).toEqual(["execute-api:/*", "execute-api:/*"]);
  // The provider up to 6.47 puts an old policy over an imported one: the resource has the last word.
  const resource = evaluatedApi(config).find(({ type }) => type === "aws_api_gateway_rest_api_policy");
  const arn = "arn:aws:execute-api:eu-west-1:123456789012:api/";
  expect(JSON.parse(String(resource?.attributes.policy))).toEqual(
    JSON.parse(JSON.stringify(document["x-amazon-apigateway-policy"]).replaceAll("execute-api:/", arn)),
  );
});

test("a method says what it wants of a request, and who may send it", () => {
  const authorizer = token("the token");
  const config = openApi(
    (api) => {
      api.addRoute("PUT", "/a/{id}", proxy, {
        authorization: { authorizer },
        body: z.object({ b: z.string() }),
        requiredHeaders: ["X-A"],
        requiredQueryParameters: ["q"],
      });
      api.addRoute("GET", "/open", proxy, { authorization: "NONE" });
    },
    { authorization: "AWS_IAM" },
  );
  const { paths, components, ...document } = documentOf(config);
  expect(paths["/a/{id}"].put).toMatchObject({
    parameters: [
      { name: "id", in: "path", required: true, schema: { type: "string" } },
      { name: "q", in: "query", required: true },
      { name: "X-A", in: "header", required: true },
    ],
    requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/PUTAId" } } } },
    security: [{ "the-token": [] }],
    responses: {},
    "x-amazon-apigateway-request-validator": "body-and-parameters",
    "x-amazon-apigateway-integration": {
      type: "aws_proxy",
      httpMethod: "POST",
      credentials: proxy.credentialsArn,
      uri: proxy.uri,
    },
  });
  expect(paths["/open"].get.security).toEqual([]);
  expect(document["x-amazon-apigateway-request-validators"]).toEqual({
    "body-and-parameters": { validateRequestBody: true, validateRequestParameters: true },
  });
  expect(components.securitySchemes).toEqual({
    "the-token": {
      type: "apiKey",
      name: "X-Token",
      in: "header",
      "x-amazon-apigateway-authtype": "custom",
      "x-amazon-apigateway-authorizer": {
        type: "token",
        authorizerUri: proxy.uri,
        authorizerCredentials: proxy.credentialsArn,
        authorizerResultTtlInSeconds: 300,
      },
    },
  });
  expect(components.schemas.PUTAId).toMatchObject({ type: "object", required: ["b"] });
});

test("each way in is a security scheme in API Gateway's words", () => {
  const request = (authorizerName: string, identitySources: readonly string[]): AuthorizerDefinition => ({
    ...lambda,
    type: "REQUEST",
    authorizerName,
    identitySources,
  });
  const pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc";
  const users = {
    type: "COGNITO_USER_POOLS",
    authorizerName: "users",
    ttlSeconds: 0,
    userPoolArns: [pool],
    dependsOn: [],
  } as const;
  const config = openApi((api) => {
    api.addRoute("GET", "/iam", proxy);
    api.addRoute("GET", "/users", proxy, { authorization: { authorizer: users, scopes: ["a/b"] } });
    api.addRoute("GET", "/query", proxy, {
      authorization: { authorizer: request("query", ["method.request.querystring.t"]) },
    });
    const both = request("both", ["method.request.header.T", "context.identity.sourceIp"]);
    api.addRoute("GET", "/both", proxy, { authorization: { authorizer: both } });
  });
  const { paths, components } = documentOf(config);
  expect(paths["/users"].get.security).toEqual([{ users: ["a/b"] }]);
  expect(components.securitySchemes).toMatchObject({
    sigv4: { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" },
    users: {
      name: "Authorization",
      "x-amazon-apigateway-authtype": "cognito_user_pools",
      "x-amazon-apigateway-authorizer": { type: "cognito_user_pools", providerARNs: [pool] },
    },
    query: {
      name: "t",
      in: "query",
      "x-amazon-apigateway-authorizer": { type: "request", identitySource: "method.request.querystring.t" },
    },
    both: {
      name: "Unused",
      in: "header",
      "x-amazon-apigateway-authorizer": { identitySource: "method.request.header.T,context.identity.sourceIp" },
    },
  });
});

test.each(["sigv4", "api_key", "api key"])(
  "refuses the authorizer %s, whose name OpenAPI could not tell from another",
  (name) => {
    const names = name === "api key" ? ["api-key", name] : [name];
    expect(() =>
      openApi((api) => {
        for (const [at, one] of names.entries())
          api.addRoute("GET", `/${at}`, proxy, { authorization: { authorizer: token(one) } });
      }),
    ).toThrow(
      `authorizerName must be told from ${names.length > 1 ? names[0] : name} where spaces count as -, in an OpenAPI document, got: "${name}" (in test/Api)`,
    );
  },
);

describe("references to other resources", () => {
  const config = openApi((api, stack) => {
    const queue = new Queue(stack, "Inbox", { queueName: "inbox", visibilityTimeoutSeconds: 60 });
    const role = new Role(stack, "Sender", {
      roleName: "sender",
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Sends",
    });
    api.addRoute("POST", "/orders", new SqsIntegration({ queue, role }));
  });

  test("are encoded by Terraform, and replace the deployment when what they stand for changes", () => {
    const { body } = only(config, "aws_api_gateway_rest_api");
    expect(body).toContain('"credentials":${jsonencode("${aws_iam_role.Sender.arn}")}');
    expect(documentOf(config).paths["/orders"].post["x-amazon-apigateway-integration"].uri).toBe(
      "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/inbox",
    );
    expect(only(config, "aws_api_gateway_deployment").triggers.references.split(" ")).toEqual([
      "${aws_iam_role.Sender.arn}",
      "${aws_sqs_queue.Inbox.name}",
      "${data.aws_caller_identity.CallerIdentity.account_id}",
      "${data.aws_partition.Partition.partition}",
    ]);
  });

  test("are waited for by the deployment, as is the policy of a private API", () => {
    expect(only(config, "aws_api_gateway_deployment").depends_on).toEqual([
      "aws_api_gateway_rest_api.Api",
      "aws_iam_role_policy.Sender_SendMessage",
    ]);
    const closed = openApi(oneRoute, { policy: { allow: [{ sourceIps: ["203.0.113.7"] }] } });
    expect(only(closed, "aws_api_gateway_deployment").depends_on).toEqual([
      "aws_api_gateway_rest_api.Api",
      "aws_api_gateway_rest_api_policy.Api_Policy",
    ]);
  });
});

describe("a route that is removed", () => {
  const two = openApi((api) => {
    oneRoute(api);
    api.addRoute("GET", "/b", proxy);
  });
  const one = openApi(oneRoute);

  test("is in the document no more, and so is gone before the API is deployed anew", () => {
    expect(Object.keys(documentOf(two).paths)).toEqual(["/a", "/b"]);
    expect(Object.keys(documentOf(one).paths)).toEqual(["/a"]);
    expect(triggerOf(one)).not.toBe(triggerOf(two));
    expect(only(one, "aws_api_gateway_deployment").depends_on).toContain("aws_api_gateway_rest_api.Api");
  });

  test("another place of a route in the code deploys nothing", () => {
    const reordered = openApi((api) => {
      api.addRoute("GET", "/b", proxy);
      oneRoute(api);
    });
    expect(triggerOf(reordered)).toBe(triggerOf(two));
  });
});

test("methods that come later stand in the answer to a preflight", () => {
  const config = openApi(
    (api) => {
      oneRoute(api);
      api.addRoute("PUT", "/a", proxy);
    },
    { cors: { allowOrigins: ["https://example.com"] } },
  );
  const { options } = documentOf(config).paths["/a"];
  const headers = options["x-amazon-apigateway-integration"].responses.default.responseParameters;
  expect(headers).toMatchObject({ "method.response.header.Access-Control-Allow-Methods": "'GET,PUT'" });
  expect(Object.keys(options.responses["204"].headers)).toContain("Access-Control-Allow-Origin");
  expect(options.security).toEqual([]);
});

test("warns, once an API, of a model that OpenAPI has no words for", () => {
  const warned = jest.spyOn(console, "error").mockImplementation();
  const tuple = z.object({ pair: z.tuple([z.string(), z.number()]) });
  openApi((api) => {
    api.addRoute("PUT", "/a", proxy, { body: tuple });
    api.addRoute("POST", "/a", proxy, { body: tuple });
  });
  expect(warned.mock.calls).toEqual([
    [
      "Warning: OpenAPI 3.0 has no words for items in the model PUTA: API Gateway lets more bodies pass than the schema admits, which the handler has to " +
        'refuse. With definition: "resources" it checks the whole schema (in test/Api)',
    ],
  ]);
  warned.mockRestore();
});

describe("a document above what API Gateway imports", () => {
  const apiOf = (bytes: number, definition: RestApiProps["definition"] = "openapi"): Config => {
    const measured = synthesizeApi("openapi", oneRoute, { description: "" });
    const rest = Buffer.byteLength(only(measured, "aws_api_gateway_rest_api").body);
    return synthesizeApi(definition, oneRoute, { description: "x".repeat(bytes - rest) });
  };

  test("fails the synthesis with the limit", () => {
    expect(countOf(apiOf(6_000_000), "aws_api_gateway_rest_api")).toBe(1);
    expect(() => apiOf(6_000_001)).toThrow(
      'definition must be "resources" for an API whose document is above 6000000 bytes, got: 6000001. It is AWS\'s limit, https://docs.aws.amazon.com/',
    );
    expect(countOf(apiOf(6_000_001, "resources"), "aws_api_gateway_rest_api")).toBe(1);
  });
});
