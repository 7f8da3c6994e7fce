import * as path from "node:path";
import { buildSync } from "esbuild";

/**
 * Makes one file of a TypeScript module, to run in a process of its own.
 * @param entry path below `__tests__/support`
 * @param folder where the file goes
 * @returns the file, and the environment that it finds packages by
 */
export function childProgram(
  entry: string,
  folder: string,
): { readonly file: string; readonly env: NodeJS.ProcessEnv } {
  const file = path.join(folder, `${path.basename(entry, ".ts")}.js`);
  buildSync({
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["dynalite", "esbuild"],
    entryPoints: [path.join(__dirname, entry)],
    outfile: file,
  });
  return { file, env: { ...process.env, NODE_PATH: path.resolve("node_modules") } };
}
