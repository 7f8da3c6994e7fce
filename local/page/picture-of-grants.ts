import { type PolicyStatement, statementsOf } from "../../policy/document";
import { managedPolicies } from "../../policy/managed-policies";
import type { Resource } from "../../terraform/config";
import type { PictureEdge, PictureNode } from "./picture";

/** What a queue's or a stream's own poller calls for its function: that way is the mapping's. */
const POLLING =
  /^(sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes|ChangeMessageVisibility)|dynamodb:(GetRecords|GetShardIterator|DescribeStream|ListStreams))$/;

/** Actions that say nothing of what a function does with a resource. */
const ASIDE = /:(Describe|List(Topics|Streams)|Get\w+Attributes)/;

export const isPolling = (action: string): boolean => POLLING.test(action);

/**
 * The node that a resource of a call, or of a grant, is or is in: a bucket for its objects, a table for its indexes, a WebSocket API's clients for their connections.
 * Nothing for what is no node.
 */
export function nodeIdOf(resource: string): string | undefined {
  const [, , service, , , ...rest] = resource.split(":");
  const named = rest.join(":");
  switch (service) {
    case "s3":
      return resource.split("/")[0];
    case "dynamodb":
      return named.includes("/stream/") ? undefined : resource.replace(/\/index\/.*$/, "");
    case "execute-api":
      return `${named.includes("/@connections/") ? "clients" : "api"}:${named.split("/")[0]}`;
    case "sqs":
    case "sns":
      return resource;
    default:
      return undefined;
  }
}

const text = (value: unknown): string => String(value ?? "");

const isAllowed = ({ effect }: PolicyStatement): boolean => effect === "Allow";

/** Allowing statements of each role's policies, by the role's name. */
function statementsByRole(resources: readonly Resource[]): ReadonlyMap<string, readonly PolicyStatement[]> {
  const managed = new Map(
    resources
      .filter(({ type }) => type === "aws_iam_policy")
      .map(({ attributes: { arn, policy } }) => [text(arn), text(policy)]),
  );
  const documentOf = ({ type, attributes }: Resource): string | undefined => {
    if (type === "aws_iam_role_policy") return text(attributes.policy);
    if (type !== "aws_iam_role_policy_attachment") return undefined;
    const arn = text(attributes.policy_arn);
    return managed.get(arn) ?? managedPolicies[arn.replace(/^arn:[^:]+:iam::aws:policy\//, "")];
  };
  const byRole = new Map<string, readonly PolicyStatement[]>();
  for (const resource of resources) {
    const document = documentOf(resource);
    const role = text(resource.attributes.role);
    if (document) byRole.set(role, [...(byRole.get(role) ?? []), ...statementsOf(document).filter(isAllowed)]);
  }
  return byRole;
}

interface Role {
  readonly arn: string;
  readonly name: string;
  /** ARNs of the roles that its trust policy names. */
  readonly trusts: readonly string[];
}

const roleOf = ({ attributes: { arn, name, assume_role_policy: trust } }: Resource): Role => ({
  arn: text(arn),
  name: text(name),
  trusts: statementsOf(text(trust))
    .filter(isAllowed)
    .flatMap(({ principals }) => principals.filter(({ type }) => type === "AWS").map(({ value }) => value)),
});

/** `PutItem, Query`: what is done, without the service's name. */
const labelOf = (actions: readonly string[]): string => {
  const [first = "", second, ...others] = actions.map((action) => action.split(":").at(-1) ?? "");
  return [first, second, others.length > 0 ? "…" : undefined].filter(Boolean).join(", ");
};

/**
 * What functions may do with other nodes, by the policies of their roles and of roles that those assume. Grants on everything (`*`) lead nowhere in particular and
 * are left out.
 */
export function grantEdges(
  resources: readonly Resource[],
  nodes: readonly Pick<PictureNode, "id">[],
): readonly PictureEdge[] {
  const known = new Set(nodes.map(({ id }) => id));
  const statements = statementsByRole(resources);
  const roles = resources.filter(({ type }) => type === "aws_iam_role").map(roleOf);
  const functions = resources.filter(({ type }) => type === "aws_lambda_function");
  return functions.flatMap(({ attributes: { arn, role: roleArn } }) => {
    const acting = roles.filter((role) => role.arn === roleArn || role.trusts.includes(text(roleArn)));
    const grants = acting.flatMap((role) =>
      (statements.get(role.name) ?? []).flatMap((one) => grantsIn(one, role.arn)),
    );
    const targets = [...new Set(grants.map(({ to }) => to))].filter((to) => known.has(to));
    return targets.map((to) => {
      const own = grants.filter((grant) => grant.to === to);
      const label = labelOf([...new Set(own.map(({ action }) => action))]);
      const meters = [...new Set(own.map(({ roleArn: by }) => `call ${by} ${to}`))];
      return { from: text(arn), to, label, isForFailures: false, meters };
    });
  });
}

const grantsIn = ({ actions, resources }: PolicyStatement, roleArn: string) =>
  actions
    .filter((action) => !isPolling(action) && !ASIDE.test(action))
    .flatMap((action) => resources.flatMap((one) => nodeIdOf(one) ?? []).map((to) => ({ roleArn, action, to })));
