/** `1,234,567`. `Intl` says the same, and takes milliseconds to be loaded. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
