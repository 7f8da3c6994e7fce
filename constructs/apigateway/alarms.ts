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
  /** The alarm rings when more requests than this fail in a minute, of which answers with 5XX are a part. */
  readonly serverErrors: number;
  /** The alarm rings when one request in a hundred takes longer than this. */
  readonly latencyMilliseconds: number;
  /**
   * What is taken for how long a request takes, where some may well take longer.
   * @default - the stage's own metric, over all routes
   */
  readonly latency?: { readonly metric: Metric; readonly description: string };
  readonly topic: Topic;
}

/**
 * Alarms on what the clients of a stage see, of whichever kind of API. API Gateway's own metric of what is refused counts every 403 and 404, so
 * refusals for the throttle are counted in the access log.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
 */
export class StageAlarms extends Construct {
  constructor(scope: Construct, id: string, props: StageAlarmsProps) {
    super(scope, id);
    const { stage, namePrefix, topic } = props;
    const { dimensions, what, failures, latencies } = stage.metrics;
    const { metric: throttled } = new MetricFilter(this, "ThrottledRequests", {
      logGroup: stage.accessLogs,
      metricName: `${namePrefix}-throttled`,
      pattern: '{ $.status = "429" }',
    });
    const stageMetric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensions,
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
      `${what.many} are refused with 429: see the access log for whose, and the throttle in settings`,
    );
    for (const { id: failureId, alarmName, metricName, description } of failures) {
      alarm(failureId, alarmName, stageMetric(metricName, "Sum"), props.serverErrors, description);
    }
    const latency = props.latency ?? {
      metric: stageMetric(latencies[0].metricName, "p99"),
      description: `One ${what.one} in a hundred takes this long: see integrationLatency in the access log`,
    };
    alarm("Latency", "latency", latency.metric, props.latencyMilliseconds, latency.description);
  }
}
