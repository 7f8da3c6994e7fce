import { Alarm } from "../../../constructs/cloudwatch/alarm";
import { LogGroup, type LogGroupProps } from "../../../constructs/cloudwatch/log-group";
import { Topic } from "../../../constructs/sns/topic";
import { only, synthesize } from "../../support/synth";

const groupOf = (props: LogGroupProps) =>
  only(
    synthesize((stack) => new LogGroup(stack, "Logs", props)),
    "aws_cloudwatch_log_group",
  );

describe("a log group", () => {
  test.each<[LogGroupProps]>([
    [{ logGroupName: "l", retentionInDays: 1 }],
    [{ logGroupName: "l".repeat(512), retentionInDays: 3653 }],
    [{ logGroupName: "/aws/lambda/a_b-c.d#e", retentionInDays: 365 }],
  ])("takes %j", (props) => {
    expect(groupOf(props)).toMatchObject({ name: props.logGroupName, retention_in_days: props.retentionInDays });
  });

  test.each<[LogGroupProps, string]>([
    [
      { logGroupName: "", retentionInDays: 1 },
      'logGroupName must be 1–512 letters, digits and _-/.#, got: "" (in test/Logs)',
    ],
    [{ logGroupName: "l".repeat(513), retentionInDays: 1 }, "logGroupName must be 1–512 letters"],
    [{ logGroupName: "a b", retentionInDays: 1 }, 'got: "a b"'],
    [{ logGroupName: "l", retentionInDays: 0 as 1 }, "retentionInDays must be one of 1, 3, 5, 7, 14,"],
    [{ logGroupName: "l", retentionInDays: 3654 as 3653 }, "got: 3654"],
  ])("refuses %j", (props, message) => {
    expect(() => groupOf(props)).toThrow(message);
  });
});

test("an alarm tells its topic when it rings and when it is over, and takes silence for health", () => {
  const config = synthesize((stack) => {
    const metric = {
      namespace: "AWS/SQS",
      metricName: "Age",
      dimensions: { QueueName: "q" },
      statistic: "Maximum",
    } as const;
    const topic = new Topic(stack, "Topic", { topicName: "alarms" });
    new Alarm(stack, "Alarm", { alarmName: "age", description: "Old", metric, threshold: 5, topic });
  });
  const { "//": _, ...alarm } = only(config, "aws_cloudwatch_metric_alarm");
  expect(alarm).toEqual({
    alarm_name: "age",
    alarm_description: "Old",
    namespace: "AWS/SQS",
    metric_name: "Age",
    dimensions: { QueueName: "q" },
    statistic: "Maximum",
    period: 60,
    evaluation_periods: 1,
    comparison_operator: "GreaterThanThreshold",
    threshold: 5,
    treat_missing_data: "notBreaching",
    alarm_actions: ["${aws_sns_topic.Topic.arn}"],
    ok_actions: ["${aws_sns_topic.Topic.arn}"],
  });
});
