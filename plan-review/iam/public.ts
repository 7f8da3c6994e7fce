import { type PolicyStatement, statementsOf } from "../../policy/document";
import { reaches } from "./access";
import { grantOf, type PolicyText } from "./document";
import { type StatementText, statementText } from "./explain";
import { outsidersFactors, withCertainValues } from "./outsider";
import { Budget } from "./text-search";

const STEPS = 500_000;

/**
 * The statements that allow something to anybody: whom nothing names, from an account, an organization, a network of their own. Conditions
 * on anything else (`aws:SecureTransport`, `s3:prefix`) let them in; what a Deny takes back is not public. What is unknown until apply
 * counts as one certain value, as a VPC endpoint's id is.
 *
 * @returns nothing for what is no policy: `comparePolicies` says so
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function publicStatements(policy: PolicyText): readonly StatementText[] {
  const statements = readable(policy);
  const candidates = statements.filter(mayNameAnybody);
  if (candidates.length === 0) return [];
  const grants = statements.map((statement) => grantOf(withCertainValues(statement)));
  const denied = grants.filter(({ statement }) => statement.effect === "Deny").map(({ factors }) => factors);
  const outsider = outsidersFactors(grants);
  const budget = new Budget(STEPS);
  return candidates.flatMap((statement) => {
    const { factors } = grantOf(withCertainValues(statement));
    return reaches([...outsider, ...factors], denied, budget) === false ? [] : [statementText(statement)];
  });
}

const mayNameAnybody = ({ effect, principals, notPrincipals }: PolicyStatement): boolean =>
  effect === "Allow" && (notPrincipals.length > 0 || principals.some(({ value }) => value === "*"));

function readable(policy: PolicyText): readonly PolicyStatement[] {
  try {
    return statementsOf(typeof policy === "string" ? policy : JSON.stringify(policy));
  } catch {
    return [];
  }
}
