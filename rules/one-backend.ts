import type { TerraformConfig } from "../terraform/config";

/** A stack with no backend or with several, which `terraform init` refuses. */
export function oneBackend(config: TerraformConfig): readonly string[] {
  const { backend = {}, cloud } = (config.terraform ?? {}) as { backend?: object; cloud?: object };
  const given = [...Object.keys(backend).map((type) => `backend.${type}`), ...(cloud ? ["cloud"] : [])];
  return given.length === 1 ? [] : [`terraform must have exactly one backend, got: ${given.join(", ") || "none"}`];
}
