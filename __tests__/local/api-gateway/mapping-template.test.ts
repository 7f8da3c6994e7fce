import { MappingTemplate, NotJsonError, type TemplateInput } from "../../../local/api-gateway/mapping-template";

const render = (template: string, input: Partial<TemplateInput> = {}) =>
  new MappingTemplate(template).render({ body: "", ...input });
const text = (template: string, input: Partial<TemplateInput> = {}): string => render(template, input).text;

describe("$input", () => {
  const body = JSON.stringify({ a: { "b c": [1, "x", { d: null }] }, t: true, n: 1.5, s: 'q"' });

  test.each([
    ["$input.body", body],
    ["$input.path('$.t')", "true"],
    ["$input.path('$.n')", "1.5"],
    ["$input.path('$.s')", 'q"'],
    ["$input.path(\"$.a['b c'][1]\")", "x"],
    ["$input.path('$.missing.more')", ""],
    ["$input.path('$.__proto__')", ""],
    ["$input.json('$.s')", '"q\\""'],
    ["$input.json(\"$.a['b c']\")", '[1,"x",{"d":null}]'],
    ["$input.json('$')", body],
    ["$input.json('$.missing')", '""'],
    ["#foreach($x in $input.path(\"$.a['b c']\"))$foreach.index#if($foreach.hasNext),#end#end", "0,1,2"],
  ])("%s", (template, expected) => {
    expect(text(template, { body })).toBe(expected);
  });

  test("an empty body is an empty object", () => {
    expect(text("$input.body $input.json('$')")).toBe("{} {}");
  });

  test("parameters come from the path, then the query, then the headers, whose names know no case", () => {
    const params = { path: { id: "p" }, querystring: { id: "q", x: "qx" }, header: { x: "h", "x-id": "hx" } };
    expect(
      text("$input.params('id') $input.params('x') $input.params('X-Id') [$input.params('none')]", { params }),
    ).toBe("p qx hx []");
    expect(text("#foreach($n in $input.params().querystring.keySet())$n#end", { params })).toBe("idx");
    expect(text("$input.params().path.get('id')", { params })).toBe("p");
  });

  test("a body that is not JSON fails only where it is read as JSON", () => {
    expect(text("$input.body", { body: "{" })).toBe("{");
    expect(() => text("$input.json('$')", { body: "{" })).toThrow(NotJsonError);
  });

  test("a JSONPath beyond names and numbers is an error that names it", () => {
    expect(() => text("$input.path('$..a')", { body })).toThrow("$..a is not modelled");
  });
});

describe("$util", () => {
  test.each([
    [
      "urlEncode",
      "a b&c=d+e~f*g-h_i.j/'()!é😀\ud800",
      "a+b%26c%3Dd%2Be%7Ef*g-h_i.j%2F%27%28%29%21%C3%A9%F0%9F%98%80%3F",
    ],
    ["urlDecode", "a+b%26%C3%A9", "a b&é"],
    ["base64Encode", "é", "w6k="],
    ["base64Decode", "w6k=", "é"],
    ["escapeJavaScript", 'it\'s "é" \\ /\n\u0001', 'it\\\'s \\"\\u00E9\\" \\\\ \\/\\n\\u0001'],
  ])("%s(%j)", (name, argument, expected) => {
    const body = JSON.stringify({ x: argument });
    expect(text(`$util.${name}($input.path('$.x'))`, { body })).toBe(expected);
  });

  test("parseJson gives what can be walked", () => {
    expect(text("#set($o = $util.parseJson($input.body))$o.a.b", { body: '{"a":{"b":2}}' })).toBe("2");
  });

  test("what is not there is empty text to a function", () => {
    expect(text("[$util.urlEncode($input.path('$.none'))]")).toBe("[]");
  });

  test("a map or list is no text to a function", () => {
    expect(() => text("$util.urlEncode($input.path('$'))")).toThrow("a text is expected, got: a map or list");
  });
});

describe("what does not exist is named before a request comes", () => {
  test.each([
    ["$util.qr('x')", "$util.qr does not exist"],
    ["#if($util.toJson($x))#end", "$util.toJson does not exist"],
    ["#set($x = $input.header('a'))", "$input.header does not exist"],
    ["$context.nothing.sub", "$context.nothing.sub does not exist or is not modelled"],
    [
      '#set($context.requestOverride.header.a = "b")',
      "$context.requestOverride.header.a does not exist or is not modelled",
    ],
    ["#if(", "not valid VTL"],
  ])("%s", (template, message) => {
    expect(() => new MappingTemplate(template)).toThrow(message);
  });

  test.each([
    ['#set($x = "$util.qr(1)")', "$util.qr does not exist"],
    ["$input.path('$').stream()", "stream() of a map or list is not modelled"],
    ["$input.body.chars()", "chars() of a text is not modelled"],
  ])("%s only when it runs", (template, message) => {
    expect(() => text(template)).toThrow(message);
  });
});

describe("Velocity's rules", () => {
  test.each([
    ['#if("")true#{else}false#end', "true"],
    ["#if(0)true#{else}false#end", "true"],
    ["#if($input.path('$.none'))true#{else}false#end", "false"],
    ["#if($nothing)true#{else}false#end", "false"],
    ["#if(!$nothing && 0)true#{else}false#end", "true"],
    ["#if($nothing || false)true#{else}false#end", "false"],
    ["#if(1 > 2)a#elseif(2 >= 2)b#{else}c#end", "b"],
    ["#set($a = 1 + 2)$a", "3"],
    ["#set($a = 0)$a", "0"],
    ["$nothing", "$nothing"],
    ["$!nothing", ""],
    ['#set($m = {"a": 1})$m.isEmpty() $m.containsKey("a") $m.size()', "false true 1"],
    ['#set($l = ["a"])$l.contains("a") $l.contains("b")', "true false"],
    ["## a comment\nx", "x"],
  ])("%s", (template, expected) => {
    expect(text(template)).toBe(expected);
  });
});

test("$context and $stageVariables are read; one that does not apply to the request is empty", () => {
  const context = { requestId: "r-1", "identity.sourceIp": "127.0.0.1", "identity.userArn": undefined };
  const template = "$context.requestId $context.identity.sourceIp [$context.identity.userArn] $stageVariables.table";
  expect(text(template, { context, stageVariables: { table: "t" } })).toBe("r-1 127.0.0.1 [] t");
});

describe("$context.responseOverride", () => {
  test.each([
    [100, 100],
    [413, 413],
    [599, 599],
    [99, undefined],
    [600, undefined],
    ['"413"', undefined],
  ])("status %s gives %s", (given, status) => {
    expect(render(`#set($context.responseOverride.status = ${given})x`)).toEqual({ text: "x", status, headers: {} });
  });

  test("headers", () => {
    const template =
      '#set($context.responseOverride.header.Location = "/a")#set($context.responseOverride.header["X-A"] = 1)';
    expect(render(template).headers).toEqual({ Location: "/a", "X-A": "1" });
  });

  test("one request's override is not the next one's", () => {
    const template = new MappingTemplate('#if($input.body == "a")#set($context.responseOverride.status = 413)#end');
    expect(template.render({ body: "a" }).status).toBe(413);
    expect(template.render({ body: "b" }).status).toBeUndefined();
  });
});
