import type { LogGroup } from "../cloudwatch/log-group";

/** What alarms and dashboards need of a stage, of whichever kind of API. */
export interface ObservedStage {
  /** Entries are JSON, each with the answer's `status`. */
  readonly accessLogs: LogGroup;
  readonly metrics: StageMetrics;
}

/** One of the metrics that API Gateway publishes of a stage. */
export interface StageMetric {
  readonly metricName: string;
  /** What it is called on a dashboard. */
  readonly label: string;
}

/** Something that fails and is not the client's fault. It has an alarm. */
export interface StageFailure extends StageMetric {
  /** The alarm's part of addresses: `ServerErrors`. */
  readonly id: string;
  /** End of the alarm's name: `server-errors`. */
  readonly alarmName: string;
  /** What it means that the alarm rings, and what to do. */
  readonly description: string;
}

/** What CloudWatch counts of a stage, where kinds of APIs differ. */
export interface StageMetrics {
  readonly dimensions: Readonly<Record<string, string>>;
  /** What comes from clients, one and several: `request`, `Requests`. */
  readonly what: { readonly one: string; readonly many: string };
  /** What comes from clients. */
  readonly counts: readonly StageMetric[];
  /** What is refused. */
  readonly clientErrors: StageMetric;
  readonly failures: readonly StageFailure[];
  /** How long it takes, in milliseconds; the alarm is on the first. */
  readonly latencies: readonly [StageMetric, ...StageMetric[]];
}

/** The metrics of an API that answers requests: REST and HTTP APIs have the same, under names of their own. */
export const requestMetrics = ({
  dimensions,
  clientErrors,
  serverErrors,
}: Pick<StageMetrics, "dimensions"> & {
  readonly clientErrors: string;
  readonly serverErrors: string;
}): StageMetrics => ({
  dimensions,
  what: { one: "request", many: "Requests" },
  counts: [{ metricName: "Count", label: "all" }],
  clientErrors: { metricName: clientErrors, label: "4XX" },
  failures: [
    {
      id: "ServerErrors",
      alarmName: "server-errors",
      metricName: serverErrors,
      label: "5XX",
      description: "Requests are answered with 5XX: see the access log, then the function's",
    },
  ],
  latencies: [
    { metricName: "Latency", label: "Latency" },
    { metricName: "IntegrationLatency", label: "Latency behind the API" },
  ],
});
