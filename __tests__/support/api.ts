import type { AwsIntegration, ProxyIntegration } from "../../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../../constructs/apigateway/rest-api";
import { NodeFunction } from "../../constructs/lambda/function";
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
