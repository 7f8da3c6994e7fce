/** Who a statement is about: `*` is anyone. */
export type Principal =
  | "*"
  | { readonly AWS?: string | readonly string[]; readonly Service?: string | readonly string[] };

/** One statement of a policy, in IAM's own words. An identity policy has no principal; a trust policy has no resource. */
export interface Statement {
  readonly sid?: string;
  /** @default "Allow" */
  readonly effect?: "Allow" | "Deny";
  /** @default - none: the policy stands on an identity */
  readonly principal?: Principal;
  /** Actions, each by name: `sqs:SendMessage`. */
  readonly actions: readonly string[];
  /** @default - none: the policy is a role's trust policy */
  readonly resources?: readonly string[];
  /** Condition operators with their keys and values. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const oneOrMore = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 && values[0] ? values[0] : values;

/**
 * The JSON of a policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ sid, effect = "Allow", principal, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: effect,
      Principal: principal,
      Action: oneOrMore(actions),
      Resource: resources && oneOrMore(resources),
      Condition: conditions,
    })),
  });
}
