import type { Json, JsonObject } from "./plan";
import { opaqueText } from "./templates";
import { isMarkedWithin, isObject, valueAt } from "./values";

/** What a plan knows of a data source that is read while applying. */
interface Planned {
  readonly after: JsonObject | null;
  readonly afterUnknown: Json;
}

type Evaluate = (expression: Json | undefined) => unknown;

const blocks = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const elements = [
  ["actions", "Action"],
  ["not_actions", "NotAction"],
  ["resources", "Resource"],
  ["not_resources", "NotResource"],
] as const;

/** `&{aws:username}` is how the data source writes what IAM writes with a dollar sign. */
const withVariables = (text: string): string => text.replaceAll("&{", "${");

/**
 * Reads the arguments of an `aws_iam_policy_document` from the configuration; where that does not hold them as constants, from the
 * plan, in which each unknown part is opaque.
 */
class DocumentReader {
  constructor(
    private readonly address: string,
    private readonly planned: Planned | undefined,
    private readonly evaluate: Evaluate,
  ) {}

  statement(block: JsonObject, index: number): JsonObject {
    const at = ["statement", index];
    const condition: Record<string, Record<string, readonly string[]>> = {};
    blocks(block.condition).forEach((inner, number) => {
      const path = [...at, "condition", number];
      const test = this.text(inner, "test", path);
      const key = this.text(inner, "variable", path);
      const values = this.texts(inner, "values", path);
      condition[test] = { ...condition[test], [key]: [...(condition[test]?.[key] ?? []), ...values] };
    });
    const listed = elements.flatMap(([name, element]) => {
      const values = this.texts(block, name, at);
      return values.length > 0 ? [[element, values] as const] : [];
    });
    return {
      Effect: this.text(block, "effect", at) || "Allow",
      ...Object.fromEntries(listed),
      ...this.principals(block, "principals", "Principal", at),
      ...this.principals(block, "not_principals", "NotPrincipal", at),
      ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
    };
  }

  private principals(block: JsonObject, name: string, element: string, at: readonly (string | number)[]): JsonObject {
    const byType: Record<string, readonly string[]> = {};
    blocks(block[name]).forEach((inner, number) => {
      const path = [...at, name, number];
      const type = this.text(inner, "type", path);
      byType[type] = [...(byType[type] ?? []), ...this.texts(inner, "identifiers", path)];
    });
    if (Object.keys(byType).length === 0) return {};
    // The data source writes both as the star that means anyone.
    const isAnyone = Object.keys(byType).length === 1 && byType["*"]?.join() === "*";
    return { [element]: isAnyone ? "*" : byType };
  }

  private text(block: JsonObject, name: string, at: readonly (string | number)[]): string {
    return this.texts(block, name, at)[0] ?? "";
  }

  private texts(block: JsonObject, name: string, at: readonly (string | number)[]): readonly string[] {
    const path = [...at, name];
    if (block[name] === undefined) return [];
    const configured = this.evaluate(block[name]);
    if (configured !== undefined && configured !== null)
      return [configured].flat().map((one) => withVariables(String(one)));
    const unknown = opaqueText(`${this.address}.${path.join(".")}`);
    const planned = valueAt(this.planned?.after ?? undefined, path);
    if (!Array.isArray(planned)) return [typeof planned === "string" ? withVariables(planned) : unknown];
    if (planned.length === 0) return [unknown];
    return planned.map((one: Json, index) =>
      typeof one === "string" && !isMarkedWithin(this.planned?.afterUnknown, [...path, index])
        ? withVariables(one)
        : opaqueText(`${this.address}.${[...path, index].join(".")}`),
    );
  }
}

/**
 * The policy that an `aws_iam_policy_document` gives.
 *
 * @param block its configuration
 * @returns undefined where it takes statements from other documents, or has blocks that the configuration does not list
 * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
 */
export function policyOfDataSource(
  address: string,
  block: JsonObject,
  planned: Planned | undefined,
  evaluate: Evaluate,
): JsonObject | undefined {
  const arguments_ = isObject(block.expressions) ? block.expressions : {};
  const others = ["source_policy_documents", "override_policy_documents", "source_json", "override_json"];
  if (others.some((name) => arguments_[name] !== undefined)) return undefined;
  const statements = blocks(arguments_.statement);
  const plannedStatements = valueAt(planned?.after ?? undefined, ["statement"]);
  if (Array.isArray(plannedStatements) && plannedStatements.length !== statements.length) return undefined;
  if (statements.length === 0) return undefined;
  const version = evaluate(arguments_.version);
  const reader = new DocumentReader(address, planned, evaluate);
  return {
    Version: typeof version === "string" ? version : "2012-10-17",
    Statement: statements.map((statement, index) => reader.statement(statement, index)),
  };
}
