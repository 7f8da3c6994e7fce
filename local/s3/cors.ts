import type { S3Answer } from "./s3-call";
import { S3Error } from "./s3-errors";
import type { S3Request } from "./s3-request";

/** One rule of a bucket's CORS configuration. `*` stands for any text, once in an origin or a header. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** What a browser wants to do. */
interface CrossOrigin {
  readonly origin: string;
  readonly method: string;
  /** In lower case. */
  readonly headers: readonly string[];
}

const methods = ["GET", "PUT", "HEAD", "POST", "DELETE"];

const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

function fits(pattern: string, value: string): boolean {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === value;
  return value.length >= before.length + after.length && value.startsWith(before) && value.endsWith(after);
}

/** The first rule that allows all of it. */
const ruleFor = (rules: readonly CorsRule[], { origin, method, headers }: CrossOrigin): CorsRule | undefined =>
  rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((allowed) => fits(allowed, origin)) &&
      allowedMethods.includes(method) &&
      headers.every((header) => allowedHeaders.some((allowed) => fits(allowed.toLowerCase(), header))),
  );

/** Credentials are for origins that are named: browsers refuse them beside `*`. */
function allowance(rule: CorsRule, origin: string): Record<string, string | undefined> {
  const isAnyone = rule.allowedOrigins.includes("*");
  return {
    "access-control-allow-origin": isAnyone ? "*" : origin,
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    "access-control-expose-headers": rule.exposeHeaders.join(", ") || undefined,
    "access-control-max-age": rule.maxAgeSeconds === undefined ? undefined : String(rule.maxAgeSeconds),
    "access-control-allow-credentials": isAnyone ? undefined : "true",
    vary,
  };
}

/**
 * Headers of the answer to a request that a page of another origin makes, whatever the answer: none where no rule fits.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
export function corsHeaders(
  rules: readonly CorsRule[],
  { method, headers }: Pick<S3Request, "method" | "headers">,
): Record<string, string | undefined> {
  const { origin } = headers;
  if (origin === undefined) return {};
  const rule = ruleFor(rules, { origin, method, headers: [] });
  return rule ? allowance(rule, origin) : {};
}

const badRequest = (message: string): S3Error => new S3Error("BadRequest", message, 400);

/**
 * Answers a preflight. Nobody signs one.
 *
 * @param rules of the bucket; none where it does not exist
 * @throws S3Error `BadRequest` (400) for what is no preflight, `AccessForbidden` (403) where no rule fits
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
export function preflight(rules: readonly CorsRule[] | undefined, { headers, key }: S3Request): S3Answer {
  const { origin, "access-control-request-method": method = "null" } = headers;
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  if (!methods.includes(method)) throw badRequest(`Invalid Access-Control-Request-Method: ${method}`);
  const asked = (headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((header) => header.trim().toLowerCase())
    .filter((header) => header !== "");
  const forbidden = (message: string): S3Error =>
    new S3Error("AccessForbidden", `CORSResponse: ${message}`, 403, {
      Method: method,
      ResourceType: key === undefined ? "BUCKET" : "OBJECT",
    });
  if (!rules) throw forbidden("Bucket not found");
  if (rules.length === 0) throw forbidden("CORS is not enabled for this bucket.");
  const rule = ruleFor(rules, { origin, method, headers: asked });
  if (!rule) {
    throw forbidden(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    );
  }
  return {
    status: 200,
    headers: { ...allowance(rule, origin), "access-control-allow-headers": asked.join(", ") || undefined },
  };
}
