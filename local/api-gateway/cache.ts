import type { Clock } from "../aws";
import { type Answer, withHeaders } from "./answer";
import type { Exchange } from "./exchange";
import { GatewayError } from "./gateway-response";
import { type ParameterSource, parameterSource } from "./integration";
import type { Method } from "./rest-api";
import type { Part } from "./rest-api-parts";

type MethodSettings = Part<"aws_api_gateway_method_settings">["settings"];

/** How the answers of a method are kept. */
export interface CacheSettings {
  readonly ttlSeconds: number;
  /** Whether a client must be allowed `execute-api:InvalidateCache` to have a kept answer replaced. */
  readonly needsAuthorization: boolean;
  readonly unauthorizedStrategy: NonNullable<MethodSettings["unauthorized_cache_control_header_strategy"]>;
}

/** What tells the kept answers of one method apart, beside the method. */
export interface CacheKey {
  /** Methods of one namespace and one HTTP method share answers. */
  readonly namespace: string;
  readonly parameters: readonly ParameterSource[];
}

/** Bytes of the largest body that is kept. */
const MAX_BODY_BYTES = 1_048_576;
const DEFAULT_TTL_SECONDS = 300;

/**
 * The settings of a method on a stage that has a cache; nothing where its answers are not kept. What is said of all methods, or nothing at all,
 * keeps those of GET methods alone.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
 */
export function cacheSettings(
  httpMethod: string,
  own: MethodSettings | undefined,
  all: MethodSettings | undefined,
): CacheSettings | undefined {
  const isKept = own?.caching_enabled ?? (httpMethod === "GET" && (all?.caching_enabled ?? true));
  const ttlSeconds = own?.cache_ttl_in_seconds ?? all?.cache_ttl_in_seconds ?? DEFAULT_TTL_SECONDS;
  if (!isKept || ttlSeconds === 0) return undefined;
  return {
    ttlSeconds,
    needsAuthorization:
      own?.require_authorization_for_cache_control ?? all?.require_authorization_for_cache_control ?? true,
    unauthorizedStrategy:
      own?.unauthorized_cache_control_header_strategy ??
      all?.unauthorized_cache_control_header_strategy ??
      "SUCCEED_WITH_RESPONSE_HEADER",
  };
}

/** @throws Error for a parameter that the method does not declare: a deployment would refuse it */
export const readCacheKey = (
  { address, cache_key_parameters: parameters = [], cache_namespace, resource_id }: Part<"aws_api_gateway_integration">,
  declared: Readonly<Record<string, unknown>>,
): CacheKey => ({
  namespace: cache_namespace ?? resource_id,
  parameters: parameters.map((text) => parameterSource(address, "cache_key_parameters", text, declared)),
});

export interface CachedMethod {
  readonly method: Method;
  /** Whether the client may have a kept answer replaced. */
  readonly mayInvalidate: () => boolean;
  /** Asks the integration. */
  readonly ask: () => Promise<Answer>;
}

/**
 * The caches of an API's stages. An answer of the integration is kept whatever its status, and given to everybody: who calls is no part of the
 * key. Refusals of API Gateway's own are not kept. Of statuses AWS's page says nothing; a 429 of a function was seen to be kept:
 * https://exchangetuts.com/prevent-caching-of-non-200-responses-in-aws-api-gateway-1640428563668979
 */
export class AnswerCache {
  private readonly kept = new Map<string, { readonly answer: Answer; readonly until: number }>();

  constructor(private readonly clock: Clock) {}

  /**
   * The kept answer, or the integration's, which is then kept. `Cache-Control: max-age=0` asks for the latter.
   * @throws GatewayError `ACCESS_DENIED` for who may not ask for that, where the strategy is `FAIL_WITH_403`
   */
  async answer(exchange: Exchange, { method, mayInvalidate, ask }: CachedMethod): Promise<Answer> {
    const settings = exchange.stage.cacheOf(method);
    if (!settings) return ask();
    const key = keyOf(exchange, method.cacheKey);
    const wantsNew = isInvalidation(exchange);
    const isIgnored = wantsNew && settings.needsAuthorization && !mayInvalidate();
    if (isIgnored && settings.unauthorizedStrategy === "FAIL_WITH_403")
      throw new GatewayError("ACCESS_DENIED", "Forbidden", {
        reason: "Cache-Control: max-age=0 of a caller without execute-api:InvalidateCache",
      });
    const kept = wantsNew && !isIgnored ? undefined : this.find(key);
    const answer = kept ?? (await ask());
    if (!kept) this.keep(key, answer, settings.ttlSeconds);
    return isIgnored && settings.unauthorizedStrategy === "SUCCEED_WITH_RESPONSE_HEADER" ? withWarning(answer) : answer;
  }

  private find(key: string): Answer | undefined {
    const found = this.kept.get(key);
    return found && found.until > this.clock.now() ? found.answer : undefined;
  }

  private keep(key: string, answer: Answer, ttlSeconds: number): void {
    const now = this.clock.now();
    for (const [other, { until }] of this.kept) if (until <= now) this.kept.delete(other);
    if (answer.body.length <= MAX_BODY_BYTES) this.kept.set(key, { answer, until: now + ttlSeconds * 1_000 });
  }
}

/** A canary that uses the stage's cache keeps answers of its own in it. */
const keyOf = (exchange: Exchange, { namespace, parameters }: CacheKey): string =>
  JSON.stringify([
    exchange.stage.stageName,
    exchange.stage.isCanary === true,
    namespace,
    exchange.request.method,
    parameters.map((source) => valuesOf(exchange, source)),
  ]);

/** All values of a name in the query, so that answers to different requests stay apart. */
function valuesOf({ params, query }: Exchange, source: ParameterSource): unknown {
  if ("value" in source) return source.value;
  if (source.location === "querystring") return new URLSearchParams(query).getAll(source.name);
  return params[source.location][source.location === "header" ? source.name.toLowerCase() : source.name] ?? null;
}

const isInvalidation = ({ request }: Exchange): boolean =>
  (request.headers["cache-control"] ?? "").split(",").some((directive) => directive.trim() === "max-age=0");

const withWarning = (answer: Answer): Answer => ({
  ...answer,
  headers: withHeaders(answer.headers, {
    Warning: "199 Cache-control headers were ignored because the caller was unauthorized.",
  }),
});
