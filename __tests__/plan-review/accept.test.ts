import { accept } from "../../plan-review/accept";
import type { Finding } from "../../plan-review/model";

const finding = (fingerprint: string): Finding => ({
  section: "iam",
  severity: "critical",
  rule: "iam-broadened",
  address: "aws_iam_role_policy.p",
  title: "policy is broadened",
  details: [],
  fingerprint,
});

const one = "0123456789abcdef";
const other = "fedcba9876543210";
const entry = { fingerprint: one, reason: "agreed with security", expires: "2030-01-31" };
const accepted = (entries: unknown, today = "2029-12-31") =>
  accept([finding(one), finding(other)], JSON.stringify(entries), "accepted.json", today);

test("an accepted finding says who agreed and until when, and others stay", () => {
  const [first, second] = accepted([entry]);
  expect(first?.accepted).toEqual({ reason: "agreed with security", expires: "2030-01-31" });
  expect(second?.accepted).toBeUndefined();
});

test("no entries accept nothing", () => {
  expect(accepted([])).toEqual([finding(one), finding(other)]);
});

test("an entry holds through the day on which it expires, and no longer", () => {
  expect(accepted([entry], "2030-01-31")[0]?.accepted).toBeDefined();
  expect(() => accepted([entry], "2030-02-01")).toThrow(
    "accepted.json: entry 1 (0123456789abcdef) expired on 2030-01-31: look at the finding again",
  );
});

test.each([
  ["no JSON", undefined, /accepted\.json must be JSON/],
  ["no list", { entries: [] }, /must hold a list, got: object/],
  ["a text", ["x"], /entry 1 must be an object/],
  ["another key", [{ ...entry, note: 1 }], /entry 1 must have fingerprint, reason and expires alone, got: note/],
  ["no fingerprint", [{ ...entry, fingerprint: "xyz" }], /entry 1 must have a fingerprint of 16 .* got: "xyz"/],
  ["no reason", [{ ...entry, reason: " " }], /entry 1 must say its reason/],
  ["no expiry", [{ fingerprint: one, reason: "x" }], /must have expires as a day, YYYY-MM-DD, got: undefined/],
  ["no day of the calendar", [{ ...entry, expires: "2030-02-30" }], /got: "2030-02-30"/],
  ["twice", [entry, entry], /entry 2 \(0123456789abcdef\) is there twice/],
  ["unused", [{ ...entry, fingerprint: "aaaaaaaaaaaaaaaa" }], /nothing was found that fits aaaaaaaaaaaaaaaa/],
])("is refused: %s", (_, entries, message) => {
  expect(() => accepted(entries)).toThrow(message);
});

test("all that is wrong is said at once", () => {
  expect(() =>
    accepted([
      { ...entry, reason: "" },
      { ...entry, expires: "2020-01-01" },
    ]),
  ).toThrow(/entry 1 must say its reason; entry 2 \(0123456789abcdef\) expired on 2020-01-01/);
});
