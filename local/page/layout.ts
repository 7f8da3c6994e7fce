import { type Item, orderedColumns, rowsOf, type Segment } from "./layout-rows";
import type { Picture, PictureEdge, PictureNode } from "./picture";

/** Pixels. */
const NODE_WIDTH = 158;
const HEAD = 64;
const ROUTE = 20;
const FOOT = 6;
const MARGIN = 12;
/** What a picture should fit into, and how far columns may be apart for that. */
const WANTED_WIDTH = 1_230;
const LEAST_GAP = 62;
const MOST_GAP = 130;

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface DrawnEdge {
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** By the node's id. */
  readonly nodes: ReadonlyMap<string, Placed>;
  /** In the order of the picture's edges: an SVG path, and where the count belongs. */
  readonly edges: readonly DrawnEdge[];
  /** Between two columns. */
  readonly gap: number;
}

/** Middle of a route's line, from the top of its node. */
export const routeY = ({ routes }: PictureNode, route: string): number => HEAD + (routes.indexOf(route) + 0.5) * ROUTE;

const itemOf = ({ id, routes }: PictureNode): Item => ({
  id,
  height: HEAD + (routes.length > 0 ? routes.length * ROUTE + FOOT : 0),
  port: HEAD / 2,
});

/**
 * Places a picture in columns, from left to right in the direction of its edges, and orders each column so that few edges cross. An edge that closes a
 * circle goes back, below.
 */
export function layoutOf({ nodes, edges }: Pick<Picture, "nodes" | "edges">): Layout {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const forward = withoutCircles(nodes, edges);
  const columnOf = columnsOf(nodes, forward);
  const items = new Map(nodes.map((node) => [node.id, itemOf(node)]));
  const segments = [...forward].flatMap((edge) => segmentsOf(edge, byId.get(edge.from), columnOf, items));
  const columns = orderedColumns([...items.values()], columnOf, segments);
  const yOf = rowsOf(columns, segments, MARGIN);

  const count = columns.length;
  const gap = Math.min(
    MOST_GAP,
    Math.max(LEAST_GAP, Math.floor((WANTED_WIDTH - 2 * MARGIN - count * NODE_WIDTH) / Math.max(1, count - 1))),
  );
  const xOf = (id: string): number => MARGIN + (columnOf.get(id) ?? 0) * (NODE_WIDTH + gap);
  const placed = new Map(
    [...items.values()].map(({ id, height }) => [id, { x: xOf(id), y: yOf.get(id) ?? 0, width: NODE_WIDTH, height }]),
  );
  const shown = new Map([...placed].filter(([id]) => byId.has(id)));
  const bottom = Math.max(0, ...[...shown.values()].map(({ y, height }) => y + height));
  const isBack = edges.some((edge) => !forward.has(edge));
  const ends = (isOne: (edge: PictureEdge) => boolean): number => edges.filter(isOne).length;
  const drawn = edges.map((edge) => {
    const leaving = ends(({ from, route }) => from === edge.from && route === edge.route);
    const arriving = ends(({ to }) => to === edge.to);
    // Counts stand where edges are apart: those that leave together are so further on.
    const share = leaving === 1 ? 0.38 : arriving === 1 ? 0.68 : 0.55;
    if (!forward.has(edge)) return backwards(placed.get(edge.from), placed.get(edge.to), bottom);
    return curve(pointsOf(edge, byId.get(edge.from), placed), gap * share);
  });
  const width = 2 * MARGIN + count * (NODE_WIDTH + gap) - gap;
  return { width, height: bottom + MARGIN + (isBack ? 40 : 0), nodes: shown, edges: drawn, gap };
}

/** The edges without those that lead back to where a way came from. Ways begin at APIs, then at what nothing leads to. */
function withoutCircles(nodes: readonly PictureNode[], edges: readonly PictureEdge[]): ReadonlySet<PictureEdge> {
  const forward = new Set<PictureEdge>();
  const done = new Set<string>();
  const visit = (id: string, path: ReadonlySet<string>): void => {
    if (done.has(id)) return;
    done.add(id);
    const along = new Set(path).add(id);
    for (const edge of edges) {
      if (edge.from !== id || along.has(edge.to)) continue;
      forward.add(edge);
      visit(edge.to, along);
    }
  };
  const isStart = ({ id, kind }: PictureNode): number =>
    kind === "api" ? 0 : edges.some(({ to }) => to === id) ? 2 : 1;
  for (const { id } of [...nodes].sort((one, other) => isStart(one) - isStart(other))) visit(id, new Set());
  return forward;
}

