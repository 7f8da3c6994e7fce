import { type Answer, withHeaders } from "../api-gateway/answer";
import type { HttpRequest } from "../api-gateway/api-gateway";
import type { Part } from "./api-parts";

/** What pages of other origins may do. */
export type Cors = NonNullable<Part<"aws_apigatewayv2_api">["cors_configuration"]>;

type Headers = Readonly<Record<string, string>>;

/** Whether a browser asks what it may send. */
export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;

/**
 * The answer to a preflight that no route takes: with nothing in it where the origin, the method or a header is none of those that may.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const preflightAnswer = (cors: Cors, request: HttpRequest): Answer => ({
  status: 204,
  headers: preflightHeaders(cors, request),
  body: Buffer.alloc(0),
});

/** An answer with what the API says of CORS in place of what is behind it says. */
export function withCors(answer: Answer, cors: Cors, request: HttpRequest): Answer {
  const kept = Object.entries(answer.headers).filter(([name]) => !/^access-control-/i.test(name));
  const own = isPreflight(request) ? preflightHeaders(cors, request) : answerHeaders(cors, request);
  return { ...answer, headers: withHeaders(Object.fromEntries(kept), own) };
}

function preflightHeaders(cors: Cors, { headers }: HttpRequest): Headers {
  const origin = allowedOrigin(cors, headers.origin);
  const method = headers["access-control-request-method"] ?? "";
  const wanted = (headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  const isAllowed = (given: readonly string[], value: string): boolean => given.includes("*") || given.includes(value);
  const names = cors.allow_headers.map((name) => name.toLowerCase());
  const isRefused =
    origin === undefined ||
    !isAllowed(cors.allow_methods, method) ||
    wanted.some((name) => name !== "" && !isAllowed(names, name));
  if (isRefused) return {};
  return {
    "access-control-allow-origin": origin,
    ...listed("access-control-allow-methods", cors.allow_methods),
    ...listed("access-control-allow-headers", cors.allow_headers),
    ...(cors.max_age !== undefined && { "access-control-max-age": String(cors.max_age) }),
    ...(cors.allow_credentials && { "access-control-allow-credentials": "true" }),
  };
}

function answerHeaders(cors: Cors, { headers }: HttpRequest): Headers {
  const origin = allowedOrigin(cors, headers.origin);
  if (origin === undefined) return {};
  return {
    "access-control-allow-origin": origin,
    ...listed("access-control-expose-headers", cors.expose_headers),
    ...(cors.allow_credentials && { "access-control-allow-credentials": "true" }),
  };
}

/** `*`, or the origin that asks if it is among those that may: by name, or by `https://*`. */
function allowedOrigin({ allow_origins: allowed }: Cors, origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  if (allowed.includes("*")) return "*";
  return allowed.some((one) => one === origin || (one.endsWith("://*") && origin.startsWith(one.slice(0, -1))))
    ? origin
    : undefined;
}

const listed = (name: string, values: readonly string[]): Headers =>
  values.length > 0 ? { [name]: values.join(",") } : {};
