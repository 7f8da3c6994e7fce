import * as fs from "node:fs";
import * as path from "node:path";
import type { TerraformConfig } from "../terraform/config";

/** `dev` where there is one, else the environment of the first stack that is not the account's. */
export function firstEnvironment(outdir: string): string {
  const stacks = fs.readdirSync(path.join(outdir, "stacks"));
  if (stacks.some((name) => name.endsWith("-dev"))) return "dev";
  const orders = stacks.find((name) => name.startsWith("orders-")) ?? "";
  return orders.slice("orders-".length);
}

/**
 * The folders of one environment's stacks: those named `…-<environment>`.
 * @throws Error that says which environments there are
 */
export function stackFolders(outdir: string, environment: string): readonly string[] {
  const root = path.join(outdir, "stacks");
  const stacks = fs.existsSync(root)
    ? fs.readdirSync(root).filter((name) => fs.existsSync(path.join(root, name, "cdk.tf.json")))
    : [];
  const found = stacks.filter((name) => name.endsWith(`-${environment}`));
  if (found.length === 0) {
    throw new Error(
      `environment must be one that ${outdir} has stacks of, got: ${environment}. Stacks there: ${stacks.join(", ") || "none; run npm start"}`,
    );
  }
  return found.map((name) => path.join(root, name));
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
    const { variable = {} } = JSON.parse(fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8")) as TerraformConfig;
    for (const [name, { default: given }] of Object.entries(variable as Record<string, { default?: unknown }>)) {
      const fromEnvironment = env[`TF_VAR_${name}`];
      if (fromEnvironment !== undefined) variables[name] = fromEnvironment;
      else if (name.endsWith("_email") && !given) variables[name] = "you@example.com";
    }
  }
  return variables;
}
