import type { Attributes, Config } from "./synth";

/** Every policy that one role has, by name, each as its parsed statements; AWS's own policies by the end of their ARN. */
export function policiesOf(config: Config, roleAddress: string): Record<string, readonly Attributes[] | "AWS managed"> {
  const role = `\${aws_iam_role.${roleAddress}.name}`;
  const inline = Object.values(config.resource.aws_iam_role_policy ?? {})
    .filter((policy) => policy.role === role)
    .map((policy) => [policy.name, JSON.parse(policy.policy).Statement]);
  const attached = Object.values(config.resource.aws_iam_role_policy_attachment ?? {})
    .filter((attachment) => attachment.role === role)
    .map(({ policy_arn: arn }) => {
      const name = /aws_iam_policy\.([\w-]+)\.arn/.exec(arn)?.[1];
      const policy = name ? config.resource.aws_iam_policy?.[name] : undefined;
      return policy ? [policy.name, JSON.parse(policy.policy).Statement] : [arn.split("/").at(-1), "AWS managed"];
    });
  return Object.fromEntries([...inline, ...attached]);
}
