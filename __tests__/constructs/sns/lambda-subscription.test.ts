import { NodeFunction } from "../../../constructs/lambda/function";
import { LambdaSubscription, type LambdaSubscriptionProps } from "../../../constructs/sns/lambda-subscription";
import { Topic } from "../../../constructs/sns/topic";
import { Queue } from "../../../constructs/sqs/queue";
import { policiesOf } from "../../support/policies";
import { only, synthesize } from "../../support/synth";

const configOf = (props: Partial<LambdaSubscriptionProps> = {}) =>
  synthesize((stack) => {
    const handler = new NodeFunction(stack, "Handler", {
      functionName: "handler",
      description: "Hears",
      entry: "handlers/broadcast-order.ts",
      roleName: "Handler",
      logRetentionInDays: 30,
    });
    const grants = [handler.role.grant("Work", [{ actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:::q"] }])];
    new LambdaSubscription(stack, "TopicToHandler", {
      topic: Topic.fromName(stack, "news"),
      handler,
      onFailure: new Queue(stack, "Failed", { queueName: "failed", failedMessages: "keep" }),
      grants,
      ...props,
    });
  });

const ARN =
  "arn:${data.aws_partition.Partition.partition}:sns:eu-west-1:${data.aws_caller_identity.CallerIdentity.account_id}:news";

test("subscribes the function to a topic of another stack, by its name, and lets that topic alone invoke it", () => {
  const config = configOf();
  expect(only(config, "aws_sns_topic_subscription")).toMatchObject({
    topic_arn: ARN,
    protocol: "lambda",
    endpoint: "${aws_lambda_function.Handler.arn}",
  });
  expect(only(config, "aws_lambda_permission")).toMatchObject({
    function_name: "${aws_lambda_function.Handler.function_name}",
    action: "lambda:InvokeFunction",
    principal: "sns.amazonaws.com",
    source_arn: ARN,
  });
});

test("subscribes once the function may be invoked, may do its work, and has where to report failures", () => {
  expect(only(configOf(), "aws_sns_topic_subscription").depends_on).toEqual([
    "aws_lambda_permission.TopicToHandler_Permission",
    "aws_lambda_function_event_invoke_config.TopicToHandler_Retries",
    "aws_iam_role_policy.Handler_Role_Work",
  ]);
});

test("sends messages that are given up to the queue, under the function's role", () => {
  const config = configOf();
  expect(only(config, "aws_lambda_function_event_invoke_config")).toMatchObject({
    maximum_retry_attempts: 2,
    destination_config: { on_failure: { destination: "${aws_sqs_queue.Failed.arn}" } },
    depends_on: ["aws_iam_role_policy.Handler_Role_TopicToHandlerOnFailure"],
  });
  expect(policiesOf(config, "Handler_Role").TopicToHandlerOnFailure).toEqual([
    { Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Failed.arn}" },
  ]);
});

test.each([[0], [2]])("takes %i retries", (maximumRetryAttempts) => {
  const { maximum_retry_attempts: retries } = only(
    configOf({ maximumRetryAttempts }),
    "aws_lambda_function_event_invoke_config",
  );
  expect(retries).toBe(maximumRetryAttempts);
});

test.each([[-1], [3], [1.5]])("refuses %d retries", (maximumRetryAttempts) => {
  expect(() => configOf({ maximumRetryAttempts })).toThrow("maximumRetryAttempts must be an integer from 0 to 2");
});
