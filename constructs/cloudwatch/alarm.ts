import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "constructs";
import type { NodeFunction } from "../lambda/function";
import type { Topic } from "../sns/topic";
import type { Queue } from "../sqs/queue";

/** A metric of one resource, as its service publishes it. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Maximum" | "p99";
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export const queueMetric = (
  queue: Queue,
  metricName: "ApproximateNumberOfMessagesVisible" | "ApproximateAgeOfOldestMessage",
): Metric => ({
  namespace: "AWS/SQS",
  metricName,
  dimensions: { QueueName: queue.queueName },
  statistic: "Maximum",
});

/** @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export const functionMetric = (handler: NodeFunction, metricName: keyof typeof functionStatistics): Metric => ({
  namespace: "AWS/Lambda",
  metricName,
  dimensions: { FunctionName: handler.functionName },
  statistic: functionStatistics[metricName],
});

/** Durations and ages are in milliseconds. */
const functionStatistics = {
  Errors: "Sum",
  Throttles: "Sum",
  Duration: "p99",
  IteratorAge: "Maximum",
  AsyncEventAge: "Maximum",
} as const;

export interface AlarmProps {
  readonly alarmName: string;
  /** What it means that the alarm rings, and what to do. */
  readonly description: string;
  readonly metric: Metric;
  /** The alarm rings when the metric of a minute is above this, in the metric's own unit. */
  readonly threshold: number;
  /** Topic that is told when the alarm rings and when it is over. */
  readonly topic: Topic;
}

/** Rings when a metric is above its threshold. No data is no alarm: most metrics here are only published while something happens. */
export class Alarm extends Construct {
  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const { metric, topic } = props;
    new CloudwatchMetricAlarm(this, "Resource", {
      alarmName: props.alarmName,
      alarmDescription: props.description,
      namespace: metric.namespace,
      metricName: metric.metricName,
      dimensions: Object.keys(metric.dimensions).length > 0 ? { ...metric.dimensions } : undefined,
      ...(metric.statistic === "p99" ? { extendedStatistic: metric.statistic } : { statistic: metric.statistic }),
      period: 60,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: props.threshold,
      treatMissingData: "notBreaching",
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
    });
  }
}
