import { StageAlarms, type StageAlarmsProps } from "../../constructs/apigateway/alarms";
import type { AwsIntegration, ProxyIntegration } from "../../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../../constructs/apigateway/rest-api";
import { Role } from "../../constructs/iam/role";
import { NodeFunction } from "../../constructs/lambda/function";
import { Topic } from "../../constructs/sns/topic";
import type { Stack } from "../../constructs/terraform/stack";
import { type Attributes, type Config, synthesize } from "./synth";

/** What an API at least says of itself. */
export const apiProps: RestApiProps = {
  apiName: "shop",
  description: "Shop",
  stageName: "dev",
  logRetentionInDays: 30,
  executionLogLevel: "OFF",
};

/** Passes requests to a function. */
export const toFunction: ProxyIntegration = {
  type: "AWS_PROXY",
  uri: "function",
  credentialsArn: "role",
  dependsOn: [],
};

/** Sends bodies to a queue. */
export const toQueue: AwsIntegration = {
  type: "AWS",
  uri: "queue",
  credentialsArn: "role",
  requestParameters: {},
  requestTemplate: "x",
  responses: [
    { statusCode: "502", template: "bad" },
    { statusCode: "202", selectionPattern: "2\\d{2}", template: "good" },
  ],
  dependsOn: [],
};

/** Synthesizes an API, at the address `Api`, with what `build` adds to it. */
export const synthesizeApi = (
  build: (api: RestApi, stack: Stack) => void,
  changes: Partial<RestApiProps> = {},
): Config => synthesize((stack) => build(new RestApi(stack, "Api", { ...apiProps, ...changes }), stack));

/** A resource by its address: `aws_api_gateway_stage.Api_Stage`. */
export function at(config: Config, address: string): Attributes {
  const [type = "", name = ""] = address.split(".");
  const found = config.resource[type]?.[name];
  if (!found) throw new Error(`expected ${address}, got: ${Object.keys(config.resource[type] ?? {}).join(", ")}`);
  const { "//": _, ...attributes } = found;
  return attributes;
}

export const functionOf = (stack: Stack, id = "Read"): NodeFunction =>
  new NodeFunction(stack, id, {
    functionName: id,
    description: id,
    entry: "handlers/write-order.ts",
    roleName: id,
    logRetentionInDays: 1,
  });

/** A role of API Gateway's. */
export const gatewayRole = (stack: Stack, id = "Gateway"): Role =>
  new Role(stack, id, { roleName: id, description: id, assumedBy: { Service: "apigateway.amazonaws.com" } });

/** Adds the alarms of a stage of whichever kind of API, at the address `Alarms`. */
export function addAlarms(
  stack: Stack,
  stage: StageAlarmsProps["stage"],
  changes: Partial<StageAlarmsProps> = {},
): void {
  new StageAlarms(stack, "Alarms", {
    stage,
    namePrefix: "shop",
    throttledRequests: 1,
    serverErrors: 2,
    latencyMilliseconds: 3,
    topic: new Topic(stack, "Topic", { topicName: "alarms" }),
    ...changes,
  });
}
