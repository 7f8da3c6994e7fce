import type { PolicyStatement, StatementPrincipal } from "../../policy/document";
import { Language, Pattern, patternOf as patternOfTokens, type Universe } from "./language";
import { anyText, isArn, opaqueToken, type Token, tokensOf } from "./pattern-text";

/**
 * Principals are texts `<type>|<account>|<ENTITY><role/name, user/name, …>|<session>`, so that an account's text begins what it holds,
 * and a role's what its sessions have.
 */
const ENTITY = "\u0001";

const withinEntity: Token = { isStar: true, except: ENTITY };

/** A principal is in one account at most. */
export const everyPrincipal: Universe = {
  language: new Language([
    patternOfTokens(withinEntity),
    patternOfTokens(withinEntity, { letters: [ENTITY] }, withinEntity),
  ]),
  holds: (word) => word.split(ENTITY).length <= 2,
};

const literal = { reach: "none", readsVariables: false } as const;

/** The principal of a text, or all whose texts begin so. */
function patternOf(text: string, ...more: readonly (typeof anyText)[]): Pattern {
  const special = text.indexOf("${");
  const rest = special >= 0 ? undefined : more.length > 0 ? "anything" : "nothing";
  const outline = { prefix: special >= 0 ? text.slice(0, special) : text, rest } as const;
  return new Pattern(`principal ${text}${more.length > 0 ? "…" : ""}`, outline, () => [
    ...tokensOf(text, literal),
    ...more,
  ]);
}

/** A principal that cannot be told: it is equal to itself alone, and may be anybody of AWS's. */
function unknownPattern(text: string): Pattern {
  // An ARN is no account: what follows it is a session.
  const rest: Token = isArn(text) ? withinEntity : anyText;
  return new Pattern(`principal unknown ${text}`, { prefix: "AWS|" }, () => [
    ...tokensOf("AWS|", literal),
    opaqueToken(`\${${text.replace(/^\$\{|\}$/g, "")}}`),
    ...tokensOf("|", literal),
    rest,
  ]);
}

/** Whatever is in an ARN, a colon inside an opaque part ends nothing. */
const field = "((?:\\$\\{[^}]*\\}|[^:])*)";
const identityArn = new RegExp(`^arn:${field}:(iam|sts):${field}:${field}:(.+)$`, "s");

const anybody = patternOf("", anyText);

/** An account, as the account number or its `:root`; undefined for what is none. */
export function accountOf({ type, value }: StatementPrincipal): string | undefined {
  if (type !== "AWS") return undefined;
  if (/^\d{12}$/.test(value)) return value;
  const [, , service, , account, name] = identityArn.exec(value) ?? [];
  return service === "iam" && name === "root" ? account : undefined;
}

/** One principal: itself, and, where it has any, its sessions. */
interface NamedPrincipal {
  readonly account?: string;
  readonly self: Pattern;
  readonly sessions?: Pattern;
  /** It is a session of that role. */
  readonly role?: string;
}

function identityOf(value: string): NamedPrincipal {
  const [, , service = "", , account = "", name = ""] = identityArn.exec(value) ?? [];
  // Roles and users that were deleted stand in policies by their ids; a wildcard within an ARN is refused by AWS.
  if (account === "" || /[*?]/.test(value) || /^A[A-Z]{3}[A-Z0-9]{12,}$/.test(value)) {
    return { self: unknownPattern(value) };
  }
  const [, role, session] = service === "sts" ? (/^assumed-role\/([^/]+)\/(.+)$/s.exec(name) ?? []) : [];
  if (role !== undefined && session !== undefined) {
    return { account, self: patternOf(`AWS|${account}|${ENTITY}role/${role}|${session}`), role: `role/${role}` };
  }
  const isRole = service === "iam" && name.startsWith("role/");
  return {
    account,
    self: patternOf(`AWS|${account}|${ENTITY}${name}|`),
    sessions: isRole ? patternOf(`AWS|${account}|${ENTITY}${name}|`, anyText) : undefined,
  };
}

function patternsOf(principal: StatementPrincipal): readonly Pattern[] {
  const { type, value } = principal;
  if (value === "*") return [type === "AWS" ? anybody : patternOf(`${type}|`, anyText)];
  if (type !== "AWS") return [patternOf(`${type}|${type === "Service" ? value.toLowerCase() : value}`)];
  const account = accountOf(principal);
  if (account !== undefined) return [patternOf(`AWS|${account}|${ENTITY}`, anyText)];
  const { self, sessions } = identityOf(value);
  return [sessions ?? self];
}

/**
 * Whom a Deny with NotPrincipal spares: a role or user only if its account is named as well, a session only if its role is, too, and of an
 * account that is named nobody but its root user.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function sparedPatterns(principals: readonly StatementPrincipal[]): readonly Pattern[] {
  const accounts = new Set(principals.flatMap((principal) => accountOf(principal) ?? []));
  return principals.flatMap((principal): readonly Pattern[] => {
    const { type, value } = principal;
    if (value === "*" || type !== "AWS") return patternsOf(principal);
    const root = accountOf(principal);
    if (root !== undefined) return [patternOf(`AWS|${root}|${ENTITY}root|`)];
    const { account, self, role } = identityOf(value);
    if (account === undefined) return accounts.size > 0 ? [self] : [];
    const isRoleNamed = role === undefined || principals.some((other) => other.value.endsWith(`:${role}`));
    return accounts.has(account) && isRoleNamed ? [self] : [];
  });
}

/** Whom a statement names, in Principal or in NotPrincipal. */
export function principalsOf({ effect, principals, notPrincipals }: PolicyStatement): Language {
  if (principals.length > 0) return new Language(principals.flatMap(patternsOf));
  return new Language(effect === "Deny" ? sparedPatterns(notPrincipals) : notPrincipals.flatMap(patternsOf));
}
