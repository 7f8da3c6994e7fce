import { Construct } from "constructs";
import { Alarm, type Metric } from "../cloudwatch/alarm";
import { MetricFilter } from "../cloudwatch/metric-filter";
import type { Topic } from "../sns/topic";
import type { ObservedStage } from "./observed-stage";

export interface StageAlarmsProps {
  readonly stage: ObservedStage;
  /** Start of the alarms' names. */
  readonly namePrefix: string;
  /** The alarm rings when more requests than this are refused with 429 in a minute. */
  readonly throttledRequests: number;
  /** The alarm rings when more requests than this are answered with 5XX in a minute. */
  readonly serverErrors: number;
  /** The alarm rings when one request in a hundred takes longer than this. */
  readonly latencyMilliseconds: number;
  readonly topic: Topic;
}

/**
 * Alarms on what the clients of a stage see. API Gateway's own metric of 4XX counts every 403 and 404, so refusals for the throttle are
 * counted in the access log.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
export class StageAlarms extends Construct {
  constructor(scope: Construct, id: string, props: StageAlarmsProps) {
    super(scope, id);
    const { stage, namePrefix, topic } = props;
    const { metric: throttled } = new MetricFilter(this, "ThrottledRequests", {
      logGroup: stage.accessLogs,
      metricName: `${namePrefix}-throttled`,
      pattern: '{ $.status = "429" }',
    });
    const stageMetric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensions: stage.metrics.dimensions,
      statistic,
    });
    const alarm = (alarmId: string, name: string, metric: Metric, threshold: number, description: string): void => {
      new Alarm(this, alarmId, { alarmName: `${namePrefix}-${name}`, description, metric, threshold, topic });
    };
    alarm(
      "Throttled",
      "throttled",
      throttled,
      props.throttledRequests,
      "Requests are refused with 429: see the access log for whose, and the throttle in settings",
    );
    alarm(
      "ServerErrors",
      "server-errors",
      stageMetric(stage.metrics.serverErrors, "Sum"),
      props.serverErrors,
      "Requests are answered with 5XX: see the access log, then the function's",
    );
    alarm(
      "Latency",
      "latency",
      stageMetric("Latency", "p99"),
      props.latencyMilliseconds,
      "One request in a hundred takes this long: see integrationLatency in the access log",
    );
  }
}
