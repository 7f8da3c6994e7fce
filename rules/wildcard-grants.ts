import { statementsOf } from "../policy/document";
import { unscopableActions } from "../policy/unscopable-actions";
import { resourcesOf, type TerraformConfig } from "../terraform/config";

/** Policies of identities. In a resource's own policy, such as a key's, `*` is that resource and no other. */
const identityPolicies = new Set([
  "aws_iam_policy",
  "aws_iam_role_policy",
  "aws_iam_user_policy",
  "aws_iam_group_policy",
]);

/** A grant of more than its user needs: all actions of a service, or any resource where AWS would let us name one. */
export function wildcardGrants(config: TerraformConfig): readonly string[] {
  return resourcesOf(config)
    .filter(({ type }) => identityPolicies.has(type))
    .flatMap(({ address, attributes }) =>
      statementsOf(String(attributes.policy))
        .filter(({ effect }) => effect === "Allow")
        .flatMap(({ actions, resources }) => [
          ...actions
            .filter((action) => action.includes("*"))
            .map((action) => `${address} must name each action, got: ${action}`),
          ...(resources.includes("*") ? actions : [])
            .filter((action) => !(action in unscopableActions))
            .map(
              (action) =>
                `${address} must grant ${action} on named resources, got: *. If AWS cannot scope it, add it to policy/unscopable-actions.ts`,
            ),
        ]),
    );
}
