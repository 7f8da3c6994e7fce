import { ApiGateway, type ApiGatewayOptions, type HttpRequest } from "../../local/api-gateway/api-gateway";
import type { proxyEvent } from "../../local/api-gateway/proxy-event";
import type { FunctionCall } from "../../local/api-gateway/proxy-integration";
import { UsagePlans } from "../../local/api-gateway/usage-plans";
import type { Caller, Clock, WireRequest, WireResponse } from "../../local/aws";
import type { Resource } from "../../terraform/config";
import { apply, type Provider } from "../../terraform/evaluate";
import { openAccess, place, someone } from "./local";
import { ordersConfig } from "./synth";

/** Computes what the orders pipeline refers to, made up. */
const madeUp: Provider = {
  create: ({ type, name }) => {
    const computed: Readonly<Record<string, readonly string[]>> = {
      aws_api_gateway_rest_api: ["id", "root_resource_id"],
      aws_api_gateway_stage: ["id", "invoke_url"],
      aws_dynamodb_table: ["arn", "id", "stream_arn"],
      aws_sqs_queue: ["arn", "id", "url"],
    };
    const attributes = computed[type] ?? (type.startsWith("aws_api_gateway_") ? ["id"] : ["arn", "id"]);
    return Object.fromEntries(attributes.map((attribute) => [attribute, `${name}-${attribute}`]));
  },
  read: () => ({ account_id: place.accountId, partition: place.partition, region: place.region }),
};

const isOfApi = ({ type }: Resource): boolean => type.startsWith("aws_api_gateway_");

/** The API of the orders pipeline, as it is synthesized. */
export function ordersResources(): readonly Resource[] {
  return apply(ordersConfig("dev") as unknown as Record<string, unknown>, madeUp, {}).resources.filter(isOfApi);
}

export const resource = (type: string, name: string, attributes: Readonly<Record<string, unknown>>): Resource => ({
  type: `aws_api_gateway_${type}`,
  name,
  address: `aws_api_gateway_${type}.${name}`,
  attributes: { rest_api_id: type === "rest_api" ? undefined : "api", ...attributes },
});

/** Changes the resources of a type. */
export const changed = (
  resources: readonly Resource[],
  type: string,
  changes: Readonly<Record<string, unknown>>,
): readonly Resource[] =>
  resources.map((one) =>
    one.type === `aws_api_gateway_${type}` ? { ...one, attributes: { ...one.attributes, ...changes } } : one,
  );

/** What a small API's only method, or each of its methods, is like. */
export interface MethodChanges {
  readonly method?: Readonly<Record<string, unknown>>;
  readonly integration?: Readonly<Record<string, unknown>>;
  readonly response?: Readonly<Record<string, unknown>>;
  readonly methodResponse?: Readonly<Record<string, unknown>>;
}

