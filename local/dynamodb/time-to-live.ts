import type { Item } from "./table-contents";

const OLDEST_SECONDS = 5 * 365 * 86_400;

/**
 * Items that have expired. Those that expired more than five years ago are kept, and so are those whose attribute is no number.
 * @param attribute name of the attribute that says, in seconds since 1970, when an item expires
 * @param now milliseconds since 1970
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
 */
export function expiredOf(items: readonly Item[], attribute: string | undefined, now: number): readonly Item[] {
  if (attribute === undefined) return [];
  const seconds = Math.floor(now / 1_000);
  return items.filter((item) => {
    const { N: number } = (item[attribute] ?? {}) as { readonly N?: string };
    const end = Number(number);
    return end <= seconds && end >= seconds - OLDEST_SECONDS;
  });
}
