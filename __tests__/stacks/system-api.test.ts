import type { ApiChoices } from "../../settings/api";
import type { Settings } from "../../settings/schema";
import { policiesOf } from "../support/policies";
import { type Config, countOf, environmentOf, only, systemConfig } from "../support/synth";

const { orders, storage, presignedUrl } = environmentOf("prod").settings;

/** A system's stack, with choices for its API. */
const configOf = (system: "orders" | "storage" | "presigned-url", api: ApiChoices): Config => {
  const changes: Record<typeof system, Partial<Settings>> = {
    orders: { orders: { ...orders, api } },
    storage: { storage: { ...storage, api } },
    "presigned-url": { presignedUrl: { ...presignedUrl, api } },
  };
  return systemConfig(system, "prod", changes[system]);
};

const methodsOf = (config: Config) =>
  Object.values(config.resource.aws_api_gateway_method ?? {}).filter(({ http_method: method }) => method !== "OPTIONS");

describe.each(["orders", "storage", "presigned-url"] as const)("%s", (system) => {
  const plain = configOf(system, {});

  test("is regional, signed and without anything else unless settings choose it", () => {
    expect(new Set(methodsOf(plain).map(({ authorization }) => authorization))).toEqual(new Set(["AWS_IAM"]));
    for (const type of [
      ...["usage_plan", "api_key", "authorizer", "rest_api_policy", "domain_name"].map(
        (name) => `aws_api_gateway_${name}`,
      ),
      ...["aws_wafv2_web_acl_association", "aws_cognito_user_pool", "aws_vpc_endpoint"],
    ]) {
      expect([type, countOf(plain, type)]).toEqual([type, 0]);
    }
    expect(countOf(plain, "aws_cloudwatch_dashboard")).toBe(1);
  });

  test("may want a key of a usage plan on every method, whose value nobody sees unasked", () => {
    const config = configOf(system, {
      usagePlans: {
        partner: {
          throttle: { rateLimit: 5, burstLimit: 10 },
          quota: { limit: 1_000, period: "MONTH" },
          keys: ["acme"],
        },
        trial: { keys: ["demo"] },
      },
    });
    expect(methodsOf(config).every(({ api_key_required: required }) => required === true)).toBe(true);
    expect(config.resource.aws_api_gateway_usage_plan?.UsagePlan_partner).toMatchObject({
      name: `${system}-partner`,
      api_stages: [{ api_id: "${aws_api_gateway_rest_api.Api.id}", stage: "prod" }],
      throttle_settings: { rate_limit: 5, burst_limit: 10 },
      quota_settings: { limit: 1_000, period: "MONTH" },
    });
    expect(config.resource.aws_api_gateway_usage_plan?.UsagePlan_trial).toMatchObject({
      throttle_settings: { rate_limit: 50, burst_limit: 100 },
      quota_settings: { limit: 10_000, period: "DAY" },
    });
    expect(config.output?.api_key_partner_acme).toMatchObject({ sensitive: true });
    expect(JSON.stringify(config.resource.aws_api_gateway_api_key)).not.toContain('"value"');
  });

  test("may be closed to all but named addresses", () => {
    const config = configOf(system, { policy: { allow: [{ sourceIps: ["203.0.113.0/24"] }] } });
    const { Statement } = JSON.parse(only(config, "aws_api_gateway_rest_api_policy").policy);
    expect(Statement.at(-1)).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Condition: { NotIpAddress: { "aws:SourceIp": ["203.0.113.0/24"] } },
    });
  });

  test("may be private, through an endpoint that is there or one of its own", () => {
    const vpcEndpointIds = ["vpce-0123456789abcdef0"];
    const existing = configOf(system, { privateEndpoint: { vpcEndpointIds } });
    expect(only(existing, "aws_api_gateway_rest_api").endpoint_configuration).toEqual({
      types: ["PRIVATE"],
      vpc_endpoint_ids: vpcEndpointIds,
    });
    expect(only(existing, "aws_api_gateway_rest_api_policy").policy).toContain("aws:SourceVpce");
    const own = configOf(system, {
      privateEndpoint: {
        vpcId: "vpc-0123456789abcdef0",
        subnetIds: ["subnet-0123456789abcdef0"],
        clientCidrBlocks: ["10.0.0.0/16"],
      },
    });
    expect(only(own, "aws_api_gateway_rest_api").endpoint_configuration.vpc_endpoint_ids).toEqual([
      "${aws_vpc_endpoint.VpcEndpoint.id}",
    ]);
  });

  test("may let users of a pool in: one of its own, or one that is there", () => {
    const own = configOf(system, { authorization: { type: "COGNITO_USER_POOLS" } });
    expect(only(own, "aws_api_gateway_authorizer")).toMatchObject({
      type: "COGNITO_USER_POOLS",
      provider_arns: ["${aws_cognito_user_pool.Users.arn}"],
      authorizer_result_ttl_in_seconds: 300,
    });
    expect(new Set(methodsOf(own).map(({ authorization }) => authorization))).toEqual(new Set(["COGNITO_USER_POOLS"]));
    expect(only(own, "aws_cognito_user_pool").deletion_protection).toBe("ACTIVE");
    const arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";
    const existing = configOf(system, {
      authorization: { type: "COGNITO_USER_POOLS", userPoolArns: [arn], scopes: ["orders/write"], ttlSeconds: 0 },
    });
    expect(only(existing, "aws_api_gateway_authorizer")).toMatchObject({
      provider_arns: [arn],
      authorizer_result_ttl_in_seconds: 0,
    });
    expect(methodsOf(existing)[0]?.authorization_scopes).toEqual(["orders/write"]);
    expect(countOf(existing, "aws_cognito_user_pool")).toBe(0);
  });

  test("may ask a function of its own about a token, which may do nothing else", () => {
    const config = configOf(system, {
      authorization: { type: "TOKEN", issuer: "https://issuer.example", audience: ["app"], requiredScope: "write" },
    });
    expect(only(config, "aws_api_gateway_authorizer")).toMatchObject({
      type: "TOKEN",
      authorizer_uri: "${aws_lambda_function.Authorizer.invoke_arn}",
      authorizer_credentials: "${aws_iam_role.ApiGatewayInvokeAuthorizer.arn}",
      identity_source: "method.request.header.Authorization",
      authorizer_result_ttl_in_seconds: 300,
    });
    expect(config.resource.aws_lambda_function?.Authorizer?.environment.variables).toEqual({
      ISSUER: "https://issuer.example",
      AUDIENCE: "app",
      REQUIRED_SCOPE: "write",
    });
    expect(Object.keys(policiesOf(config, "Authorizer_Role"))).toEqual(["WriteLogs", "WriteTraces"]);
    expect(policiesOf(config, "ApiGatewayInvokeAuthorizer")).toEqual({
      InvokeAuthorizer: [
        { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.Authorizer.arn}" },
      ],
    });
    expect(Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {}).map((one) => one.alarm_name)).toEqual(
      expect.arrayContaining([`${system}-undecided`, `${system}-authorizer-throttles`]),
    );
  });

  test("may ask a function about the request, and about the tokens of a pool of its own", () => {
    const config = configOf(system, {
      authorization: {
        type: "REQUEST",
        tokenSource: "method.request.header.X-Token",
        claimSources: { "custom:tenant": "method.request.header.X-Tenant" },
        ttlSeconds: 60,
      },
    });
    expect(only(config, "aws_api_gateway_authorizer")).toMatchObject({
      type: "REQUEST",
      identity_source: "method.request.header.X-Token,method.request.header.X-Tenant",
      authorizer_result_ttl_in_seconds: 60,
    });
    expect(config.resource.aws_lambda_function?.Authorizer?.environment.variables).toEqual({
      ISSUER: "https://${aws_cognito_user_pool.Users.endpoint}",
      AUDIENCE: "${aws_cognito_user_pool_client.UsersClient.id}",
      TOKEN_SOURCE: "method.request.header.X-Token",
      CLAIM_SOURCES: "custom:tenant=method.request.header.X-Tenant",
    });
    expect(Object.keys(config.output ?? {})).toEqual(expect.arrayContaining(["user_pool_id", "user_pool_client_id"]));
  });

  test("may stand behind a web ACL, under a name of its own, and compress its answers", () => {
    const webAclArn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/0a1b2c3d-0000";
    const config = configOf(system, {
      webAclArn,
      domain: { domainName: "api.example.com", hostedZoneId: "Z0123456789ABC", basePath: "v1" },
      minimumCompressionSizeBytes: 1_024,
    });
    expect(only(config, "aws_wafv2_web_acl_association").web_acl_arn).toBe(webAclArn);
    expect(only(config, "aws_api_gateway_base_path_mapping").base_path).toBe("v1");
    expect(config.output?.domain_url?.value).toBe("https://api.example.com/v1");
    expect(only(config, "aws_api_gateway_rest_api").minimum_compression_size).toBe("1024");
  });

  test("may serve named versions, one of them to part of the requests, and variables", () => {
    const config = configOf(system, {
      variables: { color: "blue" },
      release: { stable: "v1", canary: { version: "v2", percentTraffic: 10, variables: { color: "green" } } },
    });
    expect(Object.keys(config.resource.aws_api_gateway_deployment ?? {})).toEqual([
      "Api_Deployment_v1",
      "Api_Deployment_v2",
    ]);
    expect(only(config, "aws_api_gateway_stage")).toMatchObject({
      deployment_id: "${aws_api_gateway_deployment.Api_Deployment_v1.id}",
      variables: { color: "blue" },
      canary_settings: {
        deployment_id: "${aws_api_gateway_deployment.Api_Deployment_v2.id}",
        percent_traffic: 10,
        stage_variable_overrides: { color: "green" },
      },
    });
  });

  test("may be written down as one document, at the same address", () => {
    const config = configOf(system, { definition: "openapi" });
    expect(Object.keys(config.resource.aws_api_gateway_rest_api ?? {})).toEqual(["Api"]);
    expect(only(config, "aws_api_gateway_rest_api")).toMatchObject({ put_rest_api_mode: "overwrite" });
    expect(only(config, "aws_api_gateway_rest_api").body).toContain('"x-amazon-apigateway-integration"');
    expect(countOf(config, "aws_api_gateway_method")).toBe(0);
  });
});

