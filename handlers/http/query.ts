import { refusal, type Violation } from "./problem";
import type { Request } from "./request";

/**
 * The query parameters of a request by name, each with the one value it may have. Those of a signature (`X-Amz-…`) are left out: a client
 * may sign an API request in its query.
 *
 * @throws Problem 400 that names every parameter that is not one of `names` or comes more than once
 */
export function readQuery<Name extends string>(
  { query }: Request,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const given = [...query].filter(([name]) => !name.toLowerCase().startsWith("x-amz-"));
  const known =
    names.length > 0 ? `is no query parameter here; there are: ${names.join(", ")}` : "is no query parameter here";
  const violations = given.flatMap(([name, values]): Violation[] => {
    if (!names.includes(name as Name)) return [{ field: name, rule: known }];
    return values.length === 1 ? [] : [{ field: name, rule: "must be given once" }];
  });
  if (violations.length > 0) throw refusal(violations);
  return Object.fromEntries(given.map(([name, values]) => [name, values[0]])) as Partial<Record<Name, string>>;
}

/** An integer without sign, blanks or leading zeros; nothing where the text is none from `minimum` to `maximum`. */
export function integerOf(text: string, minimum: number, maximum: number): number | undefined {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return value >= minimum && value <= maximum ? value : undefined;
}
