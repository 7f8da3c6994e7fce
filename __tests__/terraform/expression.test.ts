import { evaluateTemplate, type Lookup, referencesIn } from "../../terraform/expression";
import { elementOf } from "../../terraform/values";
import { terraform, testWithTerraform } from "../support/terraform";

const variables: Readonly<Record<string, unknown>> = {
  name: "orders",
  empty: "",
  total: 3,
  flag: true,
  nothing: null,
  list: ["a", "b"],
  map: { "a.b": 1, "c-d": [{ e: "deep" }], name: "orders" },
};

const lookup: Lookup = ([root, name = "", ...steps]) => {
  if (root !== "var" || !(name in variables)) throw new Error(`${root}.${name} is not there`);
  return steps.reduce(elementOf, variables[name]);
};

const evaluate = (text: string): unknown => evaluateTemplate(text, lookup);

/** Each expression has a value, the same here and in Terraform. */
const expressions: readonly (readonly [string, unknown])[] = [
  // Literals, and what templates make of them
  ["plain", "plain"],
  ["", ""],
  ['C:\\new "quoted"', 'C:\\new "quoted"'],
  ["$${a} %%{b} $$ %% $c %d", "${a} %{b} $$ %% $c %d"],
  ["$$${1}", "$${1}"],
  ["${1}", 1],
  ["${ 1.50 }", 1.5],
  ["${1e3}", 1000],
  ["a${1}b${true}", "a1btrue"],
  ["${1}${2}", "12"],
  ["${1e21} ${-1.25e30} ${0.0000001} ${-1.5e-9}", `1${"0".repeat(21)} -125${"0".repeat(28)} 0.0000001 -0.0000000015`],
  ['${"a\\t\\"\\\\\\u00e9\\U0001F600"}', 'a\t"\\é😀'],
  ['${"$${x} ${"nested ${1}"} %%{y} $ %"}', "${x} nested 1 %{y} $ %"],
  ['${"${[1]}"}', [1]],
  ["${null}", null],
  ["${[1, true, [null],]}", [1, true, [null]]],
  ["${[]}", []],
  ['${{a = 1, "b.c": 2, (upper("d")) = 3, "${1}e" = 4, 5 = 6,}}', { a: 1, "b.c": 2, D: 3, "1e": 4, 5: 6 }],
  ["${\n  {}\n}", {}],
  // References
  ["${var.name}", "orders"],
  ["x-${var.name}-y", "x-orders-y"],
  ["${var.list}", ["a", "b"]],
  ["${var.list[1]}", "b"],
  ["${var.list[ 0 ]}", "a"],
  ["${var.list.1}", "b"],
  ['${var.list["1"]}', "b"],
  ["${var.list[var.total - 2]}", "b"],
  ['${var.map["a.b"]}', 1],
  ["${var.map.c-d[0].e}", "deep"],
  ['${var.map["c-d"].0["e"]}', "deep"],
  ['${var.map["${"c"}-d"][0]["e"]}', "deep"],
  ["${{a = {b = [7]}}.a.b[0]}", 7],
  ["${(var.map).name}", "orders"],
  // Operators
  ["${2 + 3 * 4 - 6 / 4}", 12.5],
  ["${(2 + 3) * 4}", 20],
  ["${-5 % 3}", -2],
  ["${5.5 % 2}", 1.5],
  ["${- -1}", 1],
  ["${2 - -1}", 3],
  ['${"1" + 1}', 2],
  ["${0 == -0}", true],
  ["${0 * -1 == 0}", true],
  ["${!true == false}", true],
  ["${!!true}", true],
  ['${"1" == 1}', false],
  ["${1 == true}", false],
  ["${null == null}", true],
  ["${var.nothing != null}", false],
  ["${[1, {a = 2}] == [1, {a = 2}]}", true],
  ["${1 < 2 == true}", true],
  ['${"2" > 1}', true],
  ["${[1 < 1, 1 <= 1, 1 > 1, 1 >= 1]}", [false, true, false, true]],
  ["${true || false && false}", true],
  ["${[true && true, true && false, false || false]}", [true, false, false]],
  ['${"1" && "true" || "0"}', true],
  ['${var.empty == "" ? 0 : 1}', 0],
  ["${false ? 1 : true ? 2 : 3}", 2],
  ['${true ? 1 : "a"}', "1"],
  ['${false ? true : "a"}', "a"],
  ["${false ? 1 : null}", null],
  ["${true ? 1 : var.list[9]}", 1],
  ["${true ? [1] : []}", [1]],
  // Functions
  ['${can(tonumber("x"))}', false],
  ['${can(tonumber("1"))}', true],
  ["${can(var.list[2])}", false],
  ["${can(var.list[-1])}", false],
  ["${can({a = 1}.b)}", false],
  ["${can(null.a)}", false],
  ['${can("a"[0])}', false],
  ['${can("TRUE" && true)}', false],
  ['${can(false && tonumber("x"))}', false],
  ['${can("a${[]}")}', false],
  ['${can("a${null}")}', false],
  ["${can(null < 1)}", false],
  ["${can(true ? 1 : false)}", false],
  ['${can(true ? [1] : "a")}', false],
  ['${can(tonumber(" 1"))}', false],
  ['${can(tonumber("0x10"))}', false],
  ['${can(tonumber(""))}', false],
  ["${can(tonumber(true))}", false],
  ["${can(tostring([1]))}", false],
  ['${can(coalesce(null, ""))}', false],
  ["${can(length(null))}", false],
  ["${can(length(1))}", false],
  ["${can(lower(null))}", false],
  ['${can(concat("a"))}', false],
  ['${can(contains("a", "a"))}', false],
  ['${can(join(",", ["a", null]))}', false],
  ['${can(jsondecode("{"))}', false],
  ['${can(regex("z", "a"))}', false],
  ['${can(try(tonumber("x")))}', false],
  ['${try(tonumber("x"), var.list[5], 3)}', 3],
  ['${coalesce(null, "", "b", "c")}', "b"],
  ['${coalesce(1, "b")}', "1"],
  ['${concat(["a"], [], [1])}', ["a", 1]],
  ['${[contains(["a"], "a"), contains(["1"], 1)]}', [true, false]],
  ['${join("-", ["a", 1, true], ["b"])}', "a-1-true-b"],
  ['${jsondecode("{\\"a\\": [1, null]}").a}', [1, null]],
  ['${jsonencode({b = [null, 1.50], a = "<&>\'\\n"})}', '{"a":"\\u003c\\u0026\\u003e\'\\n","b":[null,1.5]}'],
  ['${length("é👨‍👩‍👧")}', 2],
  ["${length([1, 2]) + length({a = 1})}", 3],
  ['${lower("ÀB")}${upper("àb")}${lower(1)}', "àbÀB1"],
  ['${replace("a.b.c", ".", "$&")}', "a$&b$&c"],
  ['${split(",", "a,,b")}', ["a", "", "b"]],
  ['${tolist([{ a = "b" }])[0].a}', "b"],
  ["${can(tolist({}))}", false],
  ['${split(",", "")}', [""]],
  ['${split("", "ab")}', ["a", "b"]],
  ['${[tonumber("1e3"), tonumber(".5"), tonumber("+5"), tonumber(null)]}', [1000, 0.5, 5, null]],
  ["${[tostring(1), tostring(false), tostring(null)]}", ["1", "false", null]],
  ['${urlencode("https://a b/é*!\'()~_-.&+")}', "https%3A%2F%2Fa+b%2F%C3%A9%2A%21%27%28%29~_-.%26%2B"],
  // Regular expressions: Terraform's \s is ASCII, its dot stops at \n alone
  ['${regex("o.", "orders or")}', "or"],
  ['${regex("(o)(x)?", "orders")}', ["o", null]],
  ['${regex("(?P<first>o)(?:r)(?P<rest>.*)", "orders")}', { first: "o", rest: "ders" }],
  ['${can(regex("^[^@\\\\s]+@[^@\\\\s]+$", "a@b.c"))}', true],
  ['${can(regex("^[^@\\\\s]+@[^@\\\\s]+$", "a b@c"))}', false],
  ['${can(regex("\\\\s", "\\u00a0"))}', false],
  ['${can(regex("^.$", "\\r"))}', true],
  ['${can(regex("^\\\\S\\\\@[a\\\\-z.]\\\\-$", "é@--"))}', true],
];

