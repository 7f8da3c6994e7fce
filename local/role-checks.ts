import { AwsError } from "./aws";
import type { Services } from "./services";

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Lambda does not make a function, a mapping or a configuration whose role cannot do what it takes to run it.
 * @throws AwsError that names the first action that is missing
 */
export class RoleChecks {
  constructor(private readonly services: Services) {}

  /** `aws_lambda_function`: traces are written under its role. */
  forFunction({ tracing_config: tracing, role }: Arguments): void {
    if ((tracing as { mode?: string } | undefined)?.mode !== "Active") return;
    this.require(String(role), ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
  }

  /** `aws_lambda_event_source_mapping`: the source is read under the function's role. */
  forMapping({ event_source_arn: source, function_name: functionName }: Arguments): void {
    const { lambda, sqs } = this.services;
    const arn = String(source);
    const role = lambda.roleOf(String(functionName)).principalArn;
    if (!arn.includes(":sqs:")) {
      this.require(role, ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"], arn);
      this.require(role, ["dynamodb:ListStreams"], "*");
      return;
    }
    this.require(role, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn);
    // Messages would come back while they are still worked on.
    const [visibility, timeout] = [sqs.visibilityOf(arn), lambda.timeoutOf(String(functionName))];
    if (visibility >= timeout) return;
    const message = `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`;
    throw new AwsError("InvalidParameterValueException", message);
  }

  /** `aws_lambda_function_event_invoke_config`: what is given up is sent under the function's role. */
  forFailures({ function_name: functionName }: Arguments, queueArn: string | undefined): void {
    const { lambda } = this.services;
    if (queueArn === undefined) return;
    this.require(lambda.roleOf(lambda.arnOf(String(functionName))).principalArn, ["sqs:SendMessage"], queueArn);
  }

  private require(roleArn: string, actions: readonly string[], resource: string): void {
    const { iam, sqs } = this.services;
    const session = iam.assume(roleArn, "lambda.amazonaws.com");
    try {
      for (const action of actions) {
        const resourcePolicy = action.startsWith("sqs:") ? sqs.policyOf(resource) : undefined;
        iam.authorize({ caller: session.caller, action, resource, resourcePolicy });
      }
    } finally {
      iam.forget(session);
    }
  }
}
