import * as z from "zod/mini";
import type { Resource } from "../../terraform/config";

export const texts = z.optional(z.record(z.string(), z.string()));
/** Accepted; nothing here depends on it. */
export const ignored = z.optional(z.unknown());

type Shapes = Readonly<Record<string, z.ZodMiniObject>>;

/** What Terraform computes and nothing here reads, and tags. */
const withoutMeaning = new Set([
  ...["api_endpoint", "arn", "created_date", "execution_arn", "invoke_url", "path", "tags", "tags_all"],
]);

const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

/**
 * Reads evaluated resources by what is modelled of their types; each has its address beside.
 * @param where file that says which types are modelled
 * @throws Error for a resource or argument that is not modelled, naming it
 */
export function readParts(
  shapes: Shapes,
  where: string,
  resources: readonly Resource[],
): ReadonlyMap<string, readonly unknown[]> {
  const byType = new Map<string, unknown[]>();
  for (const resource of resources) {
    const parts = byType.get(resource.type) ?? [];
    byType.set(resource.type, [...parts, read(shapes, where, resource)]);
  }
  return byType;
}

function read(shapes: Shapes, where: string, { type, address, attributes }: Resource): unknown {
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (!shape) throw new Error(`${address} is of a type that is not modelled by the local run: ${where} says which are`);
  const given = Object.entries(attributes).filter(([name, value]) => !isUnset(value) && !withoutMeaning.has(name));
  // What another resource computes is here for those who read it.
  const known = given.filter(([name]) => name !== "id" || "id" in shape.def.shape);
  const { success, data, error } = shape.safeParse(Object.fromEntries(known));
  if (success) return { ...data, address };
  const issue = error.issues[0];
  const path = [...(issue?.path ?? []), ...(issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    attributes,
  );
  throw new Error(`${address}: ${path.join(".")} is not modelled by the local run, got: ${JSON.stringify(value)}`);
}
