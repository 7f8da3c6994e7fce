import type { PolicyStatement } from "../../policy/document";
import type { AppliedStatement, NamedPolicy } from "../../policy/evaluate";

/** One action that a policy of a role grants, on one resource pattern. */
export interface Grant {
  readonly role: string;
  readonly policy: string;
  readonly action: string;
  readonly resource: string;
  /** Calls of this run that it allowed, alone or beside other grants. */
  readonly uses: number;
}

const notOf = (values: readonly string[]): readonly string[] =>
  values.length > 0 ? [`all but ${values.join(", ")}`] : [];

/** An Allow statement's actions, each on each of its resources. */
const pairsOf = (statement: Pick<PolicyStatement, "actions" | "notActions" | "resources" | "notResources">) =>
  [...statement.actions, ...notOf(statement.notActions)].flatMap((action) =>
    [...statement.resources, ...notOf(statement.notResources)].map((resource) => ({ action, resource })),
  );

const keyOf = (role: string, policy: string, pair: { readonly action: string; readonly resource: string }): string =>
  JSON.stringify([role, policy, pair]);

/** What a policy of a role grants. A pair of action and resource that stands in two of its statements is one grant. */
export function grantsOf(role: string, policy: NamedPolicy, usesOf: (key: string) => number): readonly Grant[] {
  const pairs = policy.statements.filter(({ effect }) => effect === "Allow").flatMap(pairsOf);
  const byKey = new Map(pairs.map((pair) => [keyOf(role, policy.name, pair), pair]));
  return [...byKey].map(([key, pair]) => ({ role, policy: policy.name, ...pair, uses: usesOf(key) }));
}

/** The grants of a role that had a part in a decision, each once, as `usesOf` is asked for them. */
export const usedKeys = (role: string, by: readonly AppliedStatement[]): ReadonlySet<string> =>
  new Set(
    by
      .filter(({ kind }) => kind === "identity-based")
      .flatMap(({ policy, statement, actions, resources }) =>
        pairsOf({ ...statement, actions, resources }).map((pair) => keyOf(role, policy, pair)),
      ),
  );
