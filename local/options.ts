import { parseArgs } from "node:util";
import { type Environment, faultOfArguments, keptByNpm } from "../bundling/command-line";

export const usage =
  "usage: npm run local -- [environment] [--port <number>] [--data <folder>] [--watch] [--grants] [--walk]";

/** What a person asked of `npm run local`. */
export interface Options {
  /** @default - `dev` where there is one, else the first by name */
  readonly environment?: string;
  /** Of 127.0.0.1; 0 is any that is free. */
  readonly port: number;
  /** Folder that keeps messages, items and objects for the next run. @default - none: they are gone at the end */
  readonly data?: string;
  /** Whether to synthesize, and to go on with what comes out of it, whenever a source is saved. */
  readonly watch: boolean;
  /** Whether to end with what was granted and used. */
  readonly grants: boolean;
  /** Whether to walk through every system, and end. */
  readonly walk: boolean;
}

const optionTypes = {
  port: { type: "string", default: "4566" },
  data: { type: "string" },
  watch: { type: "boolean", default: false },
  grants: { type: "boolean", default: false },
  walk: { type: "boolean", default: false },
} as const;

/**
 * Reads the arguments of the command. Returns a sentence where they cannot be meant so.
 * @param env the environment, in which npm puts what it keeps of them
 */
export function readOptions(args: string[], env: Environment = {}): Options | string {
  const kept = keptByNpm("local", Object.keys(optionTypes), args, env);
  if (kept) return kept;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: optionTypes,
    });
    const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (Number.isNaN(port) || port > 65_535) return `--port must be an integer from 0 to 65535, got: ${values.port}`;
    if (positionals.length > 1) return `environment must be one, got: ${positionals.join(", ")}`;
    if (values.data === "") return "--data must be followed by a folder, got nothing";
    if (values.walk && (values.watch || values.data !== undefined))
      return `--walk runs on its own and ends: leave ${values.watch ? "--watch" : "--data"} out, or --walk`;
    const { data, watch, grants, walk } = values;
    return { environment: positionals[0], port, data, watch, grants, walk };
  } catch (error) {
    return faultOfArguments(error);
  }
}
