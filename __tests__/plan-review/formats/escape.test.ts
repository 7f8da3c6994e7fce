import * as fc from "fast-check";
import {
  clipped,
  htmlText,
  jsonText,
  markdownCode,
  markdownProse,
  sarifText,
  visible,
} from "../../../plan-review/formats/escape";

describe("what a reader cannot see", () => {
  it.each([
    ["a line break", "a\nb", "a\\nb"],
    ["a carriage return", "a\rb", "a\\rb"],
    ["a tab", "a\tb", "a\\tb"],
    ["an ANSI colour", "\u001b[31mred", "\\u{1b}[31mred"],
    ["a terminal hyperlink", "\u001b]8;;http://x\u0007y", "\\u{1b}]8;;http://x\\u{7}y"],
    ["a C1 control", "\u009b31m", "\\u{9b}31m"],
    ["a right-to-left override", "a\u202eb", "a\\u{202e}b"],
    ["an isolate", "a\u2066b", "a\\u{2066}b"],
    ["a zero-width space", "ad\u200bmin", "ad\\u{200b}min"],
    ["a soft hyphen", "ad\u00admin", "ad\\u{ad}min"],
    ["a Hangul filler", "\u3164", "\\u{3164}"],
    ["a blank Braille pattern", "\u2800", "\\u{2800}"],
    ["a tag character", "a\u{e0041}", "a\\u{e0041}"],
    ["a variation selector", "a\ufe0f", "a\\u{fe0f}"],
    ["a no-break space", "a\u00a0b", "a\\u{a0}b"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["a fifth mark upon a letter", `e${"\u0301".repeat(5)}`, `e${"\u0301".repeat(4)}\\u{301}`],
    ["a build log's command prefix", "x ##[error]y", "x #\\u{23}[error]y"],
  ])("is written as an escape: %s", (_, raw, shown) => {
    expect(visible(raw)).toBe(shown);
  });

  it("leaves what a reader sees as it is", () => {
    const text = 'arn:aws:s3:::bucket/* → "größer" 注文 é 🚀 #1 [0]';
    expect(visible(text)).toBe(text);
  });
});

describe("clipped", () => {
  it("keeps a text of the limit's length", () => {
    expect(clipped("x".repeat(30), 30)).toBe("x".repeat(30));
  });

  it("cuts the middle of a longer one and says how much", () => {
    expect(clipped(`${"a".repeat(20)}-${"z".repeat(10)}`, 30)).toBe(
      `${"a".repeat(20)} … 1 characters … ${"z".repeat(10)}`,
    );
  });

  it("splits no surrogate pair", () => {
    for (const limit of [28, 29, 30, 31, 32, 33]) expect(clipped("🚀".repeat(40), limit)).not.toMatch(/\p{Cs}/u);
  });
});

describe("markdownCode", () => {
  it.each([
    ["a name", "`a name`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    ["``x", "``` ``x ```"],
    ["", "` `"],
    ["<!-- plan-review:x -->", "`<!\\u{2d}- plan-review:x -->`"],
  ])("fences %j", (raw, shown) => {
    expect(markdownCode(raw)).toBe(shown);
  });
});

describe("markdownProse", () => {
  it.each([
    ['plain words, and (more) of them: 12 "x" → 1,024:', 'plain words, and (more) of them: 12 "x" → 1,024:'],
    ["role gains dynamodb:* on x", "role gains `dynamodb:*` on x"],
    ["hello @team and #12", "hello `@team` and `#12`"],
    ["fixes owner/repo#1 GH-12", "fixes `owner/repo#1 GH-12`"],
    ["see www.example.com", "see `www.example.com`"],
    ["commit deadbeef", "commit `deadbeef`"],
    ["1. first", "`1.` first"],
    ["- item", "`-` item"],
    ["> quote", "`>` quote"],
    ["/close", "`/close`"],
    ["**bold** _it_ ~~x~~", "`**bold** _it_ ~~x~~`"],
    ["[x](http://y) ![z](w)", "`[x](http://y) ![z](w)`"],
    ["a | b", "a `|` b"],
    ["</details>", "`</details>`"],
    [":smile: $x$ &amp;", "`:smile: $x$ &amp;`"],
    ["`a` and `b`", "`` `a` `` and `` `b` ``"],
  ])("puts what is no plain word of %j in code spans", (raw, shown) => {
    expect(markdownProse(raw)).toBe(shown);
  });
});

it("makes HTML of no text", () => {
  expect(htmlText(`<img src=x onerror='a("b")'>&amp;`)).toBe(
    "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;amp;",
  );
});

it("makes neither placeholders nor links of SARIF's texts", () => {
  expect(sarifText("{0} ${a.b} [x](1) [a\\](b) q[0]")).toBe("{{0}} ${{a.b}} [x] (1) [a\\] (b) q[0]");
});

describe("jsonText", () => {
  it("says the same after parsing, whatever the text, and has nothing in it that acts in a terminal or log", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const printed = jsonText({ [text]: [text] });
        expect(JSON.parse(printed)).toEqual({ [text]: [text] });
        expect(printed).not.toMatch(/[^\P{C}\n]|##/u);
      }),
    );
  });
});