/** A small API of a stage `dev` with these routes (`GET /a/{b}`), open to everybody, that sends each body to a queue. */
export function smallApi(routes: readonly string[], changes: MethodChanges = {}): readonly Resource[] {
  const paths = new Map<string, Resource>();
  const idOf = (path: string): string => {
    if (path === "" || path === "/") return "root";
    const cut = path.lastIndexOf("/");
    const part = resource("resource", path, {
      id: path,
      parent_id: idOf(path.slice(0, cut)),
      path_part: path.slice(cut + 1),
    });
    paths.set(path, part);
    return path;
  };
  const methods = routes.flatMap((route) => {
    const [http_method, path = ""] = route.split(" ");
    const target = { http_method, resource_id: idOf(path) };
    return [
      resource("method", route, { ...target, authorization: "NONE", ...changes.method }),
      resource("integration", route, {
        ...target,
        type: "AWS",
        integration_http_method: "POST",
        uri: "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/queue",
        credentials: "role",
        ...changes.integration,
      }),
      resource("method_response", route, { ...target, status_code: "200", ...changes.methodResponse }),
      resource("integration_response", route, { ...target, status_code: "200", ...changes.response }),
    ];
  });
  return [
    resource("rest_api", "Api", { id: "api", root_resource_id: "root", name: "small" }),
    ...paths.values(),
    ...methods,
    resource("deployment", "Deployment", { id: "deployment" }),
    resource("stage", "Stage", { stage_name: "dev", deployment_id: "deployment" }),
  ];
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  private time = Date.UTC(2026, 7, 9, 12, 34, 56);
  private readonly waiting = new Set<{ readonly at: number; readonly then: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, then: () => void): () => void {
    const entry = { at: this.time + milliseconds, then };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  /** How many wait for a time to come. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const entry of [...this.waiting].filter(({ at }) => at <= this.time)) {
      this.waiting.delete(entry);
      entry.then();
    }
  }
}

export const sqsAnswer = (messageId: string): WireResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ SendMessageResponse: { SendMessageResult: { MessageId: messageId } } }),
});

export interface Sent extends WireRequest {
  readonly caller: Caller;
  readonly path: string;
}

export type ProxyEvent = ReturnType<typeof proxyEvent>;
/** How an invocation ends. */
export type Outcome =
  | { readonly payload: unknown }
  | { readonly functionError: { readonly errorType: string; readonly errorMessage: string } };

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:reader";
export const proxyIntegration = {
  type: "AWS_PROXY",
  uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
  credentials: "arn:aws:iam::123456789012:role/invoker",
};

/** A small API with these routes, open to everybody, that passes each request to a function. */
export function proxyApi(
  routes: readonly string[],
  { binaryMediaTypes, ...changes }: MethodChanges & { readonly binaryMediaTypes?: readonly string[] } = {},
): readonly Resource[] {
  const api = smallApi(routes, { ...changes, integration: { ...proxyIntegration, ...changes.integration } });
  const parts = api.filter(({ type }) => !type.endsWith("_response"));
  return changed(parts, "rest_api", { binary_media_types: binaryMediaTypes });
}

/** A small API with these routes, open to everybody, that answers by itself. */
export const mockApi = (
  routes: readonly string[],
  { integration, ...changes }: MethodChanges = {},
): readonly Resource[] =>
  smallApi(routes, {
    ...changes,
    integration: {
      type: "MOCK",
      integration_http_method: undefined,
      uri: undefined,
      credentials: undefined,
      request_templates: { "application/json": '{"statusCode": 200}' },
      ...integration,
    },
  });

/** A gateway in front of a queue and a function that answer as told. */
export function gatewayOf(
  resources: readonly Resource[],
  options: Partial<ApiGatewayOptions> & {
    answer?: () => Promise<WireResponse>;
    result?: (event: ProxyEvent) => Promise<Outcome>;
  } = {},
) {
  const {
    answer = async () => sqsAnswer("m-1"),
    result = async () => ({ payload: { statusCode: 200 } }),
    ...given
  } = options;
  const sent: Sent[] = [];
  const invoked: FunctionCall[] = [];
  const clock = new ManualClock();
  const access = openAccess();
  const logged: string[] = [];
  const gateway = new ApiGateway({
    restApiId: "api",
    resources,
    place,
    access,
    clock,
    log: (source, message) => logged.push(`${source}: ${message}`),
    authenticate: () => someone,
    userPoolByArn: () => undefined,
    assume: (roleArn) => ({ principalArn: roleArn, accountId: place.accountId }),
    integrations: {
      sqs: (caller, path, request) => {
        sent.push({ caller, path, ...request });
        return answer();
      },
    },
    invoke: async (call) => {
      invoked.push(call);
      return { requestId: "invocation-1", ...(await result(call.event as ProxyEvent)) };
    },
    usagePlans: new UsagePlans(clock),
    random: Math.random,
    ...given,
  });
  const call = async (
    route: string,
    body = "",
    headers: HttpRequest["headers"] = {},
    origin: Partial<Pick<HttpRequest, "sourceIp" | "vpcEndpoint">> = {},
  ) => {
    const [method = "", path = ""] = route.split(" ");
    const request = { method, path, headers, body: Buffer.from(body), sourceIp: "127.0.0.1", ...origin };
    const response = await gateway.handle(request);
    return { status: response.status, headers: response.headers, body: response.body.toString(), bytes: response.body };
  };
  return { gateway, call, sent, invoked, clock, asked: access.asked, logged };
}
