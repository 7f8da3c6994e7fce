/**
 * A small reference evaluator, written from IAM's documentation and sharing nothing with what it judges: it asks every statement about
 * every request of a universe and compares the answers. A universe must hold a request of each kind that the policies tell apart; two that
 * no statement tells apart are asked once.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
type OneOrMany = string | readonly string[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: string | Readonly<Record<string, OneOrMany>>;
  readonly NotPrincipal?: string | Readonly<Record<string, OneOrMany>>;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

export interface Policy {
  readonly Version?: string;
  readonly Statement: readonly Statement[];
}

/** Who asks: a role or user of an account, perhaps in a session, or a service and the like. */
export interface Caller {
  readonly type: string;
  /** The service, or the ARN of the role or user. */
  readonly id: string;
  readonly account?: string;
  readonly sessionArn?: string;
}

/** What there is to ask. */
export interface Universe {
  readonly callers: readonly Caller[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** By key in lower case; `undefined` is a request without the key. */
  readonly keys: Readonly<Record<string, readonly (readonly string[] | undefined)[]>>;
}

const many = (value: OneOrMany | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;
const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

type Wildcards = "none" | "anywhere" | "arn" | "resource";

/** A variable's value, or undefined for what begins with none. An empty text is a request without the key. */
function variableAt(
  text: string,
  variables: ReadonlyMap<string, string>,
): { length: number; value: string } | undefined {
  const [whole = "", name = ""] = (variables.size > 0 && /^\$\{([^}]+)\}/.exec(text)) || [];
  if (whole === "") return undefined;
  const value = ["*", "?", "$"].includes(name) ? name : variables.get(name.toLowerCase());
  return { length: whole.length, value: value ?? "" };
}

/** What stands for a pattern's first character in an expression. Wildcards reach as far as IAM lets them. */
function expressionOf(pattern: string, wildcards: Wildcards, parts: number): string {
  const character = String(pattern[0]);
  if (wildcards === "none" || (character !== "*" && character !== "?")) return quoted(character);
  const endsPart = character === "*" && (pattern.length === 1 || pattern[1] === ":");
  const isBound = parts < 5 && (wildcards === "arn" || (wildcards === "resource" && !endsPart));
  return (isBound ? "[^:]" : "[^]") + (character === "*" ? "*" : "");
}

const expressions = new Map<string, RegExp>();

/** The expression of a pattern, made once: the same few are asked about often. */
function likeness(pattern: string, wildcards: Wildcards, variables: ReadonlyMap<string, string>): RegExp {
  const key = `${wildcards} ${variables.size} ${variables.get("aws:username")} ${pattern}`;
  const known = expressions.get(key);
  if (known) return known;
  let source = "";
  let parts = 0;
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const variable = variableAt(rest, variables);
    source += variable ? quoted(variable.value) : expressionOf(rest, wildcards, parts);
    if (rest.startsWith(":")) parts += 1;
    at += variable?.length ?? 1;
  }
  const made = new RegExp(`^${source}$`);
  expressions.set(key, made);
  return made;
}

const isLike = (
  pattern: string,
  value: string,
  wildcards: Wildcards,
  variables: ReadonlyMap<string, string>,
): boolean => (pattern === "*" && wildcards !== "none") || likeness(pattern, wildcards, variables).test(value);

const noVariables: ReadonlyMap<string, string> = new Map();

const actionFits = (patterns: readonly string[], action: string): boolean =>
  patterns.some((pattern) => isLike(pattern.toLowerCase(), action.toLowerCase(), "anywhere", noVariables));

function takesAction(statement: Statement, action: string): boolean {
  return statement.NotAction
    ? !actionFits(many(statement.NotAction), action)
    : actionFits(many(statement.Action), action);
}

function takesResource(statement: Statement, resource: string, variables: ReadonlyMap<string, string>): boolean {
  const fits = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => isLike(pattern, resource, "resource", variables));
  // A statement whose variable has no value is void.
  const all = [...many(statement.Resource), ...many(statement.NotResource)];
  if (variables.get("aws:username") === "" && all.some((text) => text.includes("${aws:username}"))) return false;
  if (statement.NotResource) return !fits(many(statement.NotResource));
  return statement.Resource === undefined || fits(many(statement.Resource));
}

