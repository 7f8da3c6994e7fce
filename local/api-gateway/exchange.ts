import type { Clock, Place } from "../aws";
import type { ContextVariables } from "./context-template";
import type { TemplateInput } from "./mapping-template";
import type { Stage } from "./rest-api";

export interface HttpRequest {
  readonly method: string;
  /** As it came, with the query, from the stage on: `/<stage>/orders?x=1`. */
  readonly path: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

/** What is known of one request while it is answered; `variables` and the path's parameters grow on the way. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly startedAt: number;
  /** Path without the stage and the query: `/orders`. */
  readonly path: string;
  readonly stage: Stage;
  readonly variables: ContextVariables;
  readonly params: NonNullable<TemplateInput["params"]> & { readonly path: Record<string, string> };
}

export interface ExchangeOptions {
  readonly restApiId: string;
  readonly stages: readonly Stage[];
  readonly place: Place;
  readonly clock: Clock;
  readonly requestId: string;
  readonly extendedRequestId: string;
}

/** Begins to answer a request; nothing where its stage is not there. */
export function exchangeOf(request: HttpRequest, options: ExchangeOptions): Exchange | undefined {
  const { restApiId, stages, place, clock, requestId, extendedRequestId } = options;
  const [pathWithStage, query = ""] = splitOnce(request.path, "?");
  const [stageName, rest = ""] = splitOnce(pathWithStage.replace(/^\//, ""), "/");
  const stage = stages.find((one) => one.stageName === stageName);
  if (!stage) return undefined;
  const startedAt = clock.now();
  return {
    request,
    startedAt,
    path: `/${rest}`,
    stage,
    params: {
      path: {},
      // Of a name that comes twice, the last value.
      querystring: Object.fromEntries(new URLSearchParams(query)),
      header: withoutAbsent(request.headers),
    },
    variables: {
      accountId: place.accountId,
      apiId: restApiId,
      stage: stageName,
      requestId,
      extendedRequestId,
      protocol: "HTTP/1.1",
      httpMethod: request.method,
      path: pathWithStage,
      requestTime: commonLogTime(startedAt),
      requestTimeEpoch: String(startedAt),
      "identity.sourceIp": request.sourceIp,
      "identity.userAgent": request.headers["user-agent"],
    },
  };
}

/** Content type without its parameters; JSON where none is given. */
export const mediaTypeOf = ({ headers }: HttpRequest): string =>
  (headers["content-type"]?.split(";")[0] ?? "").trim().toLowerCase() || "application/json";

export const withoutAbsent = (values: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

/** `09/Aug/2026:12:34:56 +0000`. */
function commonLogTime(milliseconds: number): string {
  const [, day, month, year, time] = new Date(milliseconds).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
