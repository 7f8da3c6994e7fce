/** Pixels between two nodes of a column. */
const ROW_GAP = 22;
/** Rounds of ordering: more were never seen to change anything in pictures of this size. */
const ROUNDS = 8;

/** A node in its column, or the place in a column that a longer edge passes through. */
export interface Item {
  readonly id: string;
  readonly height: number;
  /** Where edges to it end, and those that begin at no route begin, from its top. */
  readonly port: number;
}

/** A part of an edge, from one column to the next. */
export interface Segment {
  readonly from: string;
  readonly to: string;
  /** Where it begins, from the top of its item. */
  readonly fromY: number;
}

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The columns, each in an order in which few edges cross: again and again by the middle of what is before, and of what is after. */
export function orderedColumns(
  items: readonly Item[],
  columnOf: ReadonlyMap<string, number>,
  segments: readonly Segment[],
): readonly (readonly Item[])[] {
  const columns: Item[][] = [];
  for (const item of items) {
    const column = columnOf.get(item.id) ?? 0;
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(item);
  }
  const rank = new Map<string, number>();
  const number = (column: readonly Item[]): void => {
    for (const [at, { id, height }] of column.entries()) rank.set(id, at + height / 1_000);
  };
  for (const column of columns) number(column);
  const sort = (column: Item[], next: (id: string) => readonly number[]): void => {
    const wanted = new Map(column.map(({ id }) => [id, mean(next(id)) ?? rank.get(id) ?? 0]));
    column.sort((one, other) => (wanted.get(one.id) ?? 0) - (wanted.get(other.id) ?? 0));
    number(column);
  };
  // Of edges that begin at one node, those of its upper routes come first.
  const before = (id: string) =>
    segments.filter(({ to }) => to === id).map(({ from, fromY }) => (rank.get(from) ?? 0) + fromY / 10_000);
  const after = (id: string) => segments.filter(({ from }) => from === id).map(({ to }) => rank.get(to) ?? 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const column of columns) sort(column, before);
    if (round < ROUNDS - 1) for (const column of [...columns].reverse()) sort(column, after);
  }
  return columns;
}

/** Tops of all items, the first after a margin: each as level with its neighbours as the others in its column let it be. */
export function rowsOf(
  columns: readonly (readonly Item[])[],
  segments: readonly Segment[],
  margin: number,
): ReadonlyMap<string, number> {
  const yOf = new Map<string, number>();
  const ports = new Map(columns.flat().map(({ id, port }) => [id, port]));
  const portOf = (id: string): number => ports.get(id) ?? 0;
  const before = (id: string) =>
    segments.filter(({ to }) => to === id).map(({ from, fromY }) => (yOf.get(from) ?? 0) + fromY - portOf(id));
  const after = (id: string) =>
    segments.filter(({ from }) => from === id).map(({ to, fromY }) => (yOf.get(to) ?? 0) + portOf(to) - fromY);
  const settle = (column: readonly Item[], wishes: (id: string) => readonly number[]): void => {
    const wanted = column.map(({ id }) => mean(wishes(id)) ?? yOf.get(id) ?? 0);
    for (const [at, y] of apart(column, wanted).entries()) yOf.set(column[at]?.id ?? "", y);
  };
  for (const column of columns) settle(column, () => [0]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const column of columns) settle(column, before);
    for (const column of [...columns].reverse()) settle(column, (id) => [...after(id), ...before(id)]);
  }
  const top = Math.min(...yOf.values()) - margin;
  return new Map([...yOf].map(([id, y]) => [id, Math.round(y - top)]));
}

/** As near to what is wanted as can be without touching: the least squares, by pooling neighbours that would touch. */
function apart(column: readonly Item[], wanted: readonly number[]): readonly number[] {
  let offset = 0;
  const offsets = column.map(({ height }) => {
    const own = offset;
    offset += height + ROW_GAP;
    return own;
  });
  const pools: { sum: number; count: number }[] = [];
  for (const [at, y] of wanted.entries()) {
    pools.push({ sum: y - (offsets[at] ?? 0), count: 1 });
    for (;;) {
      const [above, below] = pools.slice(-2);
      if (!above || !below || above.sum / above.count <= below.sum / below.count) break;
      pools.splice(-2, 2, { sum: above.sum + below.sum, count: above.count + below.count });
    }
  }
  return pools
    .flatMap(({ sum, count }) => Array<number>(count).fill(sum / count))
    .map((y, at) => y + (offsets[at] ?? 0));
}
