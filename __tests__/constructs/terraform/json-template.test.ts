import * as fc from "fast-check";
import { escapeTemplate } from "../../../constructs/terraform/escape";
import { jsonTemplate } from "../../../constructs/terraform/json-template";
import { evaluateTemplate } from "../../../terraform/expression";
import { terraform, testWithTerraform } from "../../support/terraform";

const evaluated = (template: string, values: Readonly<Record<string, string>> = {}): unknown =>
  JSON.parse(String(evaluateTemplate(template, ([, name]) => values[String(name)])));

test("literal values are plain JSON", () => {
  expect(jsonTemplate({ a: ["b", 1, true, null], c: undefined, d: {} })).toBe('{"a":["b",1,true,null],"d":{}}');
});

test("a text with references is encoded by Terraform, and reads as one interpolation", () => {
  expect(jsonTemplate({ uri: "arn:${data.aws_partition.P.partition}:sqs:${aws_sqs_queue.Q.name}" })).toBe(
    '{"uri":${jsonencode("arn:${data.aws_partition.P.partition}:sqs:${aws_sqs_queue.Q.name}")}}',
  );
});

test("quotes, backslashes and line breaks around a reference and in what it stands for stay what they are", () => {
  const text = 'say "${var.name}"\\n\n\t\r{}}{ ';
  const value = 'a "quote", a \\ and\na break';
  expect(evaluated(jsonTemplate({ text }), { name: value })).toEqual({ text: text.replace("${var.name}", value) });
});

test("what is inside of an interpolation is left alone", () => {
  const template = '${join(":", [var.name, "{}", lower("A\\"B")])} "end"';
  expect(evaluated(jsonTemplate(template), { name: "x" })).toBe('x:{}:a"b "end"');
});

test("escaped signs beside a reference are text", () => {
  const template = `${escapeTemplate("${stageVariables.alias} %{if}")} \${var.name} $\${a "b"} $`;
  expect(evaluated(jsonTemplate({ template }), { name: "x" })).toEqual({
    template: '${stageVariables.alias} %{if} x ${a "b"} $',
  });
});

test("any JSON comes out as it went in, escaped or around a reference", () => {
  const text = fc.string({ unit: fc.constantFrom("$", "{", "}", "%", '"', "\\", "\n", "a", "é", "\u2028") });
  fc.assert(
    fc.property(fc.dictionary(text, text), text, (texts, value) => {
      const literal = Object.fromEntries(
        Object.entries(texts).map(([key, one]) => [escapeTemplate(key), escapeTemplate(one)]),
      );
      expect(evaluated(jsonTemplate(literal))).toEqual(texts);
      // A $ right before a reference would escape it.
      const referring = Object.fromEntries(
        Object.entries(literal).map(([key, one]) => [key, `${one}|\${var.name}|${one}`]),
      );
      const expected = Object.fromEntries(Object.entries(texts).map(([key, one]) => [key, `${one}|${value}|${one}`]));
      expect(evaluated(jsonTemplate(referring), { name: value })).toEqual(expected);
    }),
  );
});

testWithTerraform("Terraform reads it alike", () => {
  const body = jsonTemplate({ a: 'say "${var.name}" $${x} %%{y} {\\d+}\n', b: ["${var.name}", "$${z}"] });
  const value = 'a "quote" \\ é <&>';
  const config = { variable: { name: { default: value } }, output: { body: { value: body } } };
  const printed = terraform(config, ["init", "-backend=false"], ["apply", "-auto-approve"], ["output", "-raw", "body"]);
  const json = printed.slice(printed.lastIndexOf('\n{"') + 1);
  expect(JSON.parse(json)).toEqual({ a: `say "${value}" \${x} %{y} {\\d+}\n`, b: [value, "${z}"] });
});
