import { Construct } from "constructs";
import type { StageAlarmsProps } from "../apigateway/alarms";
import { Alarm, type Metric } from "../cloudwatch/alarm";
import { MetricFilter } from "../cloudwatch/metric-filter";
import type { WebSocketStage } from "./websocket-stage";

/** As for a REST API's stage. The latency is that of connecting: how long a message takes is up to what it asks for. */
export interface WebSocketAlarmsProps extends Omit<StageAlarmsProps, "stage"> {
  readonly stage: WebSocketStage;
}

/**
 * Alarms on what the clients of a WebSocket API see. API Gateway's own metric of client errors counts every refused token, so refusals for the
 * throttle are counted in the access log.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
 */
export class WebSocketAlarms extends Construct {
  constructor(scope: Construct, id: string, props: WebSocketAlarmsProps) {
    super(scope, id);
    const { stage, namePrefix, topic } = props;
    const { metric: throttled } = new MetricFilter(this, "ThrottledRequests", {
      logGroup: stage.accessLogs,
      metricName: `${namePrefix}-throttled`,
      pattern: '{ $.status = "429" }',
    });
    const stageMetric = (metricName: string, statistic: Metric["statistic"], route?: string): Metric => ({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensions: { ApiId: stage.apiId, Stage: stage.stageName, ...(route && { Route: route }) },
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
      "Connections or messages are refused with 429: see the access log for whose, and the throttle in settings",
    );
    alarm(
      "ExecutionErrors",
      "execution-errors",
      stageMetric("ExecutionError", "Sum"),
      props.serverErrors,
      "API Gateway cannot call what is behind it: see the execution log",
    );
    alarm(
      "IntegrationErrors",
      "integration-errors",
      stageMetric("IntegrationError", "Sum"),
      props.serverErrors,
      "Functions behind the API fail: see the access log, then the function's",
    );
    alarm(
      "Latency",
      "latency",
      stageMetric("IntegrationLatency", "p99", "$connect"),
      props.latencyMilliseconds,
      "One connection in a hundred takes this long: see integrationLatency in the access log",
    );
  }
}