const accountOf = (text: string): string | undefined => /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(text)?.[1];

function takesCaller(statement: Statement, caller: Caller): boolean {
  const entries = (block: Statement["Principal"]): readonly (readonly [string, string])[] =>
    typeof block === "string"
      ? [["AWS", block]]
      : Object.entries(block ?? {}).flatMap(([type, ids]) => many(ids).map((id) => [type, id] as const));
  const names = ([type, id]: readonly [string, string]): boolean => {
    if (type === "AWS" && id === "*") return true;
    if (type !== caller.type) return false;
    if (type !== "AWS") return id === caller.id;
    return accountOf(id) === caller.account || id === caller.id || id === caller.sessionArn;
  };
  if (statement.Principal) return entries(statement.Principal).some(names);
  if (!statement.NotPrincipal) return true;
  const listed = entries(statement.NotPrincipal);
  if (statement.Effect === "Allow") return !listed.some(names);
  const lists = (id: string | undefined): boolean =>
    listed.some(([type, other]) => type === caller.type && other === id);
  if (listed.some(([, id]) => id === "*")) return false;
  if (caller.type !== "AWS") return !lists(caller.id);
  const isAccountListed = listed.some(([type, id]) => type === "AWS" && accountOf(id) === caller.account);
  const isSpared = isAccountListed && lists(caller.id) && (caller.sessionArn === undefined || lists(caller.sessionArn));
  return !isSpared && !(isAccountListed && caller.id.endsWith(":root"));
}

/** An address as sixteen bytes of its kind. */
function bytesOf(address: string): readonly number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string): readonly number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return all.flatMap((group) => [group >> 8, group & 255]);
}

function isInNetwork(network: string, address: string): boolean {
  const [start = "", bits] = network.split("/");
  const bitsOf = (text: string): string =>
    bytesOf(text)
      .map((byte) => byte.toString(2).padStart(8, "0"))
      .join("");
  const [left, right] = [bitsOf(start), bitsOf(address)];
  return (
    left.length === right.length &&
    left.slice(0, Number(bits ?? left.length)) === right.slice(0, Number(bits ?? left.length))
  );
}

type Compare = (policy: string, request: string, variables: ReadonlyMap<string, string>) => boolean;

const ordered = (read: (text: string) => number): Readonly<Record<string, Compare>> => ({
  Equals: (policy, request) => read(request) === read(policy),
  LessThan: (policy, request) => read(request) < read(policy),
  LessThanEquals: (policy, request) => read(request) <= read(policy),
  GreaterThan: (policy, request) => read(request) > read(policy),
  GreaterThanEquals: (policy, request) => read(request) >= read(policy),
});

function comparisonOf(operator: string): Compare {
  const [, kind = "", rest = ""] = /^(String|Arn|Numeric|Date|Binary)(.*)$/.exec(operator) ?? [];
  if (kind === "Numeric") return ordered(Number)[rest] as Compare;
  if (kind === "Date") return ordered(Date.parse)[rest] as Compare;
  if (kind === "Arn") return (policy, request, variables) => isLike(policy, request, "arn", variables);
  if (operator === "StringLike") return (policy, request, variables) => isLike(policy, request, "anywhere", variables);
  if (operator === "StringEqualsIgnoreCase") return (policy, request) => policy.toLowerCase() === request.toLowerCase();
  if (operator === "Bool") return (policy, request) => policy.toLowerCase() === request.toLowerCase();
  if (operator === "IpAddress") return isInNetwork;
  return (policy, request, variables) => isLike(policy, request, "none", variables);
}

function isMet(
  written: string,
  values: readonly string[],
  present: readonly string[] | undefined,
  variables: ReadonlyMap<string, string>,
): boolean {
  const ifExists = written.endsWith("IfExists");
  const [set, bare = ""] = written.includes(":") ? written.split(":") : ["", written];
  const operator = bare.replace("IfExists", "");
  if (operator === "Null") return values.includes(String(present === undefined));
  const isNegated = operator.includes("Not");
  if (!present) return ifExists || set === "ForAllValues" || (isNegated && set === "");
  const compare = comparisonOf(operator.replace("Not", ""));
  const meets = (value: string): boolean => values.some((policy) => compare(policy, value, variables)) !== isNegated;
  return set === "ForAllValues" ? present.every(meets) : present.some(meets);
}

