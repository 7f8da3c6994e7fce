import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** One whole process, started anew for each run. */
export interface Command {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Done before each run, outside of its time. */
  readonly before?: () => void;
}

export interface Run {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Most memory that its largest Node.js process had, in MB of 1024² bytes. */
  readonly peakMb: number;
}

/**
 * Runs all commands in turn, then all of them again, …: whatever else the machine does meets all of them alike. A first round, which
 * fills caches, does not count.
 */
export function measure(commands: readonly Command[], rounds: number): ReadonlyMap<Command, readonly Run[]> {
  const runs = new Map<Command, Run[]>(commands.map((command) => [command, []]));
  for (let round = 0; round <= rounds; round += 1) {
    console.error(round === 0 ? "warm-up" : `round ${round} of ${rounds}`);
    for (const command of commands) {
      const made = run(command);
      if (round > 0) runs.get(command)?.push(made);
    }
  }
  return runs;
}

const peakScript = path.resolve("benchmarks/peak.js");

/** @throws Error with the end of what the process wrote, where it fails or takes over five minutes */
export function run({ name, argv: [program, ...args], cwd, env, before }: Command): Run {
  before?.();
  const peaks = path.join(cwd, "peaks");
  fs.mkdirSync(peaks, { recursive: true });
  const start = performance.now();
  const { status, error, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: `--require ${JSON.stringify(peakScript)}`, PEAK_FOLDER: peaks, ...env },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 300_000,
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${name} failed: ${error ?? String(stderr).slice(-2000)}`);
  const kilobytes = fs.readdirSync(peaks).map((file) => Number(fs.readFileSync(path.join(peaks, file), "utf8")));
  fs.rmSync(peaks, { recursive: true });
  return { seconds, peakMb: Math.max(...kilobytes) / 1024 };
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

/** Lines of columns as wide as what is in them: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      widths
        .map((width, column) =>
          column === 0 ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