/** Each node one column after the last that leads to it; what nothing leads to just before the first that it leads to. */
function columnsOf(nodes: readonly PictureNode[], edges: ReadonlySet<PictureEdge>): Map<string, number> {
  const columns = new Map<string, number>();
  const columnOf = (id: string): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    const before = [...edges].filter(({ to }) => to === id).map(({ from }) => columnOf(from) + 1);
    const column = Math.max(0, ...before);
    columns.set(id, column);
    return column;
  };
  for (const { id } of nodes) columnOf(id);
  for (const { id, kind } of nodes) {
    if (kind === "api" || [...edges].some(({ to }) => to === id)) continue;
    const after = [...edges].filter(({ from }) => from === id).map(({ to }) => columnOf(to) - 1);
    if (after.length > 0) columns.set(id, Math.min(...after));
  }
  return columns;
}

const passing = (edge: PictureEdge, column: number): string => JSON.stringify([edge.from, edge.route, edge.to, column]);

const startOf = (edge: PictureEdge, from: PictureNode | undefined): number =>
  edge.route === undefined || !from ? HEAD / 2 : routeY(from, edge.route);

/** Cuts an edge where it passes columns, which get a place for it. */
function segmentsOf(
  edge: PictureEdge,
  from: PictureNode | undefined,
  columnOf: Map<string, number>,
  items: Map<string, Item>,
): readonly Segment[] {
  const [first = 0, last = 0] = [columnOf.get(edge.from), columnOf.get(edge.to)];
  const segments: Segment[] = [];
  let at = { id: edge.from, fromY: startOf(edge, from) };
  for (let column = first + 1; column < last; column += 1) {
    const id = passing(edge, column);
    items.set(id, { id, height: 4, port: 2 });
    columnOf.set(id, column);
    segments.push({ from: at.id, to: id, fromY: at.fromY });
    at = { id, fromY: 2 };
  }
  return [...segments, { from: at.id, to: edge.to, fromY: at.fromY }];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where an edge begins, what it passes through, and where it ends. */
function pointsOf(
  edge: PictureEdge,
  node: PictureNode | undefined,
  placed: ReadonlyMap<string, Placed>,
): readonly Point[] {
  const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
  if (!from || !to) return [];
  const through: Point[] = [];
  for (let column = 0; column < placed.size; column += 1) {
    const at = placed.get(passing(edge, column));
    if (at) through.push({ x: at.x, y: at.y + 2 }, { x: at.x + at.width, y: at.y + 2 });
  }
  return [{ x: from.x + from.width, y: from.y + startOf(edge, node) }, ...through, { x: to.x, y: to.y + HEAD / 2 }];
}

/** A line through points, bent between columns and straight across them; the count is so many pixels after its beginning. */
function curve(points: readonly Point[], countAfter: number): DrawnEdge {
  const [first = { x: 0, y: 0 }, second = first] = points;
  const bends = points.slice(1).map((point, at) => {
    const previous = points[at] as Point;
    if (previous.y === point.y) return `L${point.x} ${point.y}`;
    const middle = (previous.x + point.x) / 2;
    return `C${middle} ${previous.y} ${middle} ${point.y} ${point.x} ${point.y}`;
  });
  // How far a bend has come up or down there: its tangents are level at both ends.
  const share = countAfter / Math.max(1, second.x - first.x);
  const rise = 3 * share ** 2 - 2 * share ** 3;
  return {
    path: `M${first.x} ${first.y}${bends.join("")}`,
    x: Math.round(first.x + countAfter),
    y: Math.round(first.y + (second.y - first.y) * rise),
  };
}

/** From below one node, below all others, to below another. */
function backwards(from: Placed | undefined, to: Placed | undefined, bottom: number) {
  if (!from || !to) return { path: "", x: 0, y: 0 };
  const [start, end] = [from.x + from.width / 2 + 12, to.x + to.width / 2 - 12];
  const low = bottom + 34;
  const path = `M${start} ${from.y + from.height}C${start} ${low} ${start} ${low} ${(start + end) / 2} ${low}S${end} ${low} ${end} ${to.y + to.height}`;
  return { path, x: (start + end) / 2, y: low };
}
