import { requireModelled } from "../../policy/condition";
import { type PolicyStatement, statementsOf } from "../../policy/document";
import { contextKeysOf, type NamedPolicy } from "../../policy/evaluate";
import { AwsError } from "../aws";
import { globalKeys } from "./request-context";

/** Where a policy stands: with a role or a session of it, on a role as to who may assume it, on any other resource. */
export type PolicyUse = "identity" | "trust" | "resource";

const trustKeys = new Set(["sts:rolesessionname", "sts:externalid"]);

const malformed = (message: string): AwsError => new AwsError("MalformedPolicyDocument", message);

/** What AWS refuses about a statement in its place. */
function misplaced(statement: PolicyStatement, use: PolicyUse): string | undefined {
  const namesPrincipals = statement.principals.length + statement.notPrincipals.length > 0;
  const namesResources = statement.resources.length + statement.notResources.length > 0;
  if (use === "identity" && namesPrincipals) return "must not have a Principal: it is about whoever has the policy";
  if (use !== "identity" && !namesPrincipals) return "must have a Principal";
  if (use === "identity" && !namesResources) return "must have a Resource";
  if (use === "trust" && namesResources) return "must not have a Resource: it is about the role";
  if (use === "trust" && !statement.actions.every((action) => /^sts:/i.test(action))) {
    return "must have actions of STS alone, such as sts:AssumeRole";
  }
  return undefined;
}

/** What a statement says that would quietly mean something else here than in AWS. */
function unmodelled(statement: PolicyStatement, use: PolicyUse): string | undefined {
  const action = statement.actions.find((one) => use === "trust" && !/^sts:(assumerole|\*)$/i.test(one));
  if (action) return `has the action ${action}, which is not modelled: roles are assumed by sts:AssumeRole alone`;
  const key = contextKeysOf(statement).find(
    (one) => (one.startsWith("aws:") && !globalKeys.has(one)) || (one.startsWith("sts:") && !trustKeys.has(one)),
  );
  return key && `asks for the condition key ${key}, which is not modelled. Add it to local/iam/request-context.ts`;
}

/** The statements of a policy that IAM's grammar has. */
function readStatements(name: string, document: string): readonly PolicyStatement[] {
  try {
    const statements = statementsOf(document);
    for (const condition of statements.flatMap(({ conditions }) => conditions)) requireModelled(condition);
    return statements;
  } catch (error) {
    throw malformed(`Syntax errors in ${name}: ${(error as Error).message}`);
  }
}

/** Policies that were read before: one of a resource comes with every call that is about it. */
const known = new Map<string, NamedPolicy>();
const MAX_KNOWN = 1_000;

/**
 * Reads a policy.
 *
 * @param name by which messages call it
 * @throws AwsError `MalformedPolicyDocument` (400) naming what AWS refuses in it
 * @throws AwsError `UnsupportedOperation` (400) naming what in it is not modelled
 */
export function policyOf(name: string, document: string, use: PolicyUse): NamedPolicy {
  const key = `${use} ${name.length} ${name}${document}`;
  const policy = known.get(key) ?? readPolicy(name, document, use);
  // Names of sessions have no end.
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, policy);
  return policy;
}

function readPolicy(name: string, document: string, use: PolicyUse): NamedPolicy {
  const statements = readStatements(name, document);
  for (const [index, statement] of statements.entries()) {
    const of = `Statement ${statement.sid ?? index} of ${name}`;
    const fault = misplaced(statement, use);
    if (fault) throw malformed(`${of} ${fault}`);
    const gap = unmodelled(statement, use);
    if (gap) throw new AwsError("UnsupportedOperation", `${of} ${gap}`);
  }
  return { name, statements };
}
