import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { Construct } from "constructs";
import { requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";

/** A line of a graph. */
export interface DashboardMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Such as `Sum` or `p99`. */
  readonly statistic: string;
  readonly label: string;
}

/** A graph, half of the page wide. */
export interface Graph {
  readonly title: string;
  readonly metrics: readonly DashboardMetric[];
}

export interface DashboardProps {
  /** Name: 1–255 letters, digits, `-` and `_`. */
  readonly dashboardName: string;
  readonly graphs: readonly Graph[];
}

const WIDTH = 12;
const HEIGHT = 6;

/**
 * A page of graphs, two in a row, a point a minute.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { dashboardName, graphs }: DashboardProps) {
    super(scope, id);
    requireMatch(this, "dashboardName", dashboardName, /^[\w-]{1,255}$/, "1–255 letters, digits, - and _");
    const { region } = Stack.of(this);
    const widgets = graphs.map(({ title, metrics }, at) => ({
      type: "metric",
      x: (at % 2) * WIDTH,
      y: Math.floor(at / 2) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, region, view: "timeSeries", period: 60, metrics: metrics.map(line) },
    }));
    new CloudwatchDashboard(this, "Resource", { dashboardName, dashboardBody: JSON.stringify({ widgets }) });
  }
}

const line = ({ namespace, metricName, dimensions, statistic, label }: DashboardMetric): unknown[] => [
  namespace,
  metricName,
  ...Object.entries(dimensions).flat(),
  { stat: statistic, label },
];
