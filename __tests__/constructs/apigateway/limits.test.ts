import type { TokenAuthorizerDefinition } from "../../../constructs/apigateway/definition";
import type { ApiQuotas } from "../../../constructs/apigateway/limits";
import type { RestApi, RestApiProps } from "../../../constructs/apigateway/rest-api";
import { UsagePlan } from "../../../constructs/apigateway/usage-plan";
import type { Stack } from "../../../constructs/terraform/stack";
import { apiProps, at, synthesizeApi, toFunction, toQueue } from "../../support/api";
import type { Config } from "../../support/synth";

const page =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";

let stderr: jest.SpyInstance;
beforeEach(() => {
  stderr = jest.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => stderr.mockRestore());

/** What a synthesis says on standard error. */
function warningsOf(
  build: (api: RestApi, stack: Stack) => void,
  changes: Partial<RestApiProps> = {},
): readonly string[] {
  synthesizeApi(build, changes);
  return stderr.mock.calls.map(([text]) => text);
}

const many = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("quotas that AWS raises on request", () => {
  const paths = (count: number) => (api: RestApi) => {
    for (const index of many(count)) api.addRoute("GET", `/part${index}`, toFunction);
  };
  const authorizers = (count: number) => (api: RestApi) => {
    for (const index of many(count)) {
      const authorizer: TokenAuthorizerDefinition = {
        type: "TOKEN",
        authorizerName: `a${index}`,
        ttlSeconds: 0,
        uri: "function",
        credentialsArn: "role",
        header: "Authorization",
        dependsOn: [],
      };
      for (const method of ["GET", "POST"] as const) {
        api.addRoute(method, `/part${index}`, toFunction, { authorization: { authorizer } });
      }
    }
  };
  const stages = (count: number) => (api: RestApi) => {
    for (const index of many(count - 1)) api.addStage(`Stage${index}`, { ...apiProps, stageName: `s${index}` });
  };
  const bounds = (count: number) => (api: RestApi, stack: Stack) => {
    const throttle = { rateLimit: 1, burstLimit: 1 };
    for (const index of many(count)) api.addRoute("GET", `/part${index}`, toFunction, { isApiKeyRequired: true });
    const methodThrottles = Object.fromEntries(many(count).map((index) => [`GET /part${index}`, throttle]));
    new UsagePlan(stack, "Plan", { api, stage: api.stage, usagePlanName: "gold", description: "d", methodThrottles });
  };

  // The root is a resource, too.
  test.each<[keyof ApiQuotas, number, (count: number) => (api: RestApi, stack: Stack) => void, string]>([
    ["resourcesPerApi", 299, paths, "The API has 301 resources, one for each part of its paths, and AWS allows 300"],
    ["authorizersPerApi", 10, authorizers, "The API has 11 authorizers, and AWS allows 10"],
    ["stagesPerApi", 10, stages, "The API has 11 stages, and AWS allows 10"],
    [
      "methodThrottlesPerPlan",
      20,
      bounds,
      "The plan gold has 21 methods with a throttle of their own, and AWS allows 20",
    ],
  ])("%s: is silent at the quota, and warns above it unless it was raised", (name, quota, build, text) => {
    expect(warningsOf(build(quota))).toEqual([]);
    const raised = name === "resourcesPerApi" ? quota + 2 : quota + 1;
    expect(warningsOf(build(quota + 1), { quotas: { [name]: raised } })).toEqual([]);
    expect(warningsOf(build(quota + 1))).toEqual([
      `Warning: ${text} unless asked for more. Where it granted more, say so in quotas.${name}: ${page} (in test/Api)`,
    ]);
  });

  test("are stated as AWS raised them", () => {
    expect(() => synthesizeApi(() => undefined, { quotas: { resourcesPerApi: 299 } })).toThrow(
      "quotas.resourcesPerApi must be an integer from 300 to 1000000, got: 299 (in test/Api)",
    );
    expect(() => synthesizeApi(() => undefined, { quotas: { integrationTimeoutSeconds: 301 } })).toThrow(
      "quotas.integrationTimeoutSeconds must be an integer from 29 to 300, got: 301",
    );
  });
});

describe("the time that an integration may take", () => {
  const timeoutOf = (timeoutSeconds: number, changes: Partial<RestApiProps> = {}) =>
    [toFunction, toQueue].map((integration) => {
      const config = synthesizeApi((api) => api.addRoute("GET", "/", { ...integration, timeoutSeconds }), changes);
      return at(config, "aws_api_gateway_integration.Api_GET_Integration").timeout_milliseconds;
    });

  test("is AWS's unless told otherwise", () => {
    const config = synthesizeApi((api) => api.addRoute("GET", "/", toFunction));
    expect(at(config, "aws_api_gateway_integration.Api_GET_Integration")).not.toHaveProperty("timeout_milliseconds");
  });

  test("is 0.05 to 29 seconds", () => {
    expect(timeoutOf(0.05)).toEqual([50, 50]);
    expect(timeoutOf(29)).toEqual([29_000, 29_000]);
    expect(() => timeoutOf(0.04)).toThrow("timeoutSeconds must be 0.05 or more, got: 0.04 (in test/Api)");
    expect(() => timeoutOf(29.5)).toThrow(
      `timeoutSeconds must be at most 29 seconds, got: 29.5. It is AWS's limit, ${page}. Where AWS raised it, say so in quotas.integrationTimeoutSeconds (in test/Api)`,
    );
  });

  test("is more where AWS raised it", () => {
    expect(timeoutOf(60, { quotas: { integrationTimeoutSeconds: 60 } })).toEqual([60_000, 60_000]);
    expect(() => timeoutOf(61, { quotas: { integrationTimeoutSeconds: 60 } })).toThrow(
      "must be at most 60 seconds, got: 61",
    );
  });
});

describe("a resource policy", () => {
  const denying = (addresses: readonly string[], quotas?: ApiQuotas) =>
    synthesizeApi((api) => api.addRoute("GET", "/", toFunction), {
      policy: { deny: [{ sourceIps: addresses }] },
      quotas,
    });
  const executionArn = "arn:aws:execute-api:eu-west-1:123456789012:abcdefghij";
  const lengthOf = (config: Config): number =>
    at(config, "aws_api_gateway_rest_api_policy.Api_Policy")
      .policy.replaceAll("${aws_api_gateway_rest_api.Api.execution_arn}", executionArn)
      .replace(/\$\{[^}]*\}/g, "").length;

  /** Addresses that make the policy this long: each adds 11 characters with quotes and comma, and 12 where it is longer. */
  const addressesFor = (characters: number): readonly string[] => {
    const missing = characters - lengthOf(denying(["10.0.0.0", "10.0.0.0"]));
    const count = Math.floor(missing / 11);
    return [...many(count + 2).map((index) => (index < missing % 11 ? "10.0.0.10" : "10.0.0.0"))];
  };

  test("has at most 8,192 characters once it stands on the API", () => {
    expect(lengthOf(denying(addressesFor(8_192)))).toBe(8_192);
    const tooLong = addressesFor(8_193);
    expect(() => denying(tooLong)).toThrow(
      `policy must be at most 8192 characters of JSON, got: 8193. It is AWS's limit, ${page}. Where AWS raised it, say so in quotas.resourcePolicyCharacters (in test/Api)`,
    );
    expect(lengthOf(denying(tooLong, { resourcePolicyCharacters: 8_193 }))).toBe(8_193);
  });
});