test.each(expressions)("%s is %j", (text, value) => {
  expect(evaluate(text)).toEqual(value);
});

testWithTerraform("Terraform gives the same values", () => {
  const config = {
    variable: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, { default: value }])),
    output: Object.fromEntries(expressions.map(([text], index) => [`e${index}`, { value: [text] }])),
  };
  const printed = terraform(config, ["apply", "-auto-approve"], ["output", "-json"]);
  const outputs = JSON.parse(printed.slice(printed.lastIndexOf("\n{\n")));
  const values = expressions.map(([text], index) => [text, outputs[`e${index}`].value[0]]);
  expect(values).toEqual(expressions);
});

test.each([
  ["plain $${a.b}", []],
  ["${aws_sqs_queue.Inbox.arn}", [["aws_sqs_queue", "Inbox", "arn"]]],
  [
    "a${data.aws_partition.P.partition}:${urlencode(var.x)}",
    [
      ["data", "aws_partition", "P", "partition"],
      ["var", "x"],
    ],
  ],
  ['${aws_x.y[0].tags["a.b"].c}', [["aws_x", "y", "0", "tags", "a.b", "c"]]],
  [
    '${true ? local.a : "${local.b}"}',
    [
      ["local", "a"],
      ["local", "b"],
    ],
  ],
  [
    "${local.a[var.i].c}",
    [
      ["var", "i"],
      ["local", "a"],
    ],
  ],
])("%s refers to %j", (text, references) => {
  expect([...referencesIn(text)].sort().reverse()).toEqual([...references].sort().reverse());
});

