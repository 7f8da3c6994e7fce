import { RestApi, type RestApiProps } from "../../constructs/apigateway/rest-api";
import type { Stack } from "../../constructs/terraform/stack";
import { RequestModel } from "../../local/api-gateway/request-model";
import type { RestApi as ReadApi } from "../../local/api-gateway/rest-api";
import type { Resource } from "../../terraform/config";
import { apply, type Provider } from "../../terraform/evaluate";
import { place } from "./local";
import { type Config, synthesize } from "./synth";

export const apiProps: RestApiProps = {
  apiName: "shop",
  description: "Shop",
  stageName: "dev",
  logRetentionInDays: 30,
  executionLogLevel: "INFO",
};

/** Synthesizes an API, written down in one way or the other. */
export const synthesizeApi = (
  definition: RestApiProps["definition"],
  build: (api: RestApi, stack: Stack) => void,
  changes: Partial<RestApiProps> = {},
): Config => synthesize((stack) => build(new RestApi(stack, "Api", { ...apiProps, ...changes, definition }), stack));

const madeUp: Provider = {
  create: ({ type, name, attributes }) => {
    const id = { id: `${type}-${name}` };
    const of = (service: string): string => `arn:aws:${service}:eu-west-1:${place.accountId}:${name}`;
    switch (type) {
      case "aws_api_gateway_rest_api":
        return { id: "api", root_resource_id: "root", execution_arn: of("execute-api").replace(name, "api") };
      case "aws_api_gateway_stage":
        return { ...id, invoke_url: "https://api.example.com/dev" };
      case "aws_api_gateway_api_key":
        return { ...id, value: "a key" };
      case "aws_lambda_function": {
        const arn = `arn:aws:lambda:eu-west-1:${place.accountId}:function:${attributes.function_name}`;
        const uri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
        return { ...id, arn, invoke_arn: uri };
      }
      case "aws_iam_role":
        return { ...id, arn: `arn:aws:iam::${place.accountId}:role/${attributes.name}` };
      default:
        return type.startsWith("aws_api_gateway_")
          ? id
          : { ...id, arn: of("service"), url: `https://${name}.example.com`, stream_arn: "arn", endpoint: "issuer" };
    }
  },
  read: () => ({ account_id: place.accountId, partition: place.partition, region: place.region }),
};

const isOfApi = ({ type }: Resource): boolean =>
  type.startsWith("aws_api_gateway_") && !/_(usage_plan|usage_plan_key|api_key)$/.test(type);

/** What stands for a synthesized API after an apply, with what AWS computes made up. */
export const evaluatedApi = (config: Config): readonly Resource[] =>
  apply(config as unknown as Record<string, unknown>, madeUp, {}).resources.filter(isOfApi);

/** What an API is to whoever calls it, in a form that can be compared: without ids, and without an order where none counts. */
export function comparable(api: ReadApi): unknown {
  const methods = [...api.methods].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  return {
    ...plain({ ...api, routes: undefined, methods: undefined, stages: undefined }),
    methods: methods.map((method) => ({
      ...plain({ ...method, models: [...method.models.keys()], integration: undefined }),
      // Parameters of the path are always there, so requiring them says nothing.
      requiredParameters: method.requiredParameters.filter(
        ({ source }) => !("location" in source && source.location === "path"),
      ),
      integration: sortedResponses(plain(method.integration)),
    })),
    stages: api.stages.map((stage) => ({
      ...plain(stage),
      throttles: methods.map((method) => stage.throttleOf(method)),
      caches: methods.map((method) => stage.cacheOf(method)),
    })),
  };
}

const nameOf = ({ httpMethod, resourcePath }: ReadApi["methods"][number]): string => `${resourcePath} ${httpMethod}`;

const ids = new Set(["resourceId", "namespace", "id", "authorizerId", "address", "deploymentId"]);

function plain(value: unknown): Record<string, unknown> {
  return simple(value) as Record<string, unknown>;
}

function simple(value: unknown): unknown {
  if (value instanceof RegExp) return value.source;
  if (value instanceof RequestModel) return "a model";
  if (typeof value === "function") return undefined;
  if (value instanceof Map) return simple(Object.fromEntries([...value].sort()));
  if (value instanceof Set) return simple([...value].sort());
  if (Array.isArray(value)) return value.map(simple).sort(byName);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !ids.has(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, simple(inner)]));
}

/** Headers and parameters come in no order; everything else stays where it is. */
function byName(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((value) => String((Object(value) as { name?: unknown }).name ?? ""));
  return (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;
}

function sortedResponses(integration: Record<string, unknown>): Record<string, unknown> {
  const responses = integration.responses as { status: number; pattern?: string }[] | undefined;
  return { ...integration, responses: responses?.toSorted((one, other) => one.status - other.status) };
}