test("answers of a route may be kept, told apart by the path's parameters and what else they depend on", () => {
  const config = configOf("storage", { cache: { sizeGb: "0.5", ttlSeconds: { "GET /objects/{key+}": 60 } } });
  expect(only(config, "aws_api_gateway_stage")).toMatchObject({
    cache_cluster_enabled: true,
    cache_cluster_size: "0.5",
  });
  const settings = Object.values(config.resource.aws_api_gateway_method_settings ?? {}).map(
    ({ method_path: path, settings: values }) => [path, values.caching_enabled, values.cache_ttl_in_seconds],
  );
  expect(settings).toEqual([
    ["*/*", false, undefined],
    ["~1objects~1{key+}/GET", true, 60],
  ]);
  const integration = config.resource.aws_api_gateway_integration?.Api_objects__key__GET_Integration;
  expect(integration?.cache_key_parameters).toEqual([
    "method.request.path.key",
    "method.request.header.If-Match",
    "method.request.header.If-Unmodified-Since",
  ]);
});

test("lists that are kept are told apart by their queries", () => {
  const ttlSeconds = { "GET /objects": 3_600, "GET /buckets": 3_600 };
  const config = configOf("storage", { cache: { sizeGb: "0.5", ttlSeconds } });
  const keysOf = (name: string) => config.resource.aws_api_gateway_integration?.[name]?.cache_key_parameters;
  expect(keysOf("Api_objects_GET_Integration")).toEqual(
    ["prefix", "limit", "cursor"].map((name) => `method.request.querystring.${name}`),
  );
  expect(keysOf("Api_buckets_GET_Integration")).toEqual(
    ["limit", "cursor"].map((name) => `method.request.querystring.${name}`),
  );
});