test.each([
  ["${foo(1)}", "the function foo is not in the local run, which has can, coalesce, concat, "],
  ["ab ${1 + foo(1)} cd", "(column 7 of ${1 + foo(1)})"],
  ["${can(foo(1))}", "the function foo is not in the local run"],
  ["${lower()}", "lower takes 1 arguments, got: 0 (column 3 of ${lower()})"],
  ["${split(1)}", "split takes 2 arguments, got: 1"],
  ["${can(1, 2)}", "can takes 1 arguments, got: 2"],
  ["${try()}", "try takes 1 or more arguments, got: 0"],
  [
    "%{ if true }a%{ endif }",
    "the directive %{ if is not in the local run: use a conditional, ? : (column 1 of %{ if true })",
  ],
  ["a %{for x in y}", "the directive %{for is not in the local run"],
  ['${"%{ if true }"}', "the directive %{ if is not in the local run"],
  ["${[for x in [1]: x]}", "a for expression is not in the local run"],
  ["${{ for x in [1]: x => x }}", "a for expression is not in the local run"],
  ["${var.list[*].a}", "an expression must stand here, got: * (column 12 of ${var.list[*].a})"],
  ["${var.list.*.a}", "the name of an attribute must stand here, got: *"],
  ["${~ 1 ~}", "an expression must stand here, got: ~"],
  ["${}", "an expression must stand here, got: }"],
  ["${1", "} must stand here, got: the end (column 4 of ${1)"],
  ["${1 2}", "} must stand here, got: 2"],
  ["${0x10}", "} must stand here, got: x"],
  ["${.5}", "an expression must stand here, got: ."],
  ["${(1}", ") must stand here, got: }"],
  ["${[1 2]}", "] must stand here, got: 2"],
  ["${{a = 1 b = 2}}", "} must stand here, got: b"],
  ["${{var.x = 1}}", "= must stand here, got: ."],
  ["${true ? 1}", ": must stand here, got: }"],
  ["${join(var.list...)}", "the name of an attribute must stand here, got: ."],
  ['${"a', "a string must end in a quote"],
  ['${"a\nb"}', "a string must end in a quote, on its line"],
  ['${"\\q"}', "escape only with"],
  ["${'a'}", "an expression must stand here, got: '"],
])("refuses to read %s", (text, message) => {
  expect(() => referencesIn(text)).toThrow(message);
  expect(() => evaluate(text)).toThrow(message);
});

test.each([
  ["${var.absent}", "var.absent is not there (in ${var.absent})"],
  ["${can(var.absent)}", "var.absent is not there"],
  ['a ${1 + lower("x")} b', 'a number is needed, got: "x" (in ${1 + lower("x")})'],
  ["a${null}", "a string is needed, got: null"],
  ["a${var.list}", "a string is needed, got: a list"],
  ["${var.list[var.total]}", "a list of 2 has no element 3"],
  ["${{a = 1, b = 2}.c}", "an object of a, b has no element c"],
  ["${{}.c}", "an object of nothing has no element c"],
  ["${null.c}", "null has no element c"],
  ["${[1][null]}", "a string is needed, got: null"],
  ["${1 / 0}", "a number cannot be divided by 0"],
  ["${1 && true}", "a bool is needed, got: a number"],
  ["${true ? 1 : [1]}", "values of one type are needed, got: a number and a list"],
  ["${join(1, 2)}", "a list is needed, got: a number"],
  ["${length(1)}", "length needs a string, a list or an object, got: a number"],
  ["${coalesce(null)}", "coalesce needs an argument that is neither null nor empty"],
  ["${try(null.a)}", "try needs an argument that has a value"],
  ['${jsondecode("x")}', "jsondecode needs JSON: "],
  ['${regex("z", "a")}', 'the regular expression "z" matches nothing'],
  ['${regex("(a)(?P<n>b)", "ab")}', "cannot mix groups with and without names"],
  [
    '${can(replace("a", "/a/", "b"))}',
    "replace with the regular expression /a/ is not in the local run: use a plain string",
  ],
])("%s has no value", (text, message) => {
  expect(() => evaluate(text)).toThrow(message);
});

test.each(["(?i)a", "a(?=b)", "(?<!a)b", "\\Aa", "a\\z", "\\1", "[[:alpha:]]", "\\pL", "[^\\S]", "[]a]"])(
  "names what the regular expression %s has and JavaScript lacks, also inside can",
  (pattern) => {
    expect(() => evaluate(`\${can(regex(${JSON.stringify(pattern)}, "a"))}`)).toThrow("the local run does not have");
  },
);

test("names a regular expression that cannot be read", () => {
  expect(() => evaluate('${can(regex("(a", "a"))}')).toThrow('the local run cannot read the regular expression "(a"');
});
