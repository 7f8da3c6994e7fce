// npm run bench [-- --rounds 5 --peers ../shared/peers --all]
//
// Measures synthesis side by side with the peers' floor proof: whole processes, in turn, in copies of the sources under the system's
// temporary folder. --all installs and measures the other peers, too.
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { floorProof, Ours, otherPeers } from "./commands";
import { type Command, measure, median, type Run, run, table } from "./measure";
import { orUsage } from "./or-usage";

const PIPELINES = 200;
const FLOOR_RESOURCES_A_PIPELINE = 25;

const options = orUsage("npm run bench -- [--rounds 5] [--peers <folder>] [--all]", () =>
  readOptions(process.argv.slice(2)),
);
const proof = readFloorProof();

const single = new Ours("single");
const emptied = new Ours("emptied");
const many = new Ours("many");
many.generateHandlers(PIPELINES);
const pipelines = (copies: number): Command =>
  many.entry(`${copies} pipelines`, "benchmarks/pipelines.ts", { COPIES: String(copies), DISTINCT: "1" });
const ours = {
  warm: single.entry("orders stack", "benchmarks/orders.ts"),
  empty: { ...emptied.entry("orders stack, empty cache", "benchmarks/orders.ts"), before: () => emptied.emptyCache() },
  start: single.entry("all stages", "main.ts"),
  quarter: pipelines(PIPELINES / 4),
  half: pipelines(PIPELINES / 2),
  whole: pipelines(PIPELINES),
};
const ROUTES = [250, 500, 1_000, 2_000] as const;
const routes = (["resources", "openapi"] as const).map((definition) =>
  ROUTES.map((count) =>
    single.entry(`${count} routes, ${definition}`, "benchmarks/routes.ts", {
      ROUTES: String(count),
      DEFINITION: definition,
    }),
  ),
);
console.error(`bundling ${2 * PIPELINES} handlers`);
run(ours.whole);
const resources = many.countResources(ours.whole);
const copies = Math.round(resources / FLOOR_RESOURCES_A_PIPELINE);
const floor = proof && {
  single: proof("floor", { BUNDLE: "sdk" }),
  distinct: proof("floor, distinct handlers", { COPIES: String(PIPELINES), DISTINCT: "1" }),
  shared: proof("floor, shared handlers", { COPIES: String(PIPELINES) }),
  more: proof("floor, more resources", { COPIES: String(copies) }),
};
const others = proof && options.all ? otherPeers(options.peers) : [];

const results = measure(
  [...Object.values(floor ?? {}), ...Object.values(ours), ...routes.flat(), ...others],
  options.rounds,
);
const runsOf = (command: Command): readonly Run[] => results.get(command) ?? [];
const secondsOf = (command: Command): readonly number[] => runsOf(command).map(({ seconds }) => seconds);

const base = floor && secondsOf(floor.single);
const sameSize =
  floor &&
  roundByRound((a, b, c) => a + b - c, secondsOf(floor.distinct), secondsOf(floor.more), secondsOf(floor.shared));
const line = (what: string, command: Command, limit = "", against?: readonly number[]): string[] => {
  const peak = median(runsOf(command).map(({ peakMb }) => peakMb));
  return [what, ...times(secondsOf(command), against), limit, peak.toFixed(0)];
};
const header = ["median", "min", "max", "ratio", "limit", "peak MB"];
const count = (value: number): string => value.toLocaleString("en");

