import { requirePostPolicy } from "../../../local/s3/post-policy";

const now = Date.parse("2026-01-31T12:00:00Z");
const fields = { key: "a", bucket: "b" };
const conditions: readonly unknown[] = [{ key: "a" }, { bucket: "b" }];
const check = (policy: unknown, size = 1) => {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  requirePostPolicy({ ...fields, policy: Buffer.from(text).toString("base64") }, size, now);
};
const expiration = "2026-01-31T12:00:00.001Z";

test("a policy that all fields keep to lets the form pass", () => {
  check({ expiration, conditions });
  check({ expiration: "2026-01-31T12:00:01Z", conditions: [...conditions, ["content-length-range", "1", "1"]] });
});

test.each<[string, unknown, string]>([
  ["no JSON", "{", "Invalid Policy: Invalid JSON."],
  ["a list", [], "Invalid Policy: Invalid JSON."],
  ["other members", { Statement: [] }, "Invalid Policy: Unexpected: 'statement'"],
  ["no expiration", { conditions }, "Invalid Policy: Policy missing expiration."],
  [
    "a time of no zone",
    { expiration: "2026-01-31 12:00:00", conditions },
    "Invalid 'expiration' value: '2026-01-31 12:00:00'",
  ],
  ["an expiration that is no time", { expiration: "2026-99-31T12:00:00Z", conditions }, "Invalid 'expiration' value"],
  ["no conditions", { expiration }, "Invalid Policy: Policy missing conditions."],
  ["conditions that are no list", { expiration, conditions: {} }, "Invalid 'conditions' value: must be a List."],
  [
    "an empty condition",
    { expiration, conditions: [{}] },
    "Simple-Conditions must have exactly one property specified.",
  ],
  ["two in one", { expiration, conditions: [{ a: "b", c: "d" }] }, "must have exactly one property specified."],
  ["a number for a value", { expiration, conditions: [{ a: 1 }] }, "Invalid Simple-Condition: value must be a string."],
  ["a text for a condition", { expiration, conditions: ["a"] }, "Invalid condition test: must be a List or Object."],
  ["no operator", { expiration, conditions: [[]] }, "Invalid Condition: missing operation identifier."],
  ["an unknown operator", { expiration, conditions: [["in", "$key", "a"]] }, "unknown operation 'in'."],
  ["a range of one end", { expiration, conditions: [["content-length-range", 1]] }, "wrong number of arguments."],
  ["a number for a prefix", { expiration, conditions: [["eq", "$key", 1]] }, "Invalid Policy: Invalid JSON."],
])("%s is no policy", (_, policy, message) => {
  expect(() => check(policy)).toThrow(message);
});

test.each<[string, unknown, string]>([
  ["its time has come", { expiration: "2026-01-31T12:00:00Z", conditions }, "Policy expired."],
  [
    "a range is upside down",
    { expiration, conditions: [...conditions, ["content-length-range", 2, 1]] },
    "Policy Condition failed",
  ],
  ["the bucket is not covered", { expiration, conditions: [{ key: "a" }] }, "Extra input fields: bucket"],
])("a form is refused where %s", (_, policy, message) => {
  expect(() => check(policy)).toThrow(`Invalid according to Policy: ${message}`);
});
