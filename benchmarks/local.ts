// npm run bench:local [-- --rates 10,50,100,200 --seconds 10 --rounds 3 --ministack ministack]
//
// Sends orders at several rates through all hops of the synthesized orders stack, from POST to mail, in the local run and, where it is installed,
// in MiniStack beside it: docs/load.md.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { exitOnSignals } from "../local/signals";
import { startGatehouse } from "./local-gatehouse";
import { type Offered, offer, type Pipeline } from "./local-load";
import { hasMiniStack, startMiniStack } from "./local-ministack";
import { unthrottledOrders } from "./local-orders";
import { median, table } from "./measure";
import { orUsage } from "./or-usage";

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      rates: { type: "string", default: "10,50,100,200" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "3" },
      ministack: { type: "string", default: "ministack" },
    },
  });
  const positive = (name: string, text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= 1_000) return value;
    throw new Error(`--${name} must be integers from 1 to 1000, got: ${text}`);
  };
  return {
    rates: values.rates.split(",").map((rate) => positive("rates", rate)),
    seconds: positive("seconds", values.seconds),
    rounds: positive("rounds", values.rounds),
    ministack: values.ministack,
  };
}

const { rates, seconds, rounds, ministack } = orUsage(
  "npm run bench:local -- [--rates 10,50,100,200] [--seconds 10] [--rounds 3] [--ministack <command>]",
  () => readOptions(process.argv.slice(2)),
);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gatehouse-bench-"));
process.once("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
exitOnSignals();

/** A line for a rate: medians of the rounds. */
function lineOf(name: string, rate: number, results: readonly Offered[]): string[] {
  const of = (value: (offered: Offered) => number): number => median(results.map(value));
  const missing = results.reduce((sum, { sent, mailed }) => sum + sent - mailed, 0);
  return [
    name,
    String(rate),
    of(({ throughput }) => throughput).toFixed(1),
    of(({ p50 }) => p50).toFixed(0),
    of(({ p99 }) => p99).toFixed(0),
    String(missing),
  ];
}

async function main(): Promise<void> {
  const pipelines: Pipeline[] = [];
  try {
    const folder = unthrottledOrders(scratch);
    pipelines.push(await startGatehouse(folder));
    if (hasMiniStack(ministack)) pipelines.push(await startMiniStack(ministack, folder, scratch));
    else
      console.error(
        `MiniStack is skipped: there is no command ${ministack}; pip install ministack, or say --ministack`,
      );
    const results = new Map<Pipeline, Map<number, Offered[]>>();
    for (const pipeline of pipelines) {
      results.set(pipeline, new Map(rates.map((rate) => [rate, []])));
      console.error(`warm-up: ${pipeline.name}`);
      await offer(pipeline, 20, 3);
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const rate of rates) {
        for (const pipeline of pipelines) {
          console.error(`round ${round} of ${rounds}: ${pipeline.name}, ${rate} a second`);
          results
            .get(pipeline)
            ?.get(rate)
            ?.push(await offer(pipeline, rate, seconds));
        }
      }
    }
    const lines = pipelines.flatMap((pipeline, index) => [
      ...(index > 0 ? [[]] : []),
      ...rates.map((rate) => lineOf(pipeline.name, rate, results.get(pipeline)?.get(rate) ?? [])),
    ]);
    console.log(table([["", "offered/s", "through/s", "p50 ms", "p99 ms", "missing"], ...lines]));
    console.log(
      `\nMedians of ${rounds} rounds of ${seconds} s each, in turn. Load of the machine: ${os
        .loadavg()
        .map((load) => load.toFixed(1))
        .join(", ")} on ${os.cpus().length} processors.`,
    );
  } finally {
    await Promise.all(pipelines.map((pipeline) => pipeline.stop()));
  }
}

main().catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
