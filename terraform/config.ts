import * as fs from "node:fs";
import * as path from "node:path";

/** Terraform's JSON configuration: what stands in a cdk.tf.json. */
export type TerraformConfig = Readonly<Record<string, unknown>>;

/** The configuration in a stack's folder. */
export const readConfig = (folder: string): TerraformConfig =>
  JSON.parse(fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8"));

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
