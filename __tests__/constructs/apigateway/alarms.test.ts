import { addAlarms, synthesizeApi } from "../../support/api";
import { only } from "../../support/synth";

const config = synthesizeApi((api, stack) => addAlarms(stack, api.stage));

test("counts refusals for the throttle in the access log, as the 4XX metric counts every other refusal, too", () => {
  expect(only(config, "aws_cloudwatch_log_metric_filter")).toMatchObject({
    name: "shop-throttled",
    log_group_name: "${aws_cloudwatch_log_group.Api_Stage_AccessLogs.name}",
    pattern: '{ $.status = "429" }',
    metric_transformation: { namespace: "Gatehouse", name: "shop-throttled", value: "1" },
  });
  expect(only(config, "aws_api_gateway_stage").access_log_settings.format).toContain('"status":"$context.status"');
});

test("rings for each of throttling, 5XX and latency above its threshold", () => {
  const stage = { namespace: "AWS/ApiGateway", dimensions: { ApiName: "shop", Stage: "dev" } };
  const common = { comparison_operator: "GreaterThanThreshold", alarm_actions: ["${aws_sns_topic.Topic.arn}"] };
  const alarms = Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {});
  expect(alarms).toMatchObject([
    {
      ...common,
      ...stage,
      alarm_name: "shop-latency",
      metric_name: "Latency",
      extended_statistic: "p99",
      threshold: 3,
    },
    { ...common, ...stage, alarm_name: "shop-server-errors", metric_name: "5XXError", statistic: "Sum", threshold: 2 },
    {
      ...common,
      alarm_name: "shop-throttled",
      namespace: "Gatehouse",
      metric_name: "shop-throttled",
      statistic: "Sum",
      threshold: 1,
    },
  ]);
  expect(alarms[0]).not.toHaveProperty("statistic");
  expect(alarms[2]).not.toHaveProperty("dimensions");
});