describe("a stage variable", () => {
  const variablesOf = (variables: Record<string, string>) =>
    at(
      synthesizeApi(() => undefined, { variables }),
      "aws_api_gateway_stage.Api_Stage",
    ).variables;
  const numbered = (count: number) => Object.fromEntries(many(count).map((index) => [`v${index}`, "x"]));

  test.each([{ ["n".repeat(64)]: "v" }, { name: "v".repeat(512) }, { name: "aZ09-._~:/?#&=,_" }, numbered(100)])(
    "may be %j",
    (variables) => {
      expect(variablesOf(variables)).toEqual(variables);
    },
  );

  test.each<[Record<string, string>, string]>([
    [
      { ["n".repeat(65)]: "v" },
      `variables must be named with 1–64 letters, digits and _, got: "${"n".repeat(65)}". See https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html and ${page} (in test/Api/Stage)`,
    ],
    [{ "a-b": "v" }, 'variables must be named with 1–64 letters, digits and _, got: "a-b"'],
    [{ name: "" }, 'variables.name must be 1–512 letters, digits and -._~:/?#&=,, got: "". See '],
    [{ name: "v".repeat(513) }, "variables.name must be 1–512 letters"],
    [{ name: "a b" }, 'variables.name must be 1–512 letters, digits and -._~:/?#&=,, got: "a b"'],
    [{ name: "ä" }, "variables.name must be 1–512 letters"],
    [{ name: "${x}" }, "variables.name must be 1–512 letters"],
    [
      numbered(101),
      `variables must be at most 100 variables, got: 101. It is AWS's limit, ${page} (in test/Api/Stage)`,
    ],
  ])("may not be %j", (variables, text) => {
    expect(() => variablesOf(variables)).toThrow(text);
  });
});

describe("a stage variable that is used", () => {
  const refused = (integration: typeof toQueue) => () =>
    synthesizeApi((api) => api.addRoute("POST", "/a", integration), { variables: { color: "red" } });
  const text = "variables of the stage dev must set queue, which POST /a uses, got: color";

  test.each([
    ["a URI", { uri: "arn:aws:apigateway:eu-west-1:sqs:path/$${stageVariables.queue}" }],
    ["a role", { credentialsArn: "arn:aws:iam::123456789012:$${stageVariables.queue}" }],
    ["a request template", { requestTemplate: "$stageVariables.queue" }],
    ["a parameter", { requestParameters: { "integration.request.header.X": "stageVariables.queue" } }],
    ["an answer", { responses: [{ statusCode: "200", template: "${stageVariables.queue}" }] }],
  ])("by %s must be set", (_, changes) => {
    expect(refused({ ...toQueue, ...changes })).toThrow(text);
  });

  test("by an authorizer must be set", () => {
    const authorizer = {
      type: "REQUEST" as const,
      authorizerName: "a",
      ttlSeconds: 0,
      uri: "function",
      credentialsArn: "role",
      identitySources: ["stageVariables.tenant"],
      dependsOn: [],
    };
    expect(() =>
      synthesizeApi((api) => api.addRoute("GET", "/a", toFunction, { authorization: { authorizer } })),
    ).toThrow("variables of the stage dev must set tenant, which GET /a uses, got: none");
  });

  test("is named once for all that use it", () => {
    const findings = () =>
      synthesizeApi((api) => {
        for (const path of ["/a", "/b"]) api.addRoute("GET", path, { ...toFunction, uri: "$${stageVariables.f}" });
      });
    let message = "";
    try {
      findings();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.match(/must set f/g)).toHaveLength(1);
    expect(message).toContain("which GET /a uses");
  });

  test("is not asked for where a template only calls a method of the map", () => {
    const config = synthesizeApi((api) =>
      api.addRoute("POST", "/a", { ...toQueue, requestTemplate: "$stageVariables.keySet()" }),
    );
    expect(config.resource.aws_api_gateway_integration).toBeDefined();
  });
});
