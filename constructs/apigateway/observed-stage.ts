import type { LogGroup } from "../cloudwatch/log-group";

/** What alarms and dashboards need of a stage, of whichever kind of API. */
export interface ObservedStage {
  /** Entries are JSON, each with the answer's `status`. */
  readonly accessLogs: LogGroup;
  readonly metrics: StageMetrics;
}

/** How CloudWatch names what it counts of a stage, where kinds of APIs differ. */
export interface StageMetrics {
  readonly dimensions: Readonly<Record<string, string>>;
  /** Metric of the answers with 4XX. */
  readonly clientErrors: string;
  /** Metric of the answers with 5XX. */
  readonly serverErrors: string;
}
