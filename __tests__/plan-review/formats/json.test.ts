import { json } from "../../../plan-review/formats/json";
import { finding, gateReached, many, ordinary, passed, review } from "./reviews";

const parsed = (...args: Parameters<typeof json>) => JSON.parse(json(...args));

it("has every property of version 1, in the same order, whatever was found", () => {
  const properties = [
    "version",
    "source",
    "terraformVersion",
    "isComplete",
    "incompleteReasons",
    "notes",
    "exit",
    "resources",
    "severities",
    "accepted",
    "hidden",
    "findings",
  ];
  expect(Object.keys(parsed(ordinary(), gateReached))).toEqual(properties);
  expect(Object.keys(parsed(review({ terraformVersion: undefined }), passed))).toEqual(properties);
  expect(Object.keys(parsed(ordinary(), gateReached).findings[0])).toEqual([
    "section",
    "severity",
    "rule",
    "fingerprint",
    "address",
    "constructPath",
    "title",
    "details",
    "iam",
    "accepted",
    "reachesGate",
  ]);
});

it("holds everything, uncut", () => {
  const long = "x".repeat(100_000);
  const reviewed = many(5_000);
  expect(parsed(reviewed, gateReached).findings).toHaveLength(5_000);
  expect(parsed(review({ findings: [finding({ details: [long] })] }), gateReached).findings[0].details).toEqual([long]);
});

it("says which findings reach the gate", () => {
  const findings = [
    finding(),
    finding({ accepted: { reason: "copied", expires: "2030-01-31" } }),
    finding({ severity: "low" }),
  ];
  const { findings: printed, severities, accepted } = parsed(review({ findings }), gateReached);
  expect(printed.map(({ reachesGate }: { reachesGate: boolean }) => reachesGate)).toEqual([true, false, false]);
  expect([severities, accepted]).toEqual([{ critical: 1, high: 0, medium: 0, low: 1 }, 1]);
});
