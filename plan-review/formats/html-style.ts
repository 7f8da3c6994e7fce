/** Of the HTML page. Its hash stands in the page's Content-Security-Policy. */
export const style = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --quiet: #59636e; --line: #d5dae0; --code: #eef1f4;
  --critical: #b3140f; --high: #a34700; --medium: #735c00; --low: #59636e; --good: #17703a; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1318; --card: #171c23; --ink: #e6eaef; --quiet: #9aa5b1; --line: #313a45; --code: #232b35;
  --critical: #ff7b72; --high: #ffa657; --medium: #e3c341; --low: #9aa5b1; --good: #56d47f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
p { margin: .25rem 0; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }
small { color: var(--quiet); font-size: .9rem; font-weight: normal; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
a { color: inherit; }
code { padding: .1em .3em; border-radius: 4px; background: var(--code); font: .9em ui-monospace, monospace; unicode-bidi: isolate;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
nav { margin-top: .75rem; }
summary { padding: .5rem 0; cursor: pointer; }
footer { margin-top: 2rem; }
header, .finding { padding: .75rem 1rem; border: 1px solid var(--line); border-left: 6px solid var(--edge); border-radius: 8px; background: var(--card); }
.findings { padding: 0; list-style: none; }
.finding { margin: .5rem 0; break-inside: avoid; }
.title { font-weight: 600; }
.quiet { color: var(--quiet); font-size: .875rem; }
.severity { color: var(--edge); text-transform: uppercase; letter-spacing: .03em; }
.critical { --edge: var(--critical); } .high { --edge: var(--high); } .medium { --edge: var(--medium); }
.low, .accepted { --edge: var(--low); } .none { --edge: var(--good); }
.complete { color: var(--good); } .incomplete { color: var(--high); }
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #999; --code: #fff;
    --critical: #b3140f; --high: #a34700; --medium: #735c00; --low: #444; --good: #17703a; }
  body { font-size: 11px; } main { max-width: none; padding: 0; } nav, summary { display: none; }
  details::details-content { display: block; content-visibility: visible; block-size: auto; }
}
`;
