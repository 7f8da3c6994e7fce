// The picture of a stack, with live counts. Where everything is placed comes from the run.
import { count, drawing, element, part } from "./elements.mjs";

/** Characters that fit a line of a node's name. */
const LINE = 15;
const LINES = 3;
/** Pixels that a character of an edge's label takes. */
const CHARACTER = 6.2;

/** Paths of 16 by 16 pixels. */
const icons = {
  api: "M2 5h12M2 11h12M5 2v12M11 2v12",
  bucket: "M2 3h12l-2 11H4zM3 7h10",
  clients: "M2 3h12v8H2zM6 14h4M8 11v3",
  function: "M3 2h3l6 12h2M7 7l-4 7",
  mail: "M1.5 3.5h13v9h-13zM2 4l6 5 6-5",
  queue: "M1.5 4v8M5.5 4v8M9.5 4v8M13.5 4v8",
  table: "M2 3h12v10H2zM2 6.5h12M2 10h12M6.5 3v10",
  topic: "M3 8a5 5 0 0 1 10 0M5.5 8a2.5 2.5 0 0 1 5 0M8 8v6",
  users: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14a5.5 5.5 0 0 1 11 0",
};

/** What of what is counted of a node is shown: nothing for zero. */
const badges = {
  api: ([passed, refused]) => [several(passed, "request"), refused > 0 ? `${count(refused)} refused` : ""],
  function: ([passed, refused]) => [several(passed, "run"), refused > 0 ? `${count(refused)} failed` : ""],
  mail: ([passed]) => [several(passed, "mail"), ""],
  queue: ([visible, inFlight]) => [
    visible > 0 ? `${count(visible)} waiting` : "",
    inFlight > 0 ? `${count(inFlight)} in flight` : "",
  ],
};

/** The panel that shows what is in a node. */
const panelOf = { bucket: "buckets", function: "logs", mail: "outbox", queue: "queues", table: "tables" };

/** What the drawn stack itself has first, from the left, of what a panel shows. @param {string} panel */
export function firstOf(panel) {
  const nodes = [...shown.values()].flatMap(({ node }) => (node && panelOf[node.kind] === panel ? [node] : []));
  const [first] = nodes.sort((one, other) => one.isElsewhere - other.isElsewhere || one.x - other.x || one.y - other.y);
  return first?.name ?? "";
}

const several = (number, what) => (number === 0 ? "" : `${count(number)} ${what}${number === 1 ? "" : "s"}`);

/** A name in lines, broken after a hyphen or a dot where there is one. @param {string} name */
export function linesOf(name) {
  const lines = [];
  let rest = name;
  while (rest.length > LINE && lines.length < LINES - 1) {
    const at = Math.max(...["-", ".", "@", "_"].map((mark) => rest.lastIndexOf(mark, LINE - 1)));
    const end = at > 3 ? at + 1 : LINE;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...lines, rest.length > LINE + 1 ? `${rest.slice(0, LINE)}…` : rest];
}

/** What is drawn now, by the short names of the counts. */
let shown = new Map();
const totals = new Map();

function edgeElement(edge, gap) {
  const classes = `edge${edge.isForFailures ? " failures" : ""}${edge.isCounted ? "" : " still"}`;
  const arrow = edge.isForFailures ? "url(#arrow-failures)" : "url(#arrow)";
  const line = drawing("path", { d: edge.path, "marker-end": arrow, class: "line" });
  const pulse = drawing("path", { d: edge.path, class: "pulse", pathLength: 100 });
  const number = drawing("text", { x: edge.x, y: edge.y - 6, class: "count" });
  const refused = drawing("text", { x: edge.x, y: edge.y + 14, class: "count refused" });
  const made = drawing("g", { class: classes }, line, pulse, number, refused);
  if (edge.isLabelled && edge.label.length * CHARACTER < gap - 26)
    made.append(drawing("text", { x: edge.x, y: edge.y + 14, class: "label" }, edge.label));
  return { made, pulse, number, refused };
}