function meetsKey(
  statement: Statement,
  key: string,
  present: readonly string[] | undefined,
  variables: ReadonlyMap<string, string>,
): boolean {
  return Object.entries(statement.Condition ?? {}).every(([operator, byKey]) =>
    Object.entries(byKey).every(
      ([name, values]) => name.toLowerCase() !== key || isMet(operator, many(values), present, variables),
    ),
  );
}

/** One bit for each statement of the policies. */
type Mask = number;

interface Sides {
  readonly statements: readonly Statement[];
  readonly readsVariables: readonly boolean[];
  /** Where the second policy's statements begin. */
  readonly middle: number;
}

function masksOf<T>(
  sides: Sides,
  things: readonly T[],
  takes: (statement: Statement, thing: T, index: number) => boolean,
) {
  const masks = things.map((thing) =>
    sides.statements.reduce<Mask>(
      (mask, statement, index) => mask | (takes(statement, thing, index) ? 1 << index : 0),
      0,
    ),
  );
  return [...new Set(masks)];
}

const ranks = { "explicit deny": 0, "implicit deny": 1, allow: 2 } as const;

function rankOf(mask: Mask, allows: Mask, denies: Mask): number {
  if (mask & denies) return ranks["explicit deny"];
  return mask & allows ? ranks.allow : ranks["implicit deny"];
}

export interface Verdict {
  readonly gains: boolean;
  readonly losses: boolean;
}

/**
 * Asks both policies about all requests of a universe. More than before is what was not allowed and is, and what was denied and is not
 * any more, as another policy may allow it.
 */
export function judge(before: Policy, after: Policy, universe: Universe): Verdict {
  const sides: Sides = {
    statements: [...before.Statement, ...after.Statement],
    readsVariables: [before, after].flatMap(({ Version, Statement }) => Statement.map(() => Version === "2012-10-17")),
    middle: before.Statement.length,
  };
  const variablesFor = (index: number, name: string): ReadonlyMap<string, string> =>
    sides.readsVariables[index] ? new Map([["aws:username", name]]) : noVariables;
  const asked = new Set(
    sides.statements.flatMap(({ Condition }) =>
      Object.values(Condition ?? {}).flatMap((byKey) => Object.keys(byKey).map((key) => key.toLowerCase())),
    ),
  );
  const isNamed = asked.has("aws:username") || JSON.stringify(sides.statements).includes("${aws:username}");
  const names = isNamed ? (universe.keys["aws:username"] ?? []).map((values) => values?.[0] ?? "") : [""];
  const verdict = { gains: false, losses: false };
  const bits = (from: number, to: number, effect: string): Mask =>
    sides.statements.reduce<Mask>(
      (mask, { Effect }, index) => mask | (index >= from && index < to && Effect === effect ? 1 << index : 0),
      0,
    );
  const { middle } = sides;
  const end = sides.statements.length;
  const [allowed, denied] = [bits(0, middle, "Allow"), bits(0, middle, "Deny")];
  const [allows, denies] = [bits(middle, end, "Allow"), bits(middle, end, "Deny")];
  const callers = masksOf(sides, universe.callers, takesCaller);
  const actions = masksOf(sides, universe.actions, takesAction);
  for (const name of names) {
    const dimensions = [
      callers,
      actions,
      masksOf(sides, universe.resources, (statement, resource, index) =>
        takesResource(statement, resource, variablesFor(index, name)),
      ),
      ...[...asked].map((key) =>
        masksOf(
          sides,
          key === "aws:username" ? [name ? [name] : undefined] : (universe.keys[key] ?? []),
          (statement, value, index) => meetsKey(statement, key, value, variablesFor(index, name)),
        ),
      ),
    ];
    let masks: ReadonlySet<Mask> = new Set([-1]);
    for (const dimension of dimensions) {
      masks = new Set([...masks].flatMap((mask) => dimension.map((other) => mask & other)));
    }
    for (const mask of masks) {
      const change = rankOf(mask, allows, denies) - rankOf(mask, allowed, denied);
      if (change > 0) verdict.gains = true;
      if (change < 0) verdict.losses = true;
    }
  }
  return verdict;
}
