import { randomBytes } from "node:crypto";
import type { HttpRequest } from "../api-gateway/api-gateway";
import { commonLogTime, type Exchange, splitOnce, withoutAbsent } from "../api-gateway/exchange";
import { grouped, queryPairs } from "../api-gateway/proxy-event";
import { isOriginHeader } from "../api-gateway/request-origin";
import type { Clock, Place } from "../aws";
import type { HttpVariables } from "./context-variables";
import type { Stage } from "./stage";

/** What is known of one request while it is answered; `variables` and the path's parameters grow on the way. */
export interface HttpExchange extends Pick<Exchange, "request" | "startedAt" | "query" | "caller"> {
  readonly stage: Stage;
  /** Without the stage, as it came. */
  readonly path: string;
  /** With the stage where it has a name, decoded: what functions get. */
  readonly rawPath: string;
  readonly params: Exchange["params"];
  readonly variables: HttpVariables;
  readonly requestId: string;
  /** What an authorizer made of the caller: `requestContext.authorizer`. */
  authorizer?: Readonly<Record<string, unknown>>;
}

/** A path that cannot be decoded. */
export class BadPathError extends Error {
  override readonly name = "BadPathError";
}

/**
 * A path as functions get it: decoded twice, and cut at a question mark that the first time brings to light. So it was captured in an account:
 * https://github.com/hotsock/voker/blob/a1c00bf491e026f81917cc2edfdaca03eabc7518/vokerhttp/testdata/ingress-paths.json
 * @throws BadPathError for one that cannot be decoded twice, which AWS was seen to refuse
 */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(splitOnce(decodeURIComponent(path), "?")[0]);
  } catch {
    throw new BadPathError(`the path cannot be decoded: ${path}`);
  }
}

/** The stage of a request, and the path without it: a stage of a name stands first in the path, `$default` takes all else. */
export function stageOf(
  { path: asked }: HttpRequest,
  stages: readonly Stage[],
): { readonly stage?: Stage; readonly path: string } {
  const [whole] = splitOnce(asked, "?");
  const [, name, rest = "/"] = /^\/([^/]+)(\/.*)?$/.exec(whole) ?? [];
  const named = stages.find(({ stageName }) => stageName === name && stageName !== "$default");
  if (named) return { stage: named, path: rest };
  return { stage: stages.find(({ stageName }) => stageName === "$default"), path: whole };
}

/** Begins to answer a request. @throws BadPathError */
export function httpExchange(
  request: HttpRequest,
  { stage, path }: { readonly stage: Stage; readonly path: string },
  { apiId, clock, place }: { readonly apiId: string; readonly clock: Clock; readonly place: Place },
): HttpExchange {
  const [whole, query = ""] = splitOnce(request.path, "?");
  const startedAt = clock.now();
  const requestId = `${randomBytes(11).toString("base64url")}=`;
  const rawPath = decodedPath(whole);
  return {
    ...{ request, startedAt, query, stage, path, rawPath, requestId },
    params: {
      path: {},
      querystring: joined(queryPairs({ query })),
      header: withoutAbsent(
        Object.fromEntries(Object.entries(request.headers).filter(([name]) => !isOriginHeader(name))),
      ),
    },
    variables: {
      accountId: place.accountId,
      apiId,
      stage: stage.stageName,
      // The name that the API would be called by in AWS; here it is called by an address.
      domainName: `${apiId}.execute-api.${place.region}.amazonaws.com`,
      domainPrefix: apiId,
      requestId,
      extendedRequestId: requestId,
      protocol: "HTTP/1.1",
      httpMethod: request.method,
      path: rawPath,
      requestTime: commonLogTime(startedAt),
      requestTimeEpoch: String(startedAt),
      "identity.sourceIp": request.sourceIp,
      "identity.userAgent": request.headers["user-agent"],
    },
  };
}

/** Values of one name, with commas between them. */
export const joined = (pairs: readonly (readonly [name: string, value: string])[]): Record<string, string> =>
  Object.fromEntries(Object.entries(grouped(pairs)).map(([name, values]) => [name, values.join(",")]));
