import { rules } from "../../rules";
import { absolutePaths } from "../../rules/absolute-paths";
import { oneBackend } from "../../rules/one-backend";
import { secrets } from "../../rules/secrets";
import { unresolvedTokens } from "../../rules/unresolved-tokens";
import { wildcardGrants } from "../../rules/wildcard-grants";
import type { TerraformConfig } from "../../terraform/config";
import { ordersConfig } from "../support/synth";

const resource = (type: string, attributes: object): TerraformConfig => ({ resource: { [type]: { x: attributes } } });

const policy = (...statements: object[]): TerraformConfig =>
  resource("aws_iam_role_policy", { policy: JSON.stringify({ Statement: statements }) });

describe("unresolved tokens", () => {
  test.each([
    [
      "a string",
      resource("aws_sqs_queue", { name: "a-${TfToken[TOKEN.1]}" }),
      "resource.aws_sqs_queue.x.name must be resolved",
    ],
    [
      "a list put through JSON.stringify",
      resource("aws_sqs_queue", { policy: '["#{TfToken[TOKEN.2]}"]' }),
      ".policy must be resolved",
    ],
    [
      "a boolean put through JSON.stringify",
      resource("aws_sqs_queue", { policy: '"<unresolved-token>"' }),
      ".policy must be resolved",
    ],
    ["a number", resource("aws_sqs_queue", { size: -1.8881545897087626e289 }), ".size must be resolved"],
  ])("are found in %s", (_, config, finding) => {
    expect(unresolvedTokens(config)).toEqual([expect.stringContaining(finding)]);
  });

  test("are not seen in references", () => {
    expect(
      unresolvedTokens(resource("aws_sqs_queue", { name: "${aws_sqs_queue.a.name}", size: 1, fifo: true })),
    ).toEqual([]);
  });
});

describe("absolute paths", () => {
  test.each(["/home/me/a.zip", "C:\\a.zip"])("%s", (filename) => {
    expect(absolutePaths(resource("aws_lambda_function", { filename }))).toEqual([
      `resource.aws_lambda_function.x.filename must be relative to the stack's folder, got: ${filename}`,
    ]);
  });

  test("in a list of the backend's", () => {
    expect(
      absolutePaths({ terraform: { backend: { s3: { shared_credentials_files: ["/home/me/.aws/credentials"] } } } }),
    ).toHaveLength(1);
  });

  test("are not seen in log groups and URLs", () => {
    expect(absolutePaths(resource("aws_cloudwatch_log_group", { name: "/aws/lambda/a" }))).toEqual([]);
    expect(absolutePaths({ terraform: { backend: { local: { path: "../../../.state/a.tfstate" } } } })).toEqual([]);
    const apiStages = [{ throttle: [{ path: "/orders/POST" }] }];
    expect(absolutePaths(resource("aws_api_gateway_usage_plan", { api_stages: apiStages }))).toEqual([]);
  });
});

describe("wildcard grants", () => {
  test("are found in actions and in resources that could be named", () => {
    expect(wildcardGrants(policy({ Effect: "Allow", Action: "s3:*", Resource: "arn" }))).toEqual([
      "aws_iam_role_policy.x must name each action, got: s3:*",
    ]);
    expect(
      wildcardGrants(policy({ Effect: "Allow", Action: ["sqs:SendMessage", "sns:ListTopics"], Resource: ["*"] })),
    ).toEqual([
      "aws_iam_role_policy.x must grant sqs:SendMessage on named resources, got: *. If AWS cannot scope it, add it to policy/unscopable-actions.ts",
    ]);
  });

  test("are not seen in a Deny, in what AWS cannot scope, and in a resource's own policy", () => {
    expect(
      wildcardGrants(
        policy(
          { Effect: "Deny", Action: "s3:*", Resource: "*" },
          { Effect: "Allow", Action: "sns:ListTopics", Resource: "*" },
        ),
      ),
    ).toEqual([]);
    const key = { policy: JSON.stringify({ Statement: { Effect: "Allow", Action: "kms:*", Resource: "*" } }) };
    expect(wildcardGrants(resource("aws_kms_key", key))).toEqual([]);
  });
});

describe("secrets", () => {
  test.each<[string, TerraformConfig]>([
    [
      "an access key id",
      resource("aws_lambda_function", { environment: { variables: { KEY: `AKIA${"A".repeat(16)}` } } }),
    ],
    ["a private key", resource("aws_x", { pem: "-----BEGIN RSA PRIVATE KEY-----" })],
    ["a token for the backend", { terraform: { cloud: { token: "x" } } }],
    ["a key for the state's encryption", { terraform: { backend: { s3: { sse_customer_key: "x" } } } }],
    ["a secret key for the backend", { terraform: { backend: { s3: { secret_key: "x" } } } }],
  ])("are found: %s", (_, config) => {
    expect(secrets(config)).toEqual([expect.stringContaining("must not hold a secret. Keep it in the environment")]);
  });

  test("are not seen in names", () => {
    expect(secrets(resource("aws_x", { name: "AKIA", token: "${var.token}" }))).toEqual([]);
  });
});

test.each<[string, TerraformConfig, readonly string[]]>([
  ["one", { terraform: { backend: { s3: {} } } }, []],
  ["cloud", { terraform: { cloud: {} } }, []],
  ["none", { terraform: {} }, ["terraform must have exactly one backend, got: none"]],
  [
    "two",
    { terraform: { backend: { s3: {}, local: {} } } },
    ["terraform must have exactly one backend, got: backend.s3, backend.local"],
  ],
])("backends: %s", (_, config, findings) => {
  expect(oneBackend(config)).toEqual(findings);
});

test("the orders pipeline passes them all", () => {
  for (const environment of ["dev", "prod"] as const) {
    const config = ordersConfig(environment) as unknown as TerraformConfig;
    expect(rules.flatMap((rule) => rule(config))).toEqual([]);
  }
});
