// npm run openapi -- <stack> [--api <name>] [--out <file>] [--extensions]
//
// Writes what a synthesized REST API is to whoever calls it, as OpenAPI 3, to standard output or a file.
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { faultOfArguments, isHelpWanted, keptByNpm } from "../bundling/command-line";
import { makeFolder } from "../bundling/make-folder";
import { replaceFile } from "../bundling/stamps";
import { outputFolder } from "../local/stacks";
import { exportApi, stacksWithApis } from "./export";

const usage = "usage: npm run openapi -- <stack> [--api <name>] [--out <file>] [--extensions]";

interface Options {
  readonly stack?: string;
  readonly api?: string;
  readonly out?: string;
  readonly extensions: boolean;
}

const optionTypes = {
  api: { type: "string" },
  out: { type: "string" },
  extensions: { type: "boolean", default: false },
} as const;

function readOptions(args: string[]): Options {
  if (isHelpWanted(args)) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const kept = keptByNpm("openapi", Object.keys(optionTypes), args, process.env);
    if (kept) throw new Error(kept);
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: optionTypes });
    if (positionals.length > 1) throw new Error(`stack must be one, got: ${positionals.join(", ")}`);
    if (values.out === "") throw new Error("--out must name a file, got nothing");
    return { ...values, stack: positionals[0] };
  } catch (error) {
    console.error(`${faultOfArguments(error)}\n${usage}`);
    process.exit(2);
  }
}

function main({ stack, out, ...options }: Options): void {
  const outdir = outputFolder();
  const [only, another] = stacksWithApis(outdir);
  const document = exportApi(outdir, { stack: stack ?? (another ? undefined : only), ...options });
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  write(out, text);
  const count = Object.keys(document.paths).length;
  console.log(`${out}: ${count} ${count === 1 ? "path" : "paths"} of ${document.info.title}`);
}

/**
 * Writes a file, as a whole or not at all.
 * @throws Error that names the file
 */
function write(out: string, text: string): void {
  try {
    makeFolder(path.dirname(path.resolve(out)));
    if (!fs.existsSync(out)) {
      replaceFile(out, text);
      return;
    }
    fs.accessSync(out, fs.constants.W_OK);
    // A device, such as /dev/stdout, cannot be replaced; a folder refuses.
    if (fs.statSync(out).isFile()) replaceFile(fs.realpathSync(out), text);
    else fs.writeFileSync(out, text);
  } catch (error) {
    throw new Error(`--out must be a file that can be written, got: ${out} (${(error as Error).message})`);
  }
}

try {
  main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
