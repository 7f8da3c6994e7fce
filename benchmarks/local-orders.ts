import * as fs from "node:fs";
import * as path from "node:path";
import { firstEnvironment, outputFolder, stackFolders } from "../local/stacks";

interface Config {
  readonly resource?: {
    readonly aws_api_gateway_method_settings?: Readonly<Record<string, { readonly settings: Record<string, unknown> }>>;
  };
}

/** Requests a second and at once: more than any machine gets through. */
const UNREACHED = 10_000;

/**
 * Copies the orders stack of an environment as it was synthesized, but for its throttle, which is far above what is sent: measured is what the
 * services get through, and not the settings.
 * @returns the folder of the copy
 * @throws Error where nothing was synthesized
 */
export function unthrottledOrders(into: string): string {
  const outdir = outputFolder();
  const stack = stackFolders(outdir, firstEnvironment(outdir)).find((folder) =>
    path.basename(folder).startsWith("orders-"),
  );
  if (!stack) throw new Error(`${outdir} has no orders stack: run npm start`);
  return unthrottled(stack, into);
}

/** Copies a stack, with its throttles out of reach. */
export function unthrottled(stack: string, into: string): string {
  const folder = path.join(into, path.basename(stack));
  fs.cpSync(stack, folder, { recursive: true });
  const file = path.join(folder, "cdk.tf.json");
  const config = JSON.parse(fs.readFileSync(file, "utf8")) as Config;
  for (const { settings } of Object.values(config.resource?.aws_api_gateway_method_settings ?? {})) {
    settings.throttling_rate_limit = UNREACHED;
    settings.throttling_burst_limit = UNREACHED / 2;
  }
  fs.writeFileSync(file, JSON.stringify(config));
  return folder;
}
