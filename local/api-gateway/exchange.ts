import type { Caller, Clock, Place } from "../aws";
import { servedBy } from "./canary";
import type { ContextVariables } from "./context-template";
import type { ParameterSource } from "./integration";
import type { TemplateInput } from "./mapping-template";
import { isOriginHeader, type VpcEndpoint } from "./request-origin";
import type { Stage } from "./stage";

export interface HttpRequest {
  readonly method: string;
  /** As it came, with the query, from the stage on: `/<stage>/orders?x=1`. */
  readonly path: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * Names and values as they came, each time that they came.
   * @default - those of `headers`
   */
  readonly headerLines?: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  /** The VPC endpoint that it came through. @default - none: it came over the internet */
  readonly vpcEndpoint?: VpcEndpoint;
}

/** What is known of one request while it is answered; `variables` and the path's parameters grow on the way. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly startedAt: number;
  /** Path without the stage and the query, as it came: `/orders`. */
  readonly path: string;
  /** What follows the `?`, as it came. */
  readonly query: string;
  /** Values of the path's parameters, as they came. */
  readonly rawPathParameters: Record<string, string>;
  /** The stage as this request meets it, its canary's variables included. */
  readonly stage: Stage;
  /** Who signed the request, where the method wants a signature and it has been checked. */
  caller?: Caller;
  readonly variables: ContextVariables;
  readonly params: NonNullable<TemplateInput["params"]> & { readonly path: Record<string, string> };
  /** What an authorizer said, as functions get it: `requestContext.authorizer`. */
  authorizer?: Readonly<Record<string, unknown>>;
  /** The API key that an authorizer named. */
  usageIdentifierKey?: string;
}

export interface ExchangeOptions {
  readonly restApiId: string;
  readonly stages: readonly Stage[];
  readonly place: Place;
  readonly clock: Clock;
  readonly random: () => number;
  readonly requestId: string;
  readonly extendedRequestId: string;
}

/** Begins to answer a request; nothing where its stage is not there. */
export function exchangeOf(request: HttpRequest, options: ExchangeOptions): Exchange | undefined {
  const { restApiId, stages, place, clock, random, requestId, extendedRequestId } = options;
  const [pathWithStage, query = ""] = splitOnce(request.path, "?");
  const [stageName, rest = ""] = splitOnce(pathWithStage.replace(/^\//, ""), "/");
  const named = stages.find((one) => one.stageName === stageName);
  if (!named) return undefined;
  const stage = servedBy(named, random);
  const startedAt = clock.now();
  return {
    request,
    startedAt,
    path: `/${rest}`,
    query,
    rawPathParameters: {},
    stage,
    params: {
      path: {},
      // Of a name that comes twice, the last value.
      querystring: Object.fromEntries(new URLSearchParams(query)),
      header: withoutAbsent(
        Object.fromEntries(Object.entries(request.headers).filter(([name]) => !isOriginHeader(name))),
      ),
    },
    variables: {
      accountId: place.accountId,
      apiId: restApiId,
      stage: stageName,
      deploymentId: stage.deploymentId,
      // The name that the API would be called by in AWS; here it is called by an address.
      domainName: `${restApiId}.execute-api.${place.region}.amazonaws.com`,
      domainPrefix: restApiId,
      requestId,
      extendedRequestId,
      protocol: "HTTP/1.1",
      httpMethod: request.method,
      path: pathWithStage,
      requestTime: commonLogTime(startedAt),
      requestTimeEpoch: String(startedAt),
      isCanaryRequest: stage.isCanary === undefined ? undefined : String(stage.isCanary),
      "identity.sourceIp": request.sourceIp,
      "identity.userAgent": request.headers["user-agent"],
      "identity.vpceId": request.vpcEndpoint?.vpcEndpointId,
      "identity.vpcId": request.vpcEndpoint?.vpcId,
    },
  };
}

/** Content type without its parameters; JSON where none is given. */
export const mediaTypeOf = ({ headers }: HttpRequest): string =>
  (headers["content-type"]?.split(";")[0] ?? "").trim().toLowerCase() || "application/json";

/** The value that a mapping takes from a request. */
export function parameterOf({ params }: Pick<Exchange, "params">, source: ParameterSource): string | undefined {
  if ("value" in source) return source.value;
  return params[source.location][source.location === "header" ? source.name.toLowerCase() : source.name];
}

export const withoutAbsent = (values: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));

export function splitOnce(text: string, separator: string): readonly [string, string?] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

/** `09/Aug/2026:12:34:56 +0000`. */
export function commonLogTime(milliseconds: number): string {
  const [, day, month, year, time] = new Date(milliseconds).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