function nodeElement(node) {
  const { x, y, width, height, kind } = node;
  const lines = linesOf(node.name);
  const top = { 1: 30, 2: 23, 3: 16 }[lines.length];
  const badge = drawing("text", { x: width / 2, y: 58, class: "badge" });
  const title = `${node.detail} ${node.name}${node.isElsewhere ? `, of ${node.stack}` : ""}`;
  const panel = panelOf[kind];
  const made = drawing(
    panel ? "a" : "g",
    {
      class: `node ${kind}${node.isElsewhere ? " elsewhere" : ""}`,
      transform: `translate(${x} ${y})`,
      href: panel && `#${panel}/${encodeURIComponent(node.name)}`,
      "aria-label": panel && title,
    },
    drawing("title", {}, title),
    drawing("rect", { width, height, rx: 7 }),
    drawing("g", { class: "icon", transform: "translate(9 14)" }, drawing("path", { d: icons[kind] })),
    ...lines.map((line, at) => drawing("text", { x: 33, y: top + 13 * at, class: "name" }, line)),
    badge,
    ...node.routes.map((route) =>
      drawing(
        "text",
        { x: 12, y: route.y + 4, class: "route" },
        route.name.length > 24 ? `${route.name.slice(0, 23)}…` : route.name,
      ),
    ),
  );
  if (node.routes.length > 0) made.append(drawing("line", { x1: 0, x2: width, y1: 64, y2: 64 }));
  return { made, badge };
}

const arrowHead = (id) =>
  drawing(
    "marker",
    {
      id,
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    drawing("path", { d: "M0 0.5 7.5 4 0 7.5z" }),
  );

/** Draws a stack in the place of what was drawn before. */
export function draw(stack) {
  const { width, height, nodes, edges, gap } = stack;
  shown = new Map();
  const svg = drawing(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "group",
      "aria-label": `Picture of ${stack.name}: the table below says the same`,
    },
    drawing("defs", {}, arrowHead("arrow"), arrowHead("arrow-failures")),
  );
  const rows = [];
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const drawnEdges = edges.map((edge) => {
    const parts = edgeElement(edge, gap);
    const passed = element("td", { class: "number" });
    const refusedCell = element("td", { class: "number" });
    const from = `${names.get(edge.from)}${edge.route ? ` ${edge.route}` : ""}`;
    rows.push(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, from),
        element("td", {}, names.get(edge.to) ?? ""),
        element("td", {}, edge.label),
        passed,
        refusedCell,
      ),
    );
    shown.set(edge.id, { ...parts, edge, passed, refusedCell });
    return parts.made;
  });
  // From the left, as it is read: keyboards and screen readers take them in turn.
  const inTurn = [...nodes].sort((one, other) => one.x - other.x || one.y - other.y);
  const drawnNodes = inTurn.map((node) => {
    const parts = nodeElement(node);
    shown.set(node.id, { ...parts, node });
    return parts.made;
  });
  svg.append(...drawnEdges, ...drawnNodes);
  svg.style.setProperty("min-width", `${Math.round(width * 0.72)}px`);
  part("picture").replaceChildren(svg);
  // It may be wider than the window, and is scrolled by keyboard, too.
  part("picture").tabIndex = 0;
  part("edges")
    .querySelector("tbody")
    .replaceChildren(...rows);
  for (const [id, numbers] of totals) show(id, numbers, false);
}

/** Takes counts that changed, by short names. @param {Record<string, [number, number]>} counts */
export function update(counts) {
  for (const [id, numbers] of Object.entries(counts)) {
    const before = totals.get(id);
    totals.set(id, numbers);
    show(id, numbers, before !== undefined && before.join() !== numbers.join());
  }
}

/** Counts begin anew where they are told anew. */
export const forget = () => totals.clear();

function show(id, [passed, refused], isNews) {
  const found = shown.get(id);
  if (!found) return;
  if (found.node) {
    const [good = "", bad = ""] = badges[found.node.kind]?.([passed, refused]) ?? [];
    const isQueue = found.node.kind === "queue";
    found.badge.replaceChildren(
      ...[
        good && drawing("tspan", {}, good),
        bad && drawing("tspan", { class: isQueue ? "" : "bad", dx: good ? 6 : 0 }, bad),
      ].filter(Boolean),
    );
    return;
  }
  const { edge } = found;
  if (!edge.isCounted) return;
  found.number.textContent = passed > 0 ? count(passed) : "";
  found.refused.textContent = refused > 0 ? `${count(refused)} ✕` : "";
  found.made.classList.toggle("refusing", refused > 0);
  found.made.classList.toggle("used", passed > 0);
  found.passed.textContent = count(passed);
  found.refusedCell.textContent = count(refused);
  if (isNews) pulse(found.pulse);
}

/** Lets something be seen going over an edge; one at a time, so that a thousand look like a steady stream. */
function pulse(path) {
  if (path.getAnimations().length > 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  path.animate(
    [
      { strokeDasharray: "14 200", strokeDashoffset: 14, opacity: 1 },
      { strokeDasharray: "14 200", strokeDashoffset: -100, opacity: 1 },
    ],
    { duration: 650, easing: "ease-in-out" },
  );
}
