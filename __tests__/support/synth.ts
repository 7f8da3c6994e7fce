import * as fs from "node:fs";
import * as path from "node:path";
import { App, type AppProps } from "../../constructs/terraform/app";
import { Stack, type StackProps } from "../../constructs/terraform/stack";
import type { Environment, Settings } from "../../settings/schema";
import { LiveOrdersStack } from "../../stacks/live-orders";
import { OrdersStack } from "../../stacks/orders";
import { PresignedUrlStack } from "../../stacks/presigned-url";
import { StorageStack } from "../../stacks/storage";
import { scratchFolder } from "./scratch-folder";

/** Terraform JSON with the types that tests look into. */
export interface Config {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  readonly output?: Readonly<Record<string, { value: string; description: string }>>;
  readonly variable?: Readonly<Record<string, Attributes>>;
  readonly terraform: {
    readonly backend?: Attributes;
    readonly cloud?: Attributes;
    readonly required_providers: Attributes;
  };
  readonly provider: { readonly aws: readonly Attributes[] };
}

// biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of the resource that it asks for
export type Attributes = Readonly<Record<string, any>>;

export const readConfig = (outdir: string, stack: string): Config =>
  JSON.parse(fs.readFileSync(path.join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));

/** Synthesizes what `build` adds to an app; gives the output folder. */
export function synthesizeApp(build: (app: App) => void, props: Omit<AppProps, "outdir"> = {}): string {
  const outdir = path.join(scratchFolder(), "out");
  const app = new App({ ...props, outdir });
  build(app);
  app.synth();
  return outdir;
}

/** Synthesizes a stack of just what `build` adds to it. */
export function synthesize(build: (stack: Stack) => void, props: Partial<StackProps> = {}): Config {
  const outdir = synthesizeApp((app) =>
    build(new Stack(app, "test", { region: "eu-west-1", backend: { type: "local", attributes: {} }, ...props })),
  );
  return readConfig(outdir, "test");
}

/** The one resource of a type; a test that expects one fails when there are more. */
export function only(config: Config, type: string): Attributes {
  const found = Object.values(config.resource[type] ?? {});
  if (found.length !== 1) throw new Error(`expected one ${type}, got: ${found.length}`);
  return found[0] as Attributes;
}

export const countOf = (config: Config, type: string): number => Object.keys(config.resource[type] ?? {}).length;

/** An environment with the settings of a file in settings/, changed by what is given. */
export function environmentOf(name: "dev" | "prod", changes: Partial<Settings> = {}): Environment {
  const settings: Settings = { ...JSON.parse(fs.readFileSync(`settings/${name}.json`, "utf8")), ...changes };
  return { name, settings, nameOf: (text) => `${settings.namePrefix}${text}${settings.nameSuffix}` };
}

const systems = {
  orders: OrdersStack,
  storage: StorageStack,
  "presigned-url": PresignedUrlStack,
  "live-orders": LiveOrdersStack,
};

/** Synthesizes a system as one environment gets it; gives the stack's folder. */
export function systemFolder(
  system: keyof typeof systems,
  name: "dev" | "prod",
  changes: Partial<Settings> = {},
): string {
  const stack = `${system}-${name}`;
  const outdir = synthesizeApp((app) => {
    const environment = environmentOf(name, changes);
    new systems[system](app, stack, { environment, backend: { type: "local", attributes: {} } });
  });
  return path.join(outdir, "stacks", stack);
}

/** A system as one environment gets it. */
export function systemConfig(system: keyof typeof systems, name: "dev" | "prod", changes?: Partial<Settings>): Config {
  return JSON.parse(fs.readFileSync(path.join(systemFolder(system, name, changes), "cdk.tf.json"), "utf8"));
}

/** The orders pipeline as one environment gets it. */
export const ordersConfig = (name: "dev" | "prod", changes?: Partial<Settings>): Config =>
  systemConfig("orders", name, changes);
