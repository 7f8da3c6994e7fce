import type { MessageAttributes } from "../../../local/protocol/message-attributes";
import { readFilterPolicy } from "../../../local/sns/filter-policy";

const attributes: MessageAttributes = {
  country: { DataType: "String", StringValue: "IE" },
  total: { DataType: "Number", StringValue: "100" },
  interests: { DataType: "String.Array", StringValue: '["rugby", "baseball", 7, true, null]' },
  broken: { DataType: "String.Array", StringValue: "[" },
  seal: { DataType: "Binary", BinaryValue: "aGk=" },
};

test.each<[object, boolean]>([
  [{}, true],
  [{ country: ["IE"] }, true],
  [{ country: ["FR", "IE"] }, true],
  [{ country: ["ie"] }, false],
  [{ city: ["IE"] }, false],
  [{ toString: ["IE"] }, false],
  [{ country: ["IE"], total: [100] }, true],
  [{ country: ["IE"], total: [99] }, false],
  [{ total: ["100"] }, false],
  [{ interests: ["rugby"] }, true],
  [{ interests: [7] }, true],
  [{ interests: [true] }, true],
  [{ interests: [null] }, true],
  [{ interests: [false] }, false],
  [{ broken: ["["] }, false],
  [{ seal: ["aGk="] }, false],
  [{ country: [{ prefix: "I" }] }, true],
  [{ country: [{ prefix: "E" }] }, false],
  [{ country: [{ suffix: "E" }] }, true],
  [{ country: [{ suffix: "I" }] }, false],
  [{ country: [{ "anything-but": "FR" }] }, true],
  [{ country: [{ "anything-but": ["FR", "IE"] }] }, false],
  [{ city: [{ "anything-but": ["FR"] }] }, false],
  [{ interests: [{ "anything-but": ["rugby"] }] }, true],
  [{ total: [{ "anything-but": [100] }] }, false],
  [{ country: [{ "anything-but": { prefix: "I" } }] }, false],
  [{ country: [{ "anything-but": { prefix: "E" } }] }, true],
  [{ country: [{ exists: true }] }, true],
  [{ country: [{ exists: false }] }, false],
  [{ city: [{ exists: false }] }, true],
  [{ city: [{ exists: true }] }, false],
  [{ total: [{ numeric: ["=", 100] }] }, true],
  [{ total: [{ numeric: ["<", 100] }] }, false],
  [{ total: [{ numeric: ["<=", 100] }] }, true],
  [{ total: [{ numeric: [">", 100] }] }, false],
  [{ total: [{ numeric: [">=", 100] }] }, true],
  [{ total: [{ numeric: [">", 0, "<=", 100] }] }, true],
  [{ total: [{ numeric: [">", 0, "<", 100] }] }, false],
  [{ country: [{ numeric: [">", 0] }] }, false],
])("attributes pass %j: %j", (policy, passes) => {
  expect(readFilterPolicy(JSON.stringify(policy), "MessageAttributes")("", attributes)).toBe(passes);
});

test.each<[object, string, boolean]>([
  [{ country: ["IE"] }, '{"country":"IE"}', true],
  [{ country: ["IE"] }, '{"country":"FR"}', false],
  [{ to: { country: ["IE"] } }, '{"to":{"country":"IE"}}', true],
  [{ to: { country: ["IE"] } }, '{"country":"IE"}', false],
  [{ lines: { item: ["tea"] } }, '{"lines":[{"item":"milk"},{"item":"tea"}]}', true],
  [{ total: [{ numeric: [">", 5] }] }, '{"total":6}', true],
  [{ country: ["IE"] }, "no JSON", false],
  [{ country: [{ exists: false }] }, "no JSON", false],
])("with %j the body %s passes: %j", (policy, body, passes) => {
  expect(readFilterPolicy(JSON.stringify(policy), "MessageBody")(body, attributes)).toBe(passes);
});

test.each<[unknown, string]>([
  [[], "filter_policy must be a JSON object"],
  [{ a: "x" }, "a must be an object or an array"],
  [{ a: [] }, "a must not be an empty array"],
  [{ a: [["x"]] }, "a condition takes one operator"],
  [{ a: [{ prefix: "x", suffix: "y" }] }, "a condition takes one operator"],
  [{ a: [{ cidr: "10.0.0.0/8" }] }, "the operator cidr is not modelled by the local run"],
  [{ a: [{ constructor: 1 }] }, "the operator constructor is not modelled by the local run"],
  [{ $or: [{ a: ["x"] }] }, "$or is not modelled by the local run"],
  [{ a: [{ prefix: 1 }] }, "prefix takes text, got: 1"],
  [{ a: [{ exists: "no" }] }, "exists takes true or false"],
  [{ a: [{ "anything-but": { suffix: "x" } }] }, "anything-but takes values or a prefix, got: suffix"],
  [{ a: [{ "anything-but": [] }] }, "anything-but takes texts and numbers, got: []"],
  [{ a: [{ numeric: ["="] }] }, "numeric takes"],
  [{ a: [{ numeric: ["=", "1"] }] }, "numeric takes"],
  [{ a: [{ numeric: ["<", 1, ">", 0] }] }, "numeric takes"],
  [{ a: [{ numeric: ["~", 1] }] }, "numeric takes"],
  [{ to: { country: ["IE"] } }, "can not nest keys with scope MessageAttributes, got: to.country"],
  [{ a: ["x"], b: ["x"], c: ["x"], d: ["x"], e: ["x"], f: ["x"] }, "can not have more than 5 keys, got: 6"],
])("refuses %j", (policy, message) => {
  expect(() => readFilterPolicy(JSON.stringify(policy), "MessageAttributes")).toThrow(message);
});
