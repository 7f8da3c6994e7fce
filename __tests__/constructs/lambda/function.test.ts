import { NodeFunction, type NodeFunctionProps } from "../../../constructs/lambda/function";
import { policiesOf } from "../../support/policies";
import { type Config, only, synthesize } from "../../support/synth";

const configOf = (props: Partial<NodeFunctionProps> = {}): Config =>
  synthesize((stack) => {
    new NodeFunction(stack, "Worker", {
      functionName: "worker",
      description: "Works",
      entry: "handlers/write-order.ts",
      roleName: "worker-role",
      logRetentionInDays: 30,
      ...props,
    });
  });

test("runs on Arm with traces and JSON logs, after the role can write both", () => {
  expect(only(configOf(), "aws_lambda_function")).toMatchObject({
    runtime: "nodejs24.x",
    architectures: ["arm64"],
    memory_size: 512,
    timeout: 10,
    handler: "index.handler",
    filename: "assets/write-order.zip",
    source_code_hash: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    tracing_config: { mode: "Active" },
    logging_config: { log_format: "JSON", log_group: "${aws_cloudwatch_log_group.Worker_Logs.name}" },
    depends_on: [
      "aws_iam_role_policy.Worker_Role_WriteLogs",
      "aws_iam_role_policy.Worker_Role_WriteTraces",
      "aws_cloudwatch_log_group.Worker_Logs",
    ],
  });
});

test("has a role that writes to its own log group, sends traces, and can do nothing else", () => {
  const policies = policiesOf(configOf(), "Worker_Role");
  expect(policies).toEqual({
    WriteLogs: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: "${aws_cloudwatch_log_group.Worker_Logs.arn}:*",
      },
    ],
    WriteTraces: [{ Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" }],
  });
});

test("passes on its environment, or none", () => {
  expect(only(configOf({ environment: { A: "1" } }), "aws_lambda_function").environment).toEqual({
    variables: { A: "1" },
  });
  expect(only(configOf(), "aws_lambda_function")).not.toHaveProperty("environment");
});

test.each<[Partial<NodeFunctionProps>]>([
  [{ memorySizeMb: 128, timeoutSeconds: 1, functionName: "f" }],
  [{ memorySizeMb: 10_240, timeoutSeconds: 900, functionName: "f".repeat(64) }],
])("takes %j", (props) => {
  expect(only(configOf(props), "aws_lambda_function").memory_size).toBe(props.memorySizeMb);
});

test.each<[Partial<NodeFunctionProps>, string]>([
  [{ memorySizeMb: 127 }, "memorySizeMb must be an integer from 128 to 10240, got: 127 (in test/Worker)"],
  [{ memorySizeMb: 10_241 }, "memorySizeMb must be an integer from 128 to 10240, got: 10241"],
  [{ timeoutSeconds: 0 }, "timeoutSeconds must be an integer from 1 to 900, got: 0"],
  [{ timeoutSeconds: 901 }, "timeoutSeconds must be an integer from 1 to 900, got: 901"],
  [{ functionName: "" }, 'functionName must be 1–64 letters, digits, - and _, got: ""'],
  [{ functionName: "f".repeat(65) }, "functionName must be 1–64 letters"],
  [{ roleName: "r".repeat(65) }, "roleName must be 1–64 letters, digits and +=,.@_-"],
  [{ logRetentionInDays: 31 as 30 }, "retentionInDays must be one of 1, 3, 5, 7, 14, 30, 60"],
  [{ entry: "handlers/none.ts" }, "entry must be a file, got: handlers/none.ts, which does not exist"],
])("refuses %j", (props, message) => {
  expect(() => configOf(props)).toThrow(message);
});
