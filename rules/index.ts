import type { TerraformConfig } from "../terraform/config";
import { absolutePaths } from "./absolute-paths";
import { oneBackend } from "./one-backend";
import { secrets } from "./secrets";
import { unresolvedTokens } from "./unresolved-tokens";
import { wildcardGrants } from "./wildcard-grants";

/** What every stack's Terraform JSON must pass before it is written. Each gives a sentence for each finding. */
export const rules: readonly ((config: TerraformConfig) => readonly string[])[] = [
  oneBackend,
  unresolvedTokens,
  absolutePaths,
  wildcardGrants,
  secrets,
];
