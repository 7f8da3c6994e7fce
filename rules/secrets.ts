import { findLeaves, type TerraformConfig } from "../terraform/config";

/** Backend arguments that hold credentials. Terraform reads them from the environment. */
const credentialArgument = /(^|_)(access_key|secret_key|customer_key|token|password)$/;

/** A secret in the output, which is committed, uploaded and shown in plans. */
export function secrets(config: TerraformConfig): readonly string[] {
  const remedy = "Keep it in the environment, in Secrets Manager or in a Terraform variable marked sensitive";
  const isSecret = (value: unknown): boolean =>
    /\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(String(value));
  return findLeaves(
    config,
    (value, key, [block]) => isSecret(value) || (block === "terraform" && credentialArgument.test(key)),
  ).map(({ path }) => `${path} must not hold a secret. ${remedy}`);
}
