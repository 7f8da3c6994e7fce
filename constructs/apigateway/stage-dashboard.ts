import type { Construct } from "constructs";
import { Dashboard, type DashboardMetric } from "../cloudwatch/dashboard";
import type { NodeFunction } from "../lambda/function";
import type { ObservedStage, StageMetric } from "./observed-stage";

export interface StageDashboardProps {
  readonly stage: ObservedStage;
  readonly dashboardName: string;
  /** Functions behind the API. */
  readonly functions: readonly NodeFunction[];
}

/**
 * What the clients of a stage see, on one page, of whichever kind of API: how many requests, how they end, how long they take, and how the
 * functions behind fare.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export class StageDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { stage, dashboardName, functions }: StageDashboardProps) {
    const { dimensions, what, counts, clientErrors, failures, latencies } = stage.metrics;
    const ofStage = (metricName: string, statistic: string, label: string): DashboardMetric => ({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensions,
      statistic,
      label,
    });
    const sums = (metrics: readonly StageMetric[]): DashboardMetric[] =>
      metrics.map(({ metricName, label }) => ofStage(metricName, "Sum", label));
    const ofFunctions = (metricName: string, statistic: string): DashboardMetric[] =>
      functions.map(({ functionName, node }) => ({
        namespace: "AWS/Lambda",
        metricName,
        dimensions: { FunctionName: functionName },
        statistic,
        label: node.id,
      }));
    const percentiles = (metricName: string): DashboardMetric[] =>
      ["p50", "p90", "p99"].map((statistic) => ofStage(metricName, statistic, statistic));
    super(scope, id, {
      dashboardName,
      graphs: [
        { title: what.many, metrics: sums(counts) },
        { title: "Refused and failed", metrics: sums([clientErrors, ...failures]) },
        ...latencies.map(({ metricName, label }) => ({
          title: `${label}, milliseconds`,
          metrics: percentiles(metricName),
        })),
        ...(functions.length > 0
          ? [
              { title: "Functions: errors", metrics: ofFunctions("Errors", "Sum") },
              { title: "Functions: throttles", metrics: ofFunctions("Throttles", "Sum") },
              { title: "Functions: duration, p99 in milliseconds", metrics: ofFunctions("Duration", "p99") },
              { title: "Functions: at once", metrics: ofFunctions("ConcurrentExecutions", "Maximum") },
            ]
          : []),
      ],
    });
  }
}
