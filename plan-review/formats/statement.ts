import type { AccessFinding, AccessStatement } from "../model";

/** Statements from what widens access to what narrows it; a format that shows a few shows these first. */
const order = ["BROADENED", "ADDED", "UNKNOWN", "REMOVED", "NARROWED"] as const;

export function sortedStatements({ statements }: AccessFinding): readonly AccessStatement[] {
  return order.flatMap((change) => statements.filter((statement) => statement.change === change));
}

/** The first of a list, and how many more there are. */
export function listed<T>(values: readonly T[], limit: number): readonly [readonly T[], number] {
  // A list that is one longer is shown whole: "and 1 more" takes as much room.
  const shown = values.length <= limit + 1 ? values : values.slice(0, limit);
  return [shown, values.length - shown.length];
}

export interface StatementPart {
  /** What stands before the values: `Allow`, `on`, `if`. */
  readonly word: string;
  readonly values: readonly string[];
  /** What stands between them: all conditions must hold, of the others any. */
  readonly separator: "," | " and";
  /** How many values were left out. */
  readonly more: number;
}

/** Who, actions, resources and conditions of a statement, in the order in which it is read aloud. */
export function statementParts(
  statement: AccessStatement,
  { who }: AccessFinding,
  limit: number,
): readonly StatementPart[] {
  const part = (word: string, values: readonly string[], separator: "," | " and" = ","): StatementPart => {
    const [shown, more] = listed(values, limit);
    return { word, values: shown, separator, more };
  };
  return [
    part(statement.effect, [statement.who || who].filter(Boolean)),
    part("to do", statement.actions),
    part("on", statement.resources),
    part("if", statement.conditions, " and"),
  ].filter(({ word, values }) => values.length > 0 || word === statement.effect);
}
