import { WebSocketAlarms } from "../../../constructs/apigatewayv2/websocket-alarms";
import { Topic } from "../../../constructs/sns/topic";
import { only } from "../../support/synth";
import { webSocketConfig } from "../../support/websocket-api";

const config = webSocketConfig({}, ({ stack, api, integration }) => {
  api.addRoute("$connect", integration);
  new WebSocketAlarms(stack, "Alarms", {
    stage: api.stage,
    namePrefix: "dev-chat",
    throttledRequests: 100,
    serverErrors: 0,
    latencyMilliseconds: 5_000,
    topic: new Topic(stack, "AlarmTopic", { topicName: "alarms" }),
  });
});

test("rings for errors behind the API, and for connections that take long", () => {
  const alarms = Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {});
  const ofStage = { ApiId: "${aws_apigatewayv2_api.Api.id}", Stage: "dev" };
  expect(alarms.map((alarm) => [alarm.alarm_name, alarm.metric_name, alarm.threshold, alarm.dimensions])).toEqual([
    ["dev-chat-execution-errors", "ExecutionError", 0, ofStage],
    ["dev-chat-integration-errors", "IntegrationError", 0, ofStage],
    ["dev-chat-latency", "IntegrationLatency", 5_000, { ...ofStage, Route: "$connect" }],
    ["dev-chat-throttled", "dev-chat-throttled", 100, undefined],
  ]);
});

test("counts refusals for the throttle in the access log", () => {
  expect(only(config, "aws_cloudwatch_log_metric_filter")).toMatchObject({
    log_group_name: "${aws_cloudwatch_log_group.Api_Stage_AccessLogs.name}",
    pattern: '{ $.status = "429" }',
  });
});
