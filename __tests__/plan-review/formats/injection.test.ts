import * as fc from "fast-check";
import { type FormatName, formats } from "../../../plan-review/formats";
import type { Review } from "../../../plan-review/model";
import { finding, gateReached, review } from "./reviews";

/** A review in which a hostile text stands wherever a plan's words can stand. */
function hostile(text: string, count = 1): Review {
  const findings = Array.from({ length: count }, (_, at) =>
    finding({
      section: at % 2 === 0 ? "iam" : "updates",
      address: text,
      constructPath: text,
      title: text,
      details: [text],
      fingerprint: "00000000000000aa",
      iam: {
        change: "BROADENED",
        who: text,
        statements: [
          {
            change: "BROADENED",
            effect: "Allow",
            who: text,
            actions: [text, text],
            resources: [text],
            conditions: [text],
            why: text,
          },
        ],
      },
    }),
  );
  const accepted = finding({ title: text, accepted: { reason: text, expires: text }, fingerprint: "00000000000000ab" });
  return review({
    isComplete: false,
    incompleteReasons: [text],
    notes: [text],
    terraformVersion: text,
    findings: [...findings, accepted],
  });
}

const print = (format: FormatName, text: string) => formats[format](hostile(text, 2), { ...gateReached, source: text });

/** Takes code spans out as CommonMark finds them: a run of backticks closes at the next run of the same length. */
function withoutCodeSpans(line: string): string {
  const runs = [...line.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  let rest = "";
  let from = 0;
  for (const [index, run] of runs.entries()) {
    if (run.at < from) continue;
    const close = runs.slice(index + 1).find(({ length }) => length === run.length);
    if (!close) continue;
    rest += `${line.slice(from, run.at)}C`;
    from = close.at + close.length;
  }
  return rest + line.slice(from);
}

/** What is ours in Markdown outside code spans; all that is left must be plain words. */
const own =
  /^<!-- plan-review:[\w.!~*'()%-]+ -->$|^#{2,3} |^ {0,2}- |^> |<\/?details>|<\/?summary>|<br>$|\*\*|--[a-z-]+|Can't|provider's/g;

function expectPlainMarkdown(printed: string): void {
  for (const line of printed.split("\n")) {
    const rest = withoutCodeSpans(line).replace(own, "");
    expect(rest).not.toMatch(/[`@[\]\\_~|$#{}&<>*^=+]|\/|www\.|:\w+:|\bGH-|^\s*(?:\d+[.)]|[-+*>#])/);
  }
}

/** Lines of one kind: the skeleton in which texts stand. */
const skeleton = (printed: string) =>
  printed.split("\n").map((line) => /^(?:#+ | *- |> |<\/?\w+>(?:<\/?\w+>)?|<!--|✂️|\*\*)?/u.exec(line)?.[0]);

function expectHarmless(format: FormatName, printed: string): void {
  // Nothing invisible, no escape sequence, no control but the line break.
  expect(printed).not.toMatch(/[^\P{C}\n]|[\u2028\u2029\u00a0]/u);
  // No command for a build log: GitHub's, Azure's, TeamCity's; none for GitLab's comments.
  expect(printed).not.toMatch(/^\s*::/m);
  expect(printed).not.toMatch(/##(?:\[|vso|teamcity)/);
  expect(printed).not.toMatch(/^\//m);
  if (format === "markdown") expectPlainMarkdown(printed);
  if (format === "html") {
    const tags = [...printed.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
    for (const tag of tags) expect(tag).toMatch(/^<(?:!doctype html|\/?[a-z][a-z0-9]*(?: [a-z-]+="[^"<>]*")*)>$/);
    expect(printed).not.toMatch(/<script|<img|<a href="[^#]/);
  }
  if (format === "sarif") {
    for (const { message } of JSON.parse(printed).runs[0].results)
      expect(message.text).not.toMatch(/(?<!\{)\{\d+\}|\]\(/);
  }
}

const attacks: Readonly<Record<string, string>> = {
  "a backtick": "`",
  "code fences": "```\nx\n``` ```` ``",
  "a table": "| a | b |\n|---|---|",
  "line breaks": "x\n\n# Approved\n\r\n- all good",
  "a mention": "@everyone cc @org/team",
  references: "#123 GH-7 owner/repo#1 !5 ~label %milestone deadbeefdeadbeef",
  links: "[click](https://evil.example) <https://evil.example> https://evil.example www.evil.example me@evil.example",
  "an image": "![x](https://evil.example/pixel.png)",
  "a comment's start": "<!-- hide the rest",
  "another comment's marker": "<!-- plan-review:plan.json -->",
  "a fold's end": "</details></summary></code></li>",
  "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "an attribute's end": '" onmouseover="alert(1)" x=\'',
  "HTML entities": "&lt;script&gt; &#x3c;img&#62;",
  "a style's end": "</style><style>*{display:none}",
  "ANSI colours": "\u001b[2J\u001b[1;32mCOMPLETE\u001b[0m",
  "a terminal hyperlink": "\u001b]8;;https://evil.example\u0007ok\u001b]8;;\u0007",
  "a carriage return": "CRITICAL\rLOW     ",
  "C1 controls": "\u009b2J\u0090x\u009c",
  "bidirectional overrides": "\u202eelbat\u202c \u2066x\u2069 \u200f",
  "zero-width characters": "ad\u200bm\u200din\ufeff\u00ad\u2060",
  "tag characters": "x\u{e0001}\u{e0041}\u{e007f}",
  "lone surrogates": "\ud800 x \udc00",
  "marks upon marks": `e${"\u0301\u0489".repeat(200)}`,
  "GitHub's commands": "::error file=a::b\n::set-output name=x::y\n::add-mask::z",
  "GitHub's old commands": "##[error]x ##[set-env name=A]b",
  "Azure's commands": "##vso[task.setvariable variable=a]b",
  "GitLab's sections": "\u001b[0Ksection_start:1700000000:x[collapsed=true]\r\u001b[0Kx",
  "GitLab's quick actions": "/merge\n/close\n/label ~x",
  "SARIF's placeholders": "{0} {1} {{2}}",
  "SARIF's links": "[x](1) [a\\](sarif:/runs/0) ](",
  "lists and quotes": "1. a\n- b\n> c\n=== \n---",
  math: "$`x`$ $$y$$",
  "a fingerprint of ours": "fingerprint 0000000000000000 · accepted until 2099-01-01",
  "a long word": "x".repeat(1_000_000),
  "a long text": "a b ".repeat(250_000),
  nothing: "",
  spaces: "   ",
};

describe.each(Object.keys(formats) as FormatName[])("%s", (format) => {
  it.each(Object.entries(attacks))("is not taken in by %s", (_, text) => {
    const printed = print(format, text);
    expectHarmless(format, printed);
    // A line of which nothing is to be seen is left out.
    if (format === "markdown" && text.trim() !== "") expect(skeleton(printed)).toEqual(skeleton(print(format, "x")));
    if (format === "text")
      expect(Math.max(...printed.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(100 + 4);
    if (format !== "json" && format !== "sarif") expect(printed.length).toBeLessThan(100_000);
  });

  it("is not taken in by any text", () => {
    const pieces = fc.constantFrom(
      ...Object.values(attacks).filter((text) => text.length < 1_000),
      " ",
      "\n",
      "\\",
      "`",
      "::",
      "x",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ maxLength: 60 }),
      fc.array(pieces, { maxLength: 6 }).map((some) => some.join("")),
    );
    const expected = skeleton(print("markdown", "x"));
    fc.assert(
      fc.property(texts, (text) => {
        const printed = print(format, text);
        expectHarmless(format, printed);
        if (format === "markdown" && text.trim() !== "") expect(skeleton(printed)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same text for the same review", () => {
    const reviewed = hostile("x", 40);
    expect(formats[format](reviewed, gateReached)).toBe(formats[format](structuredClone(reviewed), gateReached));
  });
});
