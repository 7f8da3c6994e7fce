import { fitted } from "../../../plan-review/formats/fit";
import { finding } from "./reviews";

const write = () => ({ full: "f".repeat(99), short: "s".repeat(9) });
const some = (count: number) => Array.from({ length: count }, () => finding());

it("shows all where the room just holds it, and cuts details where it is one byte less", () => {
  expect(fitted(some(10), write, 1_000)).toMatchObject({ bytes: 1_000, isWhole: true });
  const less = fitted(some(10), write, 999);
  expect([less.shown.size, less.isWhole]).toEqual([10, false]);
  expect([...less.shown.values()].filter(({ isShort }) => isShort)).toHaveLength(1);
});

it("cuts what not even first lines have room for", () => {
  expect(fitted(some(10), write, 50).shown.size).toBe(5);
  expect(fitted(some(10), write, 0)).toMatchObject({ bytes: 0, isWhole: false });
  expect(fitted([], write, 0)).toMatchObject({ bytes: 0, isWhole: true });
});

it("never takes more bytes than it says, in UTF-8", () => {
  const wide = fitted(some(10), () => ({ full: "🚀".repeat(25), short: "🚀" }), 300);
  expect(wide.bytes).toBeLessThanOrEqual(300);
  expect(wide.bytes).toBe([...wide.shown.values()].reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0));
});

it("keeps the only finding of a milder rule in a flood of a worse one", () => {
  const only = finding({ severity: "high", rule: "iam-broadened", section: "iam" });
  expect(fitted([...some(1_000), only], write, 500).shown.has(only)).toBe(true);
});

it("prefers the worst, and open ones to accepted ones", () => {
  const accepted = finding({ accepted: { reason: "known", expires: "2030-01-31" } });
  const low = finding({ severity: "low", rule: "tags-changed" });
  const critical = finding();
  expect([...fitted([accepted, low, critical], write, 20).shown.keys()]).toEqual([critical, low]);
});
