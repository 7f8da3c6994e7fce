import { checkPlanFormat, parseDocument } from "../../plan-review/input";
import { planBytes, planDocument, planFiles } from "./plans";

const read = (bytes: Buffer | string): unknown => {
  const document = parseDocument(Buffer.from(bytes), "plan.json");
  checkPlanFormat(document, "plan.json");
  return document;
};

const plan = '{"format_version":"1.2","planned_values":{}}';

test.each(planFiles.filter((file) => !file.startsWith("no-plan")))("reads %s", (file) => {
  expect(read(planBytes(file))).toEqual(planDocument(file));
});

describe("bytes", () => {
  const utf16 = Buffer.from(plan, "utf16le");
  test.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${plan}`)],
    ["UTF-16, as PowerShell writes it", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ["UTF-16 of the other byte order", Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
    ["UTF-16 without a mark", utf16],
    ["with space around", Buffer.from(`\n ${plan}\n`)],
  ])("are read: %s", (_, bytes) => {
    expect(read(bytes)).toEqual(JSON.parse(plan));
  });

  test.each([
    ["empty", "", /^plan\.json is empty: did the command that writes it fail\? run: terraform show -json/],
    ["blank", " \n", /^plan\.json is empty/],
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xc3, 0x28]), /must be text in UTF-8 or UTF-16, got other bytes/],
    [
      "binary plan",
      Buffer.from("PK\u0003\u0004"),
      /got Terraform's binary plan file or another zip; run: terraform show/,
    ],
    ["gzip", Buffer.from([0x1f, 0x8b, 8]), /got gzip; unpack it first/],
  ])("are refused: %s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });
});

describe("text that is no JSON", () => {
  test.each([
    ["HCL", 'resource "aws_sqs_queue" "q" {\n}', /got text for people, .* or HCL; run: terraform show -json/],
    ["what people read", "\u001b[1mTerraform will perform\u001b[0m", /got text for people/],
    [
      "a truncated plan",
      plan.slice(0, 30),
      /got JSON that stops before its end \(30 characters\); write the file again/,
    ],
    ["a fault inside", '{"a":\n 1,,"b":"topsecret"}', /must be JSON, got no valid JSON( \(line 2, column \d+\))?$/],
    ["lines of JSON", planBytes("no-plan-lines.jsonl"), /got JSON Lines, .* run: terraform plan -out=plan\.out, then/],
  ])("is refused: %s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  test("is never quoted: there may be secrets in it", () => {
    const message = (() => {
      try {
        read('{"a": topsecret}');
      } catch (error) {
        return String(error);
      }
      return "nothing was refused";
    })();
    expect(message).not.toContain("topsecret");
    expect(message).toContain("no valid JSON");
  });
});

describe("JSON that is no plan", () => {
  test.each([
    ["a list", "[]", /must hold a JSON object, got a list/],
    ["null", "null", /got null/],
    ["a number", "1", /got a number/],
    ["an empty object", "{}", /must be a plan, got an object without format_version/],
    [
      "a state",
      planBytes("no-plan-state.json"),
      /got a state, as "terraform show -json" without a plan file prints it/,
    ],
    ["a state file", '{"version":4,"terraform_version":"1.11.4","serial":1}', /got a state file; plan first/],
    ["one line of terraform plan -json", '{"@level":"info"}', /got one line of "terraform plan -json"/],
    [
      "a configuration",
      '{"resource":{"aws_sqs_queue":{}}}',
      /got a configuration; give two of them, the old one first/,
    ],
    ["schemas", '{"format_version":"1.0","provider_schemas":{}}', /got schemas of providers/],
    ["nothing but a version", '{"format_version":"1.2"}', /got an object with no change, value or configuration/],
  ])("is refused: %s", (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe("format_version", () => {
  test.each(["1.0", "1.2", "1.99"])("%s is read", (version) => {
    expect(() => read(JSON.stringify({ format_version: version, resource_changes: [] }))).not.toThrow();
  });

  test.each([
    ["2.0", /must have format_version 1\.x, got: "2\.0"; a newer plan-review is needed/],
    ["0.2", /got: "0\.2"; plan with Terraform 1\.1 or later/],
    ["1", /got: "1"/],
    [1.2, /got: 1\.2/],
  ])("%p is refused", (version, message) => {
    expect(() => read(JSON.stringify({ format_version: version, resource_changes: [] }))).toThrow(message);
  });
});