test.each<[Parameters<typeof configOf>[0], Record<string, number>, string]>([
  [
    "presigned-url",
    { "GET /presigned-url": 1 },
    'cache.ttlSeconds must be for routes whose answers can be kept: none, got: "GET /presigned-url" (in presigned-url-prod/Api), as presignedUrl.api in settings/prod.json has it',
  ],
  [
    "storage",
    { "POST /objects": 1 },
    'cache.ttlSeconds must be for routes whose answers can be kept: GET /buckets, GET /objects, GET /objects/{key+}, got: "POST /objects" (in storage-prod/Api), as storage.api in settings/prod.json has it',
  ],
  [
    "storage",
    { "GET /objects/{key+}": 241 },
    "cache.ttlSeconds of GET /objects/{key+} must be an integer from 1 to 240, got: 241 (in storage-prod/Api), as storage.api in settings/prod.json has it",
  ],
])("answers of %s that are one caller's, or end sooner, are not kept: %j", (system, ttlSeconds, message) => {
  expect(() => configOf(system, { cache: { sizeGb: "0.5", ttlSeconds } })).toThrow(message);
});

test("a plan may bound single methods", () => {
  const methodThrottles = { "POST /orders": { rateLimit: 5, burstLimit: 2 } };
  const config = configOf("orders", { usagePlans: { gold: { keys: ["acme"], methodThrottles } } });
  expect(only(config, "aws_api_gateway_usage_plan").api_stages[0].throttle).toEqual([
    { path: "/orders/POST", rate_limit: 5, burst_limit: 2 },
  ]);
});

test("identity sources stand once each", () => {
  const header = "method.request.header.Authorization";
  const config = configOf("orders", { authorization: { type: "REQUEST", claimSources: { a: header } } });
  expect(only(config, "aws_api_gateway_authorizer").identity_source).toBe(header);
});

test.each<[ApiChoices, string]>([
  [
    { methodThrottles: { "GET /order": { rateLimit: 1, burstLimit: 1 } } },
    'methodThrottles must be for routes of the API: POST /orders, got: "GET /order" (in orders-prod/Api), as orders.api in settings/prod.json has it',
  ],
  [
    { cache: { sizeGb: "0.5", ttlSeconds: { "GET /order": 1 } } },
    'cache.ttlSeconds must be for routes whose answers can be kept: none, got: "GET /order" (in orders-prod/Api), as orders.api in settings/prod.json has it',
  ],
  [
    { policy: { allow: [{ sourceIps: ["1.2.3"] }] } },
    'policy.allow must be IP addresses or blocks of them, such as 198.51.100.0/24, got: "1.2.3" (in orders-prod/Api), as orders.api in settings/prod.json has it',
  ],
  [
    { usagePlans: { "a-b": { keys: ["c"] }, a: { keys: ["b-c"] } } },
    'got: "b-c". The output api_key_a_b_c is another key\'s (in orders-prod/UsagePlan_a), as orders.api in settings/prod.json has it',
  ],
])("what is for nothing is refused: %j", (api, message) => {
  expect(() => configOf("orders", api)).toThrow(message);
});
