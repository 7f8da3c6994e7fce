import { createHash } from "node:crypto";
import { html } from "../../../plan-review/formats/html";
import { gateReached, many, ordinary, passed, review } from "./reviews";

it("allows its own style and nothing else", () => {
  const page = html(ordinary(), gateReached);
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/<script|<link|<img|<iframe|style=|\son\w+=|https?:/);
  expect(page).toContain("@media (prefers-color-scheme: dark)");
  expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
});

it("shows verdict, exit code's reason, links to sections, and every finding", () => {
  const page = html(many(500), gateReached);
  expect(page).toContain("<h1>112 critical, 168 high, 110 medium, 110 low</h1>");
  expect(page).toContain("<b>Exit code 3</b>");
  expect(page).toContain('<a href="#data-loss">Data loss</a> 56');
  expect(page.match(/<li class="finding /g)).toHaveLength(500);
  expect(page.match(/<details>\n<summary>6 more<\/summary>/g)).toHaveLength(5);
});

it("opens and closes as many elements of each kind", () => {
  const page = html(many(500), gateReached);
  for (const name of [
    "main",
    "header",
    "section",
    "ul",
    "li",
    "p",
    "b",
    "code",
    "details",
    "summary",
    "small",
    "a",
    "nav",
  ]) {
    expect([name, page.match(new RegExp(`<${name}[ >]`, "g"))?.length]).toEqual([
      name,
      page.match(new RegExp(`</${name}>`, "g"))?.length,
    ]);
  }
});

it("has no sections where nothing was found", () => {
  expect(html(review(), passed)).not.toContain("<section");
});
