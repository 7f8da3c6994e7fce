import { leavesOf, type TerraformConfig } from "../terraform/config";

/** Backend arguments that hold credentials. Terraform reads them from the environment. */
const credentialArguments = new Set(["access_key", "secret_key", "token"]);

/** A secret in the output, which is committed, uploaded and shown in plans. */
export function secrets(config: TerraformConfig): readonly string[] {
  const remedy = "Keep it in the environment, in Secrets Manager or in a Terraform variable marked sensitive";
  return [...leavesOf(config)]
    .filter(
      ({ path, key, value }) =>
        /\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(String(value)) ||
        (path.startsWith("terraform.") && credentialArguments.has(key)),
    )
    .map(({ path }) => `${path} must not hold a secret. ${remedy}`);
}
