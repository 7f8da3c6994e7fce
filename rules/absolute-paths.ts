import * as path from "node:path";
import { findLeaves, type TerraformConfig } from "../terraform/config";

/** Attributes that name files. */
const fileAttributes = new Set(["filename", "path", "source", "source_dir", "source_file"]);

/** The methods that a usage plan bounds are paths of an API. */
const isRoute = (type: string | undefined, key: string): boolean =>
  type === "aws_api_gateway_usage_plan" && key === "path";

/** An absolute path, which differs from machine to machine and shows as a change on every plan. In the backend, any text can be one. */
export function absolutePaths(config: TerraformConfig): readonly string[] {
  const isAbsolute = (value: unknown): boolean =>
    path.posix.isAbsolute(String(value)) || path.win32.isAbsolute(String(value));
  return findLeaves(
    { terraform: config.terraform, resource: config.resource, data: config.data },
    (value, key, [block, type]) =>
      (block === "terraform" || (fileAttributes.has(key) && !isRoute(type, key))) && isAbsolute(value),
  ).map(({ path: where, value }) => `${where} must be relative to the stack's folder, got: ${value}`);
}
