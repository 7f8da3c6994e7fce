import { refusal, type Violation } from "../http/problem";
import type { Request } from "../http/request";

/** One strong entity tag, as S3 gives it. */
const ETAG = /^"[!#-~]+"$/;

/** Headers that ask for a state of the object, and what each may be where S3 heeds it. */
export type Preconditions = Readonly<Partial<Record<"if-match" | "if-none-match", "etag" | "*" | "etag or *">>>;

/** Headers that only save a client the bytes of what it has: an answer without heeding them is right, too. */
const savings = new Set(["if-none-match", "if-modified-since", "if-range"]);

const fits = (value: string, shape: string): boolean =>
  (value === "*" && shape !== "etag") || (ETAG.test(value) && shape !== "*");

const shapes = {
  etag: 'an ETag in double quotes, such as "d41d8cd9"',
  "*": "*",
  "etag or *": "an ETag in double quotes, or *",
};

/**
 * The values of the conditional headers. A condition that nobody would heed is refused: whoever sends it relies on it.
 *
 * @param isRead whether the request changes nothing
 * @throws Problem 400 that names each header that cannot be heeded
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
export function readPreconditions(
  { headers }: Request,
  heeded: Preconditions,
  isRead = false,
): { readonly IfMatch: string | undefined; readonly IfNoneMatch: string | undefined } {
  const given = [...headers].filter(([name]) => name.startsWith("if-") && !(isRead && savings.has(name)));
  const violations = given.flatMap(([name, value]): Violation[] => {
    const shape = heeded[name as keyof Preconditions];
    if (!shape) return [{ field: name, rule: "is not a condition that this request can be made under" }];
    return fits(value, shape) ? [] : [{ field: name, rule: `must be ${shapes[shape]}` }];
  });
  if (violations.length > 0) throw refusal(violations);
  const values = new Map(given);
  if (values.size > 1) throw refusal([{ field: "if-none-match", rule: "must not stand beside if-match" }]);
  return { IfMatch: values.get("if-match"), IfNoneMatch: values.get("if-none-match") };
}
