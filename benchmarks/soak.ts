// npm run soak [-- --orders 10000 --seed 1 --minutes 5]
//
// Sends orders through all hops of the synthesized orders stack while the writer fails, processes are killed and deliveries are repeated, and
// fails where an accepted order is lost, stored twice or not notified of: docs/load.md.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { Cloud } from "../local/cloud";
import { exitOnSignals } from "../local/signals";
import { variablesOf } from "../local/stacks";
import { unthrottledOrders } from "./local-orders";
import { table } from "./measure";
import { orUsage } from "./or-usage";
import { SkippingClock } from "./soak-clock";
import { Faults, seededRandom } from "./soak-faults";
import { Soak, type SoakReport } from "./soak-run";

const VIOLATIONS_SHOWN = 10;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      orders: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      minutes: { type: "string", default: "5" },
    },
  });
  const integer = (name: keyof typeof values, most: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`--${name} must be an integer from 1 to ${most}, got: ${values[name]}`);
  };
  return {
    orders: integer("orders", 999_999),
    seed: integer("seed", 2 ** 32 - 1),
    deadlineMs: integer("minutes", 1_440) * 60_000,
  };
}

const count = (value: number): string => value.toLocaleString("en");
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;

function describe(report: SoakReport, faults: Faults): string {
  const { untroubled, all, refused } = report;
  const refusals = Object.entries(refused).map(([status, times]) => `${status}: ${times}`);
  return [
    table([
      ["accepted", count(report.accepted)],
      ["refused", refusals.join(", ") || "0"],
      ["stored", count(report.stored)],
      ["in the dead-letter queue", count(report.deadLetters)],
      ["… of which stored, too", count(report.storedDeadLetters)],
      ["notified of", count(report.notified)],
      ["mails", count(report.mails)],
      ["notifications given up", count(report.undelivered)],
      [],
      ["invocations of the writer", count(faults.writerInvocations)],
      ["… made to fail", count(faults.writerFailures)],
      ["invocations of the notifier", count(faults.notifierInvocations)],
      ["processes started", count(faults.processes)],
      ["… killed", count(faults.kills)],
      ["… while they worked", count(faults.killedInvocations)],
      ["messages delivered twice", count(faults.repeatedMessages)],
      ["… received again after a failure", count(report.receivedAgain)],
      ["stream records delivered twice", count(faults.repeatedRecords)],
      ["orders mailed of again", count(report.mails - report.notified)],
      [],
      ["orders a second", (report.accepted / report.seconds).toFixed(0)],
      [`POST to mail, the ${count(untroubled.count)} that came through at once: p50`, milliseconds(untroubled.p50)],
      ["… p99", milliseconds(untroubled.p99)],
      ["POST to mail, all, retries with their 60 s: p50", milliseconds(all.p50)],
      ["… p99", milliseconds(all.p99)],
      [`time, and ${report.skippedSeconds.toFixed(0)} s skipped`, `${report.seconds.toFixed(1)} s`],
    ]),
    "",
    table([
      ["memory after a garbage collection", "heap", "resident"],
      ...report.memory.map(({ when, memory }) => [when, megabytes(memory.heapBytes), megabytes(memory.residentBytes)]),
    ]),
  ].join("\n");
}

async function main(): Promise<void> {
  const { seed, ...options } = orUsage("npm run soak -- [--orders 10000] [--seed 1] [--minutes 5]", () =>
    readOptions(process.argv.slice(2)),
  );
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gatehouse-soak-"));
  process.once("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
  const clock = new SkippingClock();
  let cloud: Cloud | undefined;
  exitOnSignals(async () => {
    await cloud?.stop();
    process.exit(130);
  });
  try {
    const folder = unthrottledOrders(scratch);
    cloud = await Cloud.start([folder], { clock, variables: variablesOf([folder], process.env) });
    const { outputs } = cloud.stacks[0] ?? {};
    const faults = new Faults(cloud, {
      random: seededRandom(seed),
      writer: String(outputs?.write_order_function_name?.value),
      notifier: String(outputs?.notify_order_function_name?.value),
    });
    const progress = (line: string): void => console.error(line);
    const report = await new Soak(cloud, clock, faults, { ...options, progress }).run();
    console.log(`${count(options.orders)} orders, seed ${seed}\n`);
    console.log(describe(report, faults));
    for (const violation of report.violations.slice(0, VIOLATIONS_SHOWN)) console.log(`✗ ${violation}`);
    const more = report.violations.length - VIOLATIONS_SHOWN;
    if (more > 0) console.log(`✗ and ${count(more)} more`);
    console.log(report.violations.length === 0 ? "\nNothing was lost." : `\n${report.violations.length} violations`);
    process.exitCode = report.violations.length === 0 ? 0 : 1;
  } finally {
    await cloud?.stop();
  }
}

main().catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
