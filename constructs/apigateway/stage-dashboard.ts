import type { Construct } from "constructs";
import { Dashboard, type DashboardMetric } from "../cloudwatch/dashboard";
import type { NodeFunction } from "../lambda/function";
import type { ObservedStage } from "./observed-stage";

export interface StageDashboardProps {
  readonly stage: ObservedStage;
  readonly dashboardName: string;
  /** Functions behind the API. */
  readonly functions: readonly NodeFunction[];
}

/**
 * What the clients of a stage see, on one page: how many requests, how they end, how long they take, and how the functions behind fare.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export class StageDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { stage, dashboardName, functions }: StageDashboardProps) {
    const ofStage = (metricName: string, statistic: string, label: string): DashboardMetric => ({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensions: stage.metrics.dimensions,
      statistic,
      label,
    });
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
        { title: "Requests", metrics: [ofStage("Count", "Sum", "all")] },
        {
          title: "Refused and failed",
          metrics: [
            ofStage(stage.metrics.clientErrors, "Sum", "4XX"),
            ofStage(stage.metrics.serverErrors, "Sum", "5XX"),
          ],
        },
        { title: "Latency, milliseconds", metrics: percentiles("Latency") },
        { title: "Latency behind the API, milliseconds", metrics: percentiles("IntegrationLatency") },
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
