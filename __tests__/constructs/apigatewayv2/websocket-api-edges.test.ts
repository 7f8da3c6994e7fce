import type { StageAlarmsProps } from "../../../constructs/apigateway/alarms";
import { StageDashboard } from "../../../constructs/apigateway/stage-dashboard";
import { DomainName, type DomainNameProps } from "../../../constructs/apigatewayv2/domain-name";
import { functionMetric } from "../../../constructs/cloudwatch/alarm";
import { addAlarms, at } from "../../support/api";
import { type Config, only } from "../../support/synth";
import { type WebSocketParts, webSocketConfig } from "../../support/websocket-api";

const ofStage = { ApiId: "${aws_apigatewayv2_api.Api.id}", Stage: "dev" };

describe("the same alarms as a REST API's", () => {
  const withAlarms = (latency: (parts: WebSocketParts) => StageAlarmsProps["latency"] = () => undefined): Config =>
    webSocketConfig({}, (parts) => {
      const { stack, api, integration } = parts;
      api.addRoute("$connect", integration);
      addAlarms(stack, api.stage, { latency: latency(parts) });
    });
  const alarmsOf = (config: Config) =>
    Object.entries(config.resource.aws_cloudwatch_metric_alarm ?? {}).map(([name, alarm]) => [
      name,
      ...[alarm.alarm_name, alarm.metric_name, alarm.threshold, alarm.dimensions],
    ]);

  test("ring for what cannot be called, for what fails, for what takes long and for throttling", () => {
    const config = withAlarms();
    expect(alarmsOf(config)).toEqual([
      ["Alarms_ExecutionErrors", "shop-execution-errors", "ExecutionError", 2, ofStage],
      ["Alarms_IntegrationErrors", "shop-integration-errors", "IntegrationError", 2, ofStage],
      ["Alarms_Latency", "shop-latency", "IntegrationLatency", 3, ofStage],
      ["Alarms_Throttled", "shop-throttled", "shop-throttled", 1, undefined],
    ]);
    expect(at(config, "aws_cloudwatch_metric_alarm.Alarms_Latency")).toMatchObject({
      extended_statistic: "p99",
      alarm_description:
        "One connection or message in a hundred takes this long: see integrationLatency in the access log",
    });
    expect(only(config, "aws_cloudwatch_log_metric_filter")).toMatchObject({
      log_group_name: "${aws_cloudwatch_log_group.Api_Stage_AccessLogs.name}",
      pattern: '{ $.status = "429" }',
    });
  });

  test("go by another metric for how long it takes, where some messages may take longer than others", () => {
    const config = withAlarms(({ handler }) => ({ metric: functionMetric(handler, "Duration"), description: "slow" }));
    expect(at(config, "aws_cloudwatch_metric_alarm.Alarms_Latency")).toMatchObject({
      alarm_name: "shop-latency",
      alarm_description: "slow",
      namespace: "AWS/Lambda",
      metric_name: "Duration",
      extended_statistic: "p99",
      dimensions: { FunctionName: "${aws_lambda_function.Handler.function_name}" },
      threshold: 3,
    });
  });
});

test("the same dashboard as a REST API's shows what WebSocket APIs count", () => {
  const config = webSocketConfig({}, ({ stack, api, integration, handler }) => {
    api.addRoute("$connect", integration);
    new StageDashboard(stack, "Dashboard", { stage: api.stage, dashboardName: "chat", functions: [handler] });
  });
  const { widgets } = JSON.parse(only(config, "aws_cloudwatch_dashboard").dashboard_body);
  type Widget = { properties: { title: string; metrics: string[][] } };
  const graphs = widgets.map(({ properties }: Widget) => [
    properties.title,
    properties.metrics.map(([, metricName]) => metricName),
  ]);
  expect(graphs.slice(0, 4)).toEqual([
    ["Connections or messages", ["ConnectCount", "MessageCount"]],
    ["Refused and failed", ["ClientError", "ExecutionError", "IntegrationError"]],
    ["Latency behind the API, milliseconds", ["IntegrationLatency", "IntegrationLatency", "IntegrationLatency"]],
    ["Functions: errors", ["Errors"]],
  ]);
  expect(widgets[0].properties.metrics[0]).toEqual([
    ...["AWS/ApiGateway", "ConnectCount", ...Object.entries(ofStage).flat()],
    { stat: "Sum", label: "connections" },
  ]);
});

describe("a domain name", () => {
  const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d";
  const withDomain = (props: Partial<DomainNameProps>, see: (domain: DomainName) => void = () => undefined): Config =>
    webSocketConfig({}, ({ api, integration }) => {
      api.addRoute("$connect", integration);
      see(
        new DomainName(api, "Domain", { stage: api.stage, domainName: "chat.example.com", certificateArn, ...props }),
      );
    });

  test("leads to the stage, Regional, TLS 1.2 and above", () => {
    const config = withDomain({ basePath: "v1/rooms" });
    expect(at(config, "aws_apigatewayv2_domain_name.Api_Domain").domain_name_configuration).toEqual({
      certificate_arn: certificateArn,
      endpoint_type: "REGIONAL",
      security_policy: "TLS_1_2",
    });
    expect(at(config, "aws_apigatewayv2_api_mapping.Api_Domain_Mapping")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      domain_name: "${aws_apigatewayv2_domain_name.Api_Domain.domain_name}",
      stage: "${aws_apigatewayv2_stage.Api_Stage.name}",
      api_mapping_key: "v1/rooms",
    });
  });

  test("is connected to by wss, with its path and without", () => {
    const seen: string[] = [];
    withDomain({}, ({ url }) => seen.push(url));
    withDomain({ basePath: "v1" }, ({ url }) => seen.push(url));
    expect(seen).toEqual(["wss://chat.example.com", "wss://chat.example.com/v1"]);
  });

  test("knows no mutual TLS", () => {
    expect(() => withDomain({ mutualTls: { truststoreUri: "s3://chat/clients.pem" } })).toThrow(
      'mutualTls must be left out for a WebSocket API, for which API Gateway has none, got: "s3://chat/clients.pem". ' +
        "Let an authorizer of $connect decide (in test/Api/Domain)",
    );
  });
});
