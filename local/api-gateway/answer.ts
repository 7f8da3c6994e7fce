/** What goes back to a client. */
export interface Answer {
  readonly status: number;
  /** A name that has several values stands in the answer as often. */
  readonly headers: Headers;
  readonly body: Buffer;
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Headers with others in place of those of the same name, whatever its case. */
export function withHeaders(headers: Headers, others: Headers): Headers {
  const replaced = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  const kept = Object.entries(headers).filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...others };
}
