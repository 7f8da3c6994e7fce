import { isIP } from "node:net";
import type { Certainty } from "./text-search";

/** A value that a request may have: on a line of numbers, or known only as what fulfils a test that cannot be read. */
export type Sample = number | bigint | string | { readonly fulfils: string };

/** What a typed operator (Numeric, Date, Bool, IpAddress) asks of a value, for one value of the policy. */
export interface Test {
  /** Equal for equal tests. */
  readonly identity: string;
  /** Undefined where the policy's value cannot be read: it is opaque, or of another type. */
  readonly holds?: (sample: Sample) => boolean;
  /** Where, on the line of values, the answer may change. */
  readonly bounds: readonly (number | bigint)[];
}

/** What kinds of values there are, each with samples of every stretch between bounds. */
export type Family = "number" | "bool" | "ip" | "unreadable";

const unreadable = (operator: string, value: string): Test => ({ identity: `${operator} ${value}`, bounds: [] });

const comparisons: Readonly<Record<string, (sample: number, bound: number) => boolean>> = {
  Equals: (sample, bound) => sample === bound,
  LessThan: (sample, bound) => sample < bound,
  LessThanEquals: (sample, bound) => sample <= bound,
  GreaterThan: (sample, bound) => sample > bound,
  GreaterThanEquals: (sample, bound) => sample >= bound,
};

function lineTest(operator: string, comparison: string, value: string, bound: number): Test {
  const compare = comparisons[comparison];
  if (!compare || Number.isNaN(bound)) return unreadable(operator, value);
  return {
    identity: `${comparison} ${bound}`,
    holds: (sample) => typeof sample === "number" && compare(sample, bound),
    bounds: [bound],
  };
}

/** Milliseconds since 1970 of ISO 8601 or of seconds since 1970. */
function timeOf(value: string): number {
  return /^\d{1,3}$|^\d{5,}$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

const IPV4_SIZE = 2n ** 32n;
/** IPv6 addresses lie behind the IPv4 ones on one line. */
const IPV6_START = 2n ** 33n;
const IPV6_SIZE = 2n ** 128n;

function ipv6Of(address: string): bigint {
  const [, head = address, ipv4] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const embedded = ipv4 ? Number(ipv4Of(ipv4)) : undefined;
  const tail = embedded === undefined ? "" : `${(embedded >>> 16).toString(16)}:${(embedded & 0xffff).toString(16)}`;
  const [left = "", right] = `${head}${tail}`.split("::");
  const groups = (side: string): string[] => side.split(":").filter((group) => group !== "");
  const [before, after] = [groups(left), groups(right ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

const ipv4Of = (address: string): bigint => address.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);

/** First and last address of a CIDR on the line; undefined for what is none. */
export function rangeOf(value: string): readonly [bigint, bigint] | undefined {
  const [, address = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || Number(length ?? bits) > bits) return undefined;
  const size = 2n ** BigInt(bits - Number(length ?? bits));
  const number = version === 4 ? ipv4Of(address) : ipv6Of(address);
  const first = number - (number % size) + (version === 4 ? 0n : IPV6_START);
  return [first, first + size - 1n];
}

function ipTest(value: string): Test {
  const range = rangeOf(value);
  if (!range) return unreadable("IpAddress", value);
  const [first, last] = range;
  return {
    identity: `${first}-${last}`,
    holds: (sample) => typeof sample === "bigint" && first <= sample && sample <= last,
    bounds: [first, last + 1n],
  };
}

function boolTest(value: string): Test {
  const wanted = value.toLowerCase();
  if (wanted !== "true" && wanted !== "false") return unreadable("Bool", value);
  return { identity: wanted, holds: (sample) => sample === wanted, bounds: [] };
}

/** The test of an operator for one of the policy's values, and its family; `operator` has no prefix, no `IfExists` and no negation. */
export function testOf(operator: string, value: string): { readonly family: Family; readonly test: Test } {
  const [, type, comparison = ""] = /^(Numeric|Date)(.*)$/.exec(operator) ?? [];
  if (type === "Numeric") {
    const bound = value.trim() === "" ? Number.NaN : Number(value);
    return { family: "number", test: lineTest(operator, comparison, value, bound) };
  }
  if (type === "Date") return { family: "number", test: lineTest(operator, comparison, value, timeOf(value)) };
  if (operator === "Bool") return { family: "bool", test: boolTest(value) };
  if (operator === "IpAddress") return { family: "ip", test: ipTest(value) };
  return { family: "unreadable", test: unreadable(operator, value) };
}

/** A value in each stretch between the bounds, and on each. */
function numbersAround(bounds: readonly number[]): readonly number[] {
  const sorted = [...new Set(bounds)].sort((left, right) => left - right);
  const [first, last] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const between = sorted.slice(1).map((bound, index) => (bound + (sorted[index] ?? 0)) / 2);
  return [first - 1, ...sorted, ...between, last + 1];
}

/** Ranges begin at a bound and end before one, so that bounds are samples enough. */
function addressesAt(bounds: readonly bigint[]): readonly bigint[] {
  const isAddress = (value: bigint): boolean =>
    (value >= 0n && value < IPV4_SIZE) || (value >= IPV6_START && value < IPV6_START + IPV6_SIZE);
  return [0n, IPV6_START, ...bounds].filter(isAddress);
}

/** Values of which one fulfils any combination of the tests that can be fulfilled. */
export function samplesOf(family: Family, tests: readonly Test[]): readonly Sample[] {
  const unread = tests.filter(({ holds }) => !holds).map(({ identity }) => ({ fulfils: identity }));
  const bounds = tests.flatMap((test) => test.bounds);
  switch (family) {
    case "number":
      return [...numbersAround(bounds.filter((bound) => typeof bound === "number")), ...unread];
    case "ip":
      return [...addressesAt(bounds.filter((bound) => typeof bound === "bigint")), ...unread];
    case "bool":
      return ["true", "false", ...unread];
    case "unreadable":
      return ["", ...unread];
  }
}

/** Whether a value fulfils a test: `surely`, or as far as can be told. */
export function fulfils(sample: Sample, test: Test, certainty: Certainty): boolean {
  if (typeof sample === "object") return sample.fulfils === test.identity || certainty !== "surely";
  return test.holds ? test.holds(sample) : certainty !== "surely";
}
