import { readArguments } from "../../plan-review/arguments";

test("without arguments, the text of a plan from standard input, and critical findings fail", () => {
  expect(readArguments([])).toEqual({
    files: [],
    format: "text",
    failOn: "critical",
    isCompleteRequired: false,
    isExitDetailed: false,
    acceptFile: undefined,
    configFile: undefined,
    isHelpWanted: false,
  });
});

test("options stand before and after files", () => {
  const args = ["--format=json", "a.json", "--fail-on", "high", "--require-complete", "--detailed-exitcode"];
  expect(readArguments([...args, "--accept", "b.json", "--config", "c.json", "-"])).toMatchObject({
    files: ["a.json", "-"],
    format: "json",
    failOn: "high",
    isCompleteRequired: true,
    isExitDetailed: true,
    acceptFile: "b.json",
    configFile: "c.json",
  });
});

test.each([
  [["--format", "xml"], "--format must be one of text, markdown, json, sarif, html, got: xml"],
  [["--format", "toString"], "got: toString"],
  [["--fail-on", "none"], "--fail-on must be one of critical, high, medium, low, got: none"],
  [["--fail-on"], /fail-on.*argument missing; plan-review --help lists the options/],
  [["--strict"], /'--strict'.*; plan-review --help lists the options/],
  [["a", "b", "c"], "one plan or two configurations can be reviewed, got 3 files"],
])("%j is refused", (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
