import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter";
import { Construct } from "constructs";
import type { Metric } from "./alarm";
import type { LogGroup } from "./log-group";

export interface MetricFilterProps {
  readonly logGroup: LogGroup;
  /** Name of the filter, and of the metric that it counts into. */
  readonly metricName: string;
  /**
   * Which entries count, such as `{ $.status = "429" }`.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
   */
  readonly pattern: string;
}

/** Where the metrics of this project's own stand. */
const NAMESPACE = "Gatehouse";

/** Counts the entries of a log group that fit a pattern. */
export class MetricFilter extends Construct {
  readonly metric: Metric;

  constructor(scope: Construct, id: string, { logGroup, metricName, pattern }: MetricFilterProps) {
    super(scope, id);
    new CloudwatchLogMetricFilter(this, "Resource", {
      name: metricName,
      logGroupName: logGroup.logGroupName,
      pattern,
      metricTransformation: { namespace: NAMESPACE, name: metricName, value: "1" },
    });
    this.metric = { namespace: NAMESPACE, metricName, dimensions: {}, statistic: "Sum" };
  }
}
