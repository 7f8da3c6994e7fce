import fc from "fast-check";
import { layoutOf } from "../../../local/page/layout";
import type { PictureEdge, PictureNode } from "../../../local/page/picture";

const node = (id: string, routes: readonly string[] = []): PictureNode => ({
  ...{ id, kind: routes.length > 0 ? "api" : "function", name: id, detail: "", stack: "one", routes },
});
const edge = (from: string, to: string, route?: string): PictureEdge => ({
  ...{ from, to, route, label: "", isForFailures: false, meters: [] },
});
const columnsOf = (nodes: readonly PictureNode[], edges: readonly PictureEdge[]) => {
  const { nodes: placed } = layoutOf({ nodes, edges });
  const lefts = [...new Set([...placed.values()].map(({ x }) => x))].sort((one, other) => one - other);
  return Object.fromEntries([...placed].map(([id, { x }]) => [id, lefts.indexOf(x)]));
};

test("places each node to the right of all that lead to it", () => {
  const nodes = ["a", "b", "c", "d"].map((id) => node(id));
  expect(columnsOf(nodes, [edge("a", "b"), edge("b", "c"), edge("a", "c"), edge("c", "d")])).toEqual({
    ...{ a: 0, b: 1, c: 2, d: 3 },
  });
});

test("places what nothing leads to just before what it leads to", () => {
  const nodes = ["a", "b", "c", "late"].map((id) => node(id));
  expect(columnsOf(nodes, [edge("a", "b"), edge("b", "c"), edge("late", "c")])).toEqual({ a: 0, b: 1, c: 2, late: 1 });
});

test("orders what routes lead to as the routes are, so that no edges cross", () => {
  const routes = ["GET /1", "GET /2", "GET /3"];
  const nodes = [node("api", routes), node("third"), node("first"), node("second")];
  const ends = ["first", "second", "third"];
  const { nodes: placed } = layoutOf({ nodes, edges: ends.map((id, at) => edge("api", id, routes[at])) });
  const tops = ends.map((id) => placed.get(id)?.y ?? 0);
  expect(tops).toEqual([...tops].sort((one, other) => one - other));
});

test("draws an edge that closes a circle below everything, and one to itself", () => {
  const nodes = ["a", "b"].map((id) => node(id));
  const { edges, height, nodes: placed } = layoutOf({ nodes, edges: [edge("a", "b"), edge("b", "a"), edge("a", "a")] });
  const bottom = Math.max(...[...placed.values()].map(({ y, height: own }) => y + own));
  expect(edges[1]?.y).toBeGreaterThan(bottom);
  expect(edges[2]?.path).toMatch(/^M/);
  expect(height).toBeGreaterThan(edges[1]?.y ?? 0);
});

test("places nothing of an empty picture", () => {
  expect(layoutOf({ nodes: [], edges: [] })).toMatchObject({ edges: [] });
});

test("never lets nodes touch, whatever is connected with what, and draws every edge within the picture", () => {
  const ids = Array.from({ length: 9 }, (_, at) => `n${at}`);
  const ends = fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids));
  fc.assert(
    fc.property(fc.array(ends, { maxLength: 24 }), (pairs) => {
      const layout = layoutOf({ nodes: ids.map((id) => node(id)), edges: pairs.map(([from, to]) => edge(from, to)) });
      const placed = [...layout.nodes.values()];
      for (const [at, one] of placed.entries()) {
        expect(one.x).toBeGreaterThanOrEqual(0);
        expect(one.y).toBeGreaterThanOrEqual(0);
        expect(one.x + one.width).toBeLessThanOrEqual(layout.width);
        expect(one.y + one.height).toBeLessThanOrEqual(layout.height);
        for (const other of placed.slice(at + 1)) {
          const isApart = one.x !== other.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
          expect(isApart).toBe(true);
        }
      }
      for (const { path } of layout.edges) expect(path).toMatch(/^M-?[\d.]+ -?[\d.]+[CL]/);
    }),
    { numRuns: 200 },
  );
});
