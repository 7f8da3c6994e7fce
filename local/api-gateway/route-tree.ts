interface Node<Target> {
  readonly targets: Map<string, Target>;
  readonly exact: Map<string, Node<Target>>;
  /** `{name}`: one part of a path. */
  parameter?: { readonly name: string; readonly node: Node<Target> };
  /** `{name+}`: all the parts that are left. */
  greedy?: { readonly name: string; readonly node: Node<Target> };
}

export interface Found<Target> {
  readonly target: Target;
  /** Values of the path's parameters, percent-encoded as they came. */
  readonly parameters: Readonly<Record<string, string>>;
}

const newNode = <Target>(): Node<Target> => ({ targets: new Map(), exact: new Map() });

const partsOf = (path: string): readonly string[] => path.split("/").slice(1);

/**
 * Finds methods by path. An exact part goes before `{parameter}`, and that before `{greedy+}`. Empty parts, as a slash at the end makes one,
 * make no difference but inside of what a greedy parameter takes.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
 */
export class RouteTree<Target> {
  private readonly root = newNode<Target>();

  /** @param httpMethod `ANY` is every method that the path has no other for */
  add(path: string, httpMethod: string, target: Target): void {
    let node = this.root;
    for (const part of partsOf(path)) if (part !== "") node = childFor(node, part);
    node.targets.set(httpMethod, target);
  }

  find(path: string, httpMethod: string): Found<Target> | undefined {
    const found = walk(this.root, partsOf(path), {});
    const target = found?.node.targets.get(httpMethod) ?? found?.node.targets.get("ANY");
    return found && target && { target, parameters: found.parameters };
  }
}

function childFor<Target>(node: Node<Target>, part: string): Node<Target> {
  const [, name, plus] = /^\{(.+?)(\+)?\}$/.exec(part) ?? [];
  if (name && plus) {
    node.greedy ??= { name, node: newNode() };
    return node.greedy.node;
  }
  if (name) {
    node.parameter ??= { name, node: newNode() };
    return node.parameter.node;
  }
  const child = node.exact.get(part) ?? newNode<Target>();
  node.exact.set(part, child);
  return child;
}

type Parameters = Readonly<Record<string, string>>;
interface Walked<Target> {
  readonly node: Node<Target>;
  readonly parameters: Parameters;
}

function walk<Target>(
  node: Node<Target>,
  parts: readonly string[],
  parameters: Parameters,
): Walked<Target> | undefined {
  const [part, ...rest] = parts.slice(emptyParts(parts));
  if (part === undefined) return node.targets.size > 0 ? { node, parameters } : undefined;
  const { exact, parameter, greedy } = node;
  const child = exact.get(decoded(part));
  return (
    (child && walk(child, rest, parameters)) ??
    (parameter && walk(parameter.node, rest, { ...parameters, [parameter.name]: part })) ??
    (greedy && walk(greedy.node, [], { ...parameters, [greedy.name]: parts.join("/") }))
  );
}

/** How many empty parts come first. */
function emptyParts(parts: readonly string[]): number {
  const first = parts.findIndex((part) => part !== "");
  return first < 0 ? parts.length : first;
}

/** A part that is not well encoded stays as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
