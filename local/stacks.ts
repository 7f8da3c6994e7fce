import * as fs from "node:fs";
import * as path from "node:path";
import { readConfig } from "../terraform/config";

/** Folder of the output: where the cdktf CLI or the person said, else `cdktf.out`. */
export const outputFolder = (): string => process.env.CDKTF_OUTDIR || "cdktf.out";

/** @throws Error for a file where a folder is to be */
const stacksIn = (outdir: string): readonly string[] => {
  const root = path.join(outdir, "stacks");
  // In this order: nothing can be asked of what stands below a file.
  for (const folder of [outdir, root])
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new Error(
        `${folder} must be a folder of what was synthesized, and is a file. Move it away and run npm start`,
      );
  const names = fs.existsSync(root) ? fs.readdirSync(root) : [];
  return names.filter((name) => fs.existsSync(path.join(root, name, "cdk.tf.json")));
};

/** Every environment has an orders stack; its name tells the environment's. */
const environmentsIn = (stacks: readonly string[]): readonly string[] =>
  stacks.filter((name) => name.startsWith("orders-")).map((name) => name.slice("orders-".length));

/** The environment of a stack: of those that its name ends in, the longest, since `prod-us` ends in `us` as well. */
function environmentOf(stack: string, environments: readonly string[]): string | undefined {
  const ending = environments.filter((environment) => stack.endsWith(`-${environment}`));
  return ending.sort((one, other) => other.length - one.length)[0];
}

/** `dev` where there is one, else the first environment by name. */
export function firstEnvironment(outdir: string): string {
  const environments = environmentsIn(stacksIn(outdir));
  return environments.includes("dev") ? "dev" : (environments[0] ?? "dev");
}

/**
 * The folders of one environment's stacks, which are named `<system>-<environment>`.
 * @throws Error that says which environments there are
 */
export function stackFolders(outdir: string, environment: string): readonly string[] {
  const stacks = stacksIn(outdir);
  const environments = environmentsIn(stacks);
  const found = stacks.filter((name) => environmentOf(name, environments) === environment);
  if (environments.length === 0) throw new Error(`${outdir} has no environment's stacks. Run npm start`);
  if (found.length === 0)
    throw new Error(
      `environment must be one that ${outdir} has stacks of, got: ${environment}. There are: ${environments.join(", ")}`,
    );
  return found.map((name) => path.join(outdir, "stacks", name));
}

/**
 * Values of the stacks' Terraform variables: those that the environment gives as `TF_VAR_<name>`, and an address for each `…_email` that would
 * be empty, so that there is an outbox to look into.
 */
export function variablesOf(
  folders: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const folder of folders) {
    const { variable = {} } = readConfig(folder);
    for (const [name, { default: given }] of Object.entries(variable as Record<string, { default?: unknown }>)) {
      const fromEnvironment = env[`TF_VAR_${name}`];
      if (fromEnvironment) variables[name] = fromEnvironment;
      else if (name.endsWith("_email") && !given) variables[name] = "you@example.com";
    }
  }
  return variables;
}
