import { ContextTemplate } from "../../../local/api-gateway/context-template";

test("puts values in place of variables, and what is told in place of absent ones", () => {
  const template = new ContextTemplate("$context.requestId $context.identity.sourceIp. $context.status");
  expect(template.fill({ requestId: "r-1", "identity.sourceIp": "::1" }, "-")).toBe("r-1 ::1. -");
});

test("knows what an authorizer says by any name, and a Cognito claim by its prefix", () => {
  const text =
    "$context.authorizer.tenant_id $context.authorizer.level2. $context.authorizer.claims.sub:$context.authorizer.claims.cognito:username";
  const variables = {
    "authorizer.tenant_id": "t",
    "authorizer.level2": "2",
    "authorizer.claims.sub": "s",
    "authorizer.claims.cognito:username": "ann",
  };
  expect(new ContextTemplate(text).fill(variables, "-")).toBe("t 2. s:ann");
});

test("escapes a value within a JSON string, and only there", () => {
  const template = new ContextTemplate(
    '{"a\\"b":"$context.error.message","c":$context.error.messageString,"d":"$context.path"}$context.path',
  );
  const filled = template.fill(
    { "error.message": 'say "x"', "error.messageString": '"say \\"x\\""', path: "/a\\b" },
    "",
  );
  expect(filled).toBe('{"a\\"b":"say \\"x\\"","c":"say \\"x\\"","d":"/a\\\\b"}/a\\b');
});

test("a value is not read as a template", () => {
  expect(new ContextTemplate("$context.path").fill({ path: "/$context.requestId/$&", requestId: "r" }, "")).toBe(
    "/$context.requestId/$&",
  );
});

test.each([
  ["$context.authorizer", "$context.authorizer is not modelled"],
  ["$input.body", "$input.body is not modelled"],
  ["$stageVariables.a", "$stageVariables.a is not modelled"],
])("fails for %s", (template, message) => {
  expect(() => new ContextTemplate(template)).toThrow(message);
});
