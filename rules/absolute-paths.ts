import * as path from "node:path";
import { leavesOf, type TerraformConfig } from "../terraform/config";

/** Attributes that name files. */
const fileAttributes = new Set(["filename", "path", "source", "source_dir", "source_file"]);

/** An absolute path, which differs from machine to machine and shows as a change on every plan. */
export function absolutePaths(config: TerraformConfig): readonly string[] {
  return [...leavesOf({ terraform: config.terraform, resource: config.resource, data: config.data })]
    .filter(
      ({ key, value }) =>
        fileAttributes.has(key) && (path.posix.isAbsolute(String(value)) || path.win32.isAbsolute(String(value))),
    )
    .map(({ path: where, value }) => `${where} must be relative to the stack's folder, got: ${value}`);
}