console.log(
  table([
    ["One stack, both handlers with their SDKs", ...header],
    ...(floor ? [line(`floor proof, ${FLOOR_RESOURCES_A_PIPELINE} resources`, floor.single)] : []),
    line(`ours, ${single.countResources(ours.warm)} resources, warm cache`, ours.warm, "1.5", base),
    line("ours, empty cache", ours.empty, "3", base),
    ...others.map((other) => line(other.name, other, "", base)),
    line(`ours, all stages, ${single.countResources(ours.start)} resources, warm cache`, ours.start, "about 1 s"),
    [],
    [`${PIPELINES} pipelines, ${2 * PIPELINES} distinct handlers`, ...header],
    ...(floor && sameSize
      ? [
          line(`a: floor proof, ${count(PIPELINES * FLOOR_RESOURCES_A_PIPELINE)} resources`, floor.distinct),
          line("b: a with the same two handlers in all pipelines", floor.shared),
          line(`c: b with ${count(copies * FLOOR_RESOURCES_A_PIPELINE)} resources in ${copies} pipelines`, floor.more),
          ["floor proof for as many resources as ours: a + c - b", ...times(sameSize)],
        ]
      : []),
    line(`ours, ${count(resources)} resources, warm cache`, ours.whole, "1.5, 250 MB", sameSize),
    line(`ours, ${PIPELINES / 2} pipelines`, ours.half),
    line(`ours, ${PIPELINES / 4} pipelines`, ours.quarter),
    [],
    ["One API of many routes; ratio to that of the fewest", ...header],
    ...routes.flatMap(([fewest, ...more]) => [
      ...(fewest ? [line(fewest.name, fewest)] : []),
      ...more.map((command) =>
        line(command.name, command, command.name.startsWith("1000 ") ? "3 s" : "", fewest && secondsOf(fewest)),
      ),
    ]),
  ]),
);
const growth = (from: Command, to: Command, share: number): string =>
  median(roundByRound((a, b) => ((b - a) * 1000) / (resources * share), secondsOf(from), secondsOf(to))).toFixed(2);
const perRoute = (from: Command, to: Command, more: number): string =>
  median(roundByRound((a, b) => ((b - a) * 1000) / more, secondsOf(from), secondsOf(to))).toFixed(2);
for (const [, half, whole, double] of routes) {
  if (!half || !whole || !double) continue;
  console.log(
    `${whole.name}: ${perRoute(half, whole, 500)} ms a route from 500 on, ${perRoute(whole, double, 1_000)} from 1,000 on, the same if it is linear.`,
  );
}
console.log(`
Growth of ours, limit 0.4: ${growth(ours.quarter, ours.whole, 3 / 4)} ms a resource from ${PIPELINES / 4} to ${PIPELINES} pipelines; \
${growth(ours.quarter, ours.half, 1 / 4)} up to ${PIPELINES / 2} and ${growth(ours.half, ours.whole, 1 / 2)} from there, the same if it is linear.
Times: seconds of whole processes; rounds: ${options.rounds}, after a warm-up. Ratio: median of each round's own. Peak: the largest Node.js process.
The floor proof bundles its handlers in every run, with their SDKs in the first table and without in the second; ours has them in always.`);

function readOptions(args: string[]): { readonly rounds: number; readonly peers: string; readonly all: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "5" },
      peers: { type: "string", default: "../shared/peers" },
      all: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds must be an integer from 1 to 100, got: ${values.rounds}`);
  }
  return { rounds, peers: path.resolve(values.peers), all: values.all };
}

function readFloorProof(): ReturnType<typeof floorProof> | undefined {
  if (fs.existsSync(path.join(options.peers, "raw", "floor.ts"))) return floorProof(options.peers, PIPELINES);
  console.log(
    `Baseline skipped, so no ratios: ${options.peers} has no raw/floor.ts. --peers names the folder of the peers' sources.\n`,
  );
  return undefined;
}

function roundByRound(combine: (...values: number[]) => number, ...series: readonly (readonly number[])[]): number[] {
  return (series[0] ?? []).map((_, round) => combine(...series.map((values) => values[round] as number)));
}

/** Median, least and most seconds, and the ratio to others. */
function times(seconds: readonly number[], against?: readonly number[]): string[] {
  const ratio = against ? median(roundByRound((a, b) => a / b, seconds, against)).toFixed(2) : "";
  return [...[median(seconds), Math.min(...seconds), Math.max(...seconds)].map((value) => value.toFixed(2)), ratio];
}
