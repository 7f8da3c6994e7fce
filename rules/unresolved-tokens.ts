import { findLeaves, type TerraformConfig } from "../terraform/config";

/** cdktf writes a number that it has not resolved as one of these magnitudes. */
const TOKEN_NUMBER = -1e200;

/** A token that reached the output: usually a list or an object put through `JSON.stringify`. */
export function unresolvedTokens(config: TerraformConfig): readonly string[] {
  const isToken = (value: unknown): boolean =>
    typeof value === "number" ? value < TOKEN_NUMBER : /TfToken\[|<unresolved-token>/.test(String(value));
  return findLeaves(config, isToken).map(
    ({ path, value }) =>
      `${path} must be resolved, got: ${value}. Lists and objects of references cannot go through JSON.stringify`,
  );
}
