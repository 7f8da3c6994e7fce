import * as fs from "node:fs";
import * as path from "node:path";

/** Terraform's JSON configuration: what stands in a cdk.tf.json. */
export type TerraformConfig = Readonly<Record<string, unknown>>;

/**
 * The configuration in a stack's folder.
 * @throws Error that names the file
 */
export function readConfig(folder: string): TerraformConfig {
  const file = path.join(folder, "cdk.tf.json");
  const refuse = (got: string): never => {
    throw new Error(`${file} must hold Terraform's JSON configuration, got: ${got}`);
  };
  let config: unknown;
  try {
    config = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return refuse((error as Error).message);
  }
  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  return isObject ? (config as TerraformConfig) : refuse(JSON.stringify(config));
}

export interface Resource {
  readonly type: string;
  readonly name: string;
  /** `<type>.<name>`, as Terraform and its plans say it. */
  readonly address: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The managed resources of a configuration. */
export function resourcesOf(config: TerraformConfig): readonly Resource[] {
  const byType = (config.resource ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
  return Object.entries(byType).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, attributes]) => ({ type, name, address: `${type}.${name}`, attributes })),
  );
}

/** A value inside a configuration, with the dotted path that leads to it. */
export interface Leaf {
  readonly path: string;
  readonly key: string;
  readonly value: string | number | boolean;
}

/**
 * The strings, numbers and booleans of a configuration that a test picks, comments (`//`) left out.
 * @param isWanted is given the value, its key and the keys that lead to it
 */
export function findLeaves(
  value: unknown,
  isWanted: (value: Leaf["value"], key: string, path: readonly string[]) => boolean,
  path: string[] = [],
): readonly Leaf[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => {
      if (key === "//") return [];
      path.push(key);
      const found = findLeaves(inner, isWanted, path);
      path.pop();
      return found;
    });
  }
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return [];
  const key = path.at(-1) ?? "";
  return isWanted(value, key, path) ? [{ path: path.join("."), key, value }] : [];
}
