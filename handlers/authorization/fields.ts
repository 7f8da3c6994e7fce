/** What an object may hold that came from outside. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a value holds; anything but an object holds nothing. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
