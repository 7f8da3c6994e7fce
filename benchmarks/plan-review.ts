// npm run bench:plan-review
//
// How long the built command takes for large plans of four shapes beside reading and parsing them alone, and for an ordinary one by itself.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { policiesPlan, realPlan, systemsPlan } from "./large-plans";
import { type Command, measure, median, table } from "./measure";

const POLICIES = 5000;
const ROUNDS = 5;

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gatehouse-bench-"));
process.once("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));

const built = path.join(scratch, "plan-review.js");
execFileSync(process.execPath, [path.resolve("plan-review/build.js"), built]);

const parse = path.join(scratch, "parse.js");
fs.writeFileSync(parse, 'JSON.parse(require("node:fs").readFileSync(process.argv[2], "utf8"));\n');

interface Pair {
  readonly name: string;
  readonly parsing: Command;
  readonly reviewing: Command;
}

function pairOf(shape: string, plan: string): Pair {
  const file = path.join(scratch, `${shape.replaceAll(/\W+/g, "-")}.json`);
  fs.writeFileSync(file, plan);
  const name = `${(fs.statSync(file).size / 1e6).toFixed(2)} MB, ${shape}`;
  return {
    name,
    parsing: { name: `${name}: read and JSON.parse`, argv: [process.execPath, parse, file], cwd: scratch },
    reviewing: { name: `${name}: review`, argv: [process.execPath, built, file], cwd: scratch },
  };
}

const pairs = [
  pairOf(`systems, and ${POLICIES} policies that get an action more`, systemsPlan(POLICIES, 105e6)),
  pairOf(`${POLICIES} policies as Terraform shows them`, realPlan(POLICIES)),
  pairOf(`${POLICIES} policies of 15 statements, little else`, policiesPlan(POLICIES, 15)),
  pairOf(`${POLICIES} policies, changes only`, policiesPlan(POLICIES, 34, true)),
  pairOf("ordinary: 3 policies as Terraform shows them", realPlan(3)),
];
const runs = measure(
  pairs.flatMap(({ parsing, reviewing }) => [parsing, reviewing]),
  ROUNDS,
);
const secondsOf = (command: Command) => median(runs.get(command)?.map(({ seconds }) => seconds) ?? []);
const peakOf = (command: Command) => Math.max(...(runs.get(command)?.map(({ peakMb }) => peakMb) ?? []));
const rows = pairs.map(({ name, parsing, reviewing }) => [
  name,
  `${secondsOf(parsing).toFixed(3)} s`,
  `${secondsOf(reviewing).toFixed(3)} s`,
  `${(secondsOf(reviewing) / secondsOf(parsing)).toFixed(2)} ×`,
  `${peakOf(parsing).toFixed(0)} MB`,
  `${peakOf(reviewing).toFixed(0)} MB`,
]);
console.log(table([["", "read + parse", "review", "ratio", "peak of parsing", "peak of review"], ...rows]));
