// npm run openapi -- <stack> [--api <name>] [--out <file>] [--extensions]
//
// Writes what a synthesized REST API is to whoever calls it, as OpenAPI 3, to standard output or a file.
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { outputFolder } from "../local/stacks";
import { exportApi, stacksWithApis } from "./export";

const usage = "usage: npm run openapi -- <stack> [--api <name>] [--out <file>] [--extensions]";

interface Options {
  readonly stack?: string;
  readonly api?: string;
  readonly out?: string;
  readonly extensions: boolean;
}

function readOptions(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { api: { type: "string" }, out: { type: "string" }, extensions: { type: "boolean", default: false } },
    });
    if (positionals.length > 1) throw new Error(`stack must be one, got: ${positionals.join(", ")}`);
    return { ...values, stack: positionals[0] };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

function main({ stack, out, ...options }: Options): void {
  const outdir = outputFolder();
  const [only, another] = stacksWithApis(outdir);
  const document = exportApi(outdir, { stack: stack ?? (another ? undefined : only), ...options });
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (!out) {
    process.stdout.write(text);
    return;
  }
  fs.mkdirSync(path.dirname(path.resolve(out)), { recursive: true });
  fs.writeFileSync(out, text);
  console.log(`${out}: ${Object.keys(document.paths).length} paths of ${document.info.title}`);
}

try {
  main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
