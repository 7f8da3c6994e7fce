/** A statement of an IAM policy, with every "one or many" written as many. */
export interface PolicyStatement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const many = (value: unknown): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as string[]) : [value as string];

/**
 * The statements of a policy's JSON.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function statementsOf(json: string): readonly PolicyStatement[] {
  const { Statement } = JSON.parse(json) as { Statement: Record<string, unknown> | readonly Record<string, unknown>[] };
  return [Statement].flat().map((statement) => ({
    effect: statement.Effect as "Allow" | "Deny",
    actions: many(statement.Action),
    resources: many(statement.Resource),
  }));
}
