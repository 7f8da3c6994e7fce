import { refusal } from "../http/problem";
import type { Request } from "../http/request";

/** Longest key that S3 takes, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/** Any text without control characters: C0, DEL and C1. API Gateway's models know no flag `u`, so it is written without. */
export const WITHOUT_CONTROLS = /^[ -~\u00a0-\uffff]*$/;

/** Whether UTF-8 can hold a text: no half of a surrogate pair stands alone in it. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Whether `..` leads above the top when the key is read as a path. */
function climbsOut(key: string): boolean {
  let depth = 0;
  return key.split("/").some((segment) => {
    if (segment === "..") depth -= 1;
    else if (segment !== "." && segment !== "") depth += 1;
    return depth < 0;
  });
}

/**
 * The rule that a text breaks as an object's key, or nothing.
 *
 * @param maximum bytes of UTF-8 that there is room for
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export function brokenKeyRule(key: string, maximum = MAX_KEY_BYTES): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > maximum) return `must be 1–${maximum} bytes of UTF-8, got: ${bytes}`;
  if (!isWellFormed(key)) return "must be well-formed Unicode, without half a surrogate pair";
  if (!WITHOUT_CONTROLS.test(key)) return "must not have control characters";
  return undefined;
}

/**
 * Sends S3 a request about an object. A key with more `..` than names before them goes there as it is, like any other; S3 refuses it with a bare
 * 400, which the client is told the reason of.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-guidelines
 */
export async function sendAbout<Output>(key: string, send: () => Promise<Output>): Promise<Output> {
  try {
    return await send();
  } catch (error) {
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
    if ($metadata?.httpStatusCode !== 400 || !climbsOut(key)) throw error;
    throw refusal([{ field: "key", rule: "must not have more .. segments than names before them" }]);
  }
}

const BASE = "/objects/";

/** All that may be the key in a path: behind a custom domain, a base path comes first, and may hold the same words. */
function candidates(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.indexOf(BASE); at >= 0; at = path.indexOf(BASE, at + 1)) found.push(path.slice(at + BASE.length));
  return found;
}

const withoutOuterSlashes = (text: string): string => text.replace(/^\/+/, "").replace(/\/+$/, "");

/**
 * The key that a request for `/objects/{key+}` names, decoded once; `+` is a plus.
 *
 * It is read from `path`. A REST API hands both `path` and the greedy parameter on as they were sent, percent-encoded, double slashes
 * and all; but the parameter has lost a slash at its end, so `folder/` would become `folder`. (Recorded from AWS by LocalStack's
 * tests: `test_lambda_aws_proxy_integration`.) The parameter only tells where in the path the key begins.
 *
 * A client does best to encode the whole key, slashes included: some tidy up what looks like a path before they send it.
 *
 * @throws Problem 400 where it is no key
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function keyOf({ path, pathParameters }: Request): string {
  const parameter = pathParameters.get("key") ?? "";
  const found = candidates(path);
  const isSame = (candidate: string) => withoutOuterSlashes(candidate) === withoutOuterSlashes(parameter);
  const sent = found.find(isSame) ?? found[0] ?? parameter;
  const key = decoded(sent);
  const rule = key === undefined ? "must be UTF-8, percent-encoded" : brokenKeyRule(key);
  if (key === undefined || rule) throw refusal([{ field: "key", rule: rule ?? "" }]);
  return key;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
