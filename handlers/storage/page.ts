import { refusal, type Violation } from "../http/problem";
import { integerOf } from "../http/query";

/** Most entries of one page, and how many it has where the client does not say. */
const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

/** Longest cursor, in characters: S3's are shorter. */
const MAX_CURSOR_LENGTH = 2048;

/**
 * Reads `limit` and `cursor`.
 * @throws Problem 400
 */
export function readPage({ limit, cursor }: { readonly limit?: string; readonly cursor?: string }): {
  readonly limit: number;
  readonly cursor: string | undefined;
} {
  const number = limit === undefined ? DEFAULT_LIMIT : integerOf(limit, 1, MAX_LIMIT);
  const violations: Violation[] = [];
  if (number === undefined) violations.push({ field: "limit", rule: `must be a whole number, 1–${MAX_LIMIT}` });
  if (cursor !== undefined && !/^[!-~]+$/.test(cursor.slice(0, MAX_CURSOR_LENGTH + 1))) violations.push(badCursor);
  else if (cursor !== undefined && cursor.length > MAX_CURSOR_LENGTH) violations.push(badCursor);
  if (number === undefined || violations.length > 0) throw refusal(violations);
  return { limit: number, cursor };
}

const badCursor: Violation = { field: "cursor", rule: "must be the cursor of a page that came before" };

/** Asks S3 for a page; the error by which it refuses a continuation token that it did not make is about the cursor. */
export async function askForPage<Page>(cursor: string | undefined, ask: () => Promise<Page>): Promise<Page> {
  try {
    return await ask();
  } catch (error) {
    if (cursor !== undefined && (error as Error).name === "InvalidArgument") throw refusal([badCursor]);
    throw error;
  }
}
