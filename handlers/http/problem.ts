import { STATUS_CODES } from "node:http";

/** One rule that the client's input breaks. */
export interface Violation {
  /** Name of the property, query parameter, path parameter or header. */
  readonly field: string;
  /** What follows the name in a sentence: `must be 1–1000`. */
  readonly rule: string;
}

export interface ProblemMembers {
  /** What a 400 is about, rule by rule. */
  readonly errors?: readonly Violation[];
  /** What clients show that read no `detail`. */
  readonly message?: string;
}

/** An answer other than success, as RFC 9457 has it; its type is `about:blank`, which says no more than the status. */
export class Problem extends Error {
  override readonly name = "Problem";

  /**
   * @param detail a sentence for the client; never what only the log may have
   * @param headers such as `retry-after`
   */
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly members: ProblemMembers = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  /**
   * The body, whose `instance` is the id of the request: support finds the log's entries by it.
   * @see https://www.rfc-editor.org/rfc/rfc9457
   */
  body(requestId: string): string {
    const { status, detail, members } = this;
    const instance = requestId || undefined;
    return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail, ...members, instance });
  }
}

/** Most rules that one answer names, and most characters of a field's name: the client chooses both, and Lambda hands back 6 MB at most. */
const MAX_ERRORS = 20;
const MAX_FIELD_LENGTH = 100;

/** A 400 that names each rule that is broken, the first 20 of them. */
export function refusal(violations: readonly Violation[]): Problem {
  const errors = violations
    .slice(0, MAX_ERRORS)
    .map(({ field, rule }) => ({ field: field.slice(0, MAX_FIELD_LENGTH), rule }));
  return new Problem(400, `${errors.map(({ field, rule }) => `${field} ${rule}`).join("; ")}.`, { errors });
}

/** A 503: what it stands for passes, so the same request may be sent again. */
const unavailable = (): Problem =>
  new Problem(503, "The service cannot answer at the moment; try again.", {}, { "retry-after": "1" });

/** What S3 says about the client's request, not about this service. */
const clientErrors: Readonly<Record<string, Problem>> = {
  NoSuchKey: new Problem(404, "There is no object with this key."),
  PreconditionFailed: new Problem(412, "The object is not in the state that If-Match or If-None-Match asks for."),
  ConditionalRequestConflict: new Problem(
    409,
    "Another change of this object was under way; read it again, and try again.",
  ),
};

/** Errors of the network and of throttling that come without a status of 5xx. */
const passing =
  /^(AbortError|TimeoutError|RequestTimeout|SlowDown|Throttl\w+|RequestLimitExceeded|TooManyRequests\w*|E[A-Z]+)$/;

/**
 * Turns anything thrown into an answer. What AWS refuses because this service is wrong (access denied, no such bucket) is a 500 that says
 * nothing; what may pass (throttling, 5xx, timeouts) is a 503.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { name, code, $metadata } = (error ?? {}) as { name?: unknown; code?: unknown; $metadata?: SdkMetadata };
  const known = $metadata && Object.hasOwn(clientErrors, String(name)) ? clientErrors[String(name)] : undefined;
  if (known) return known;
  const status = $metadata?.httpStatusCode ?? 0;
  // 501 says that AWS does not do such a thing, ever.
  const isPassing =
    (status >= 500 && status !== 501) || status === 429 || [name, code].some((one) => passing.test(String(one)));
  return isPassing ? unavailable() : new Problem(500, "The service failed to answer; the failure is in its log.");
}

/** What the AWS SDK says of the answer that an error comes from. */
interface SdkMetadata {
  readonly httpStatusCode?: number;
}
