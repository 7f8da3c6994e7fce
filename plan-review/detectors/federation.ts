import { type PolicyStatement, type StatementCondition, statementsOf } from "../../policy/document";
import type { PolicyText } from "../iam/compare";

/** Operators that let in what they name, and nothing else; `…IfExists` lets in who says nothing. */
const positive = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike)$/;

/** Providers at which each of their customers has identities: whose they are stands in `sub`, and `aud` is the same for all. */
const shared =
  /(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|bitbucket\.org|circleci\.com|accounts\.google\.com|oidc\.vercel\.com)/;

/** `*`, or `repo:*`, which names nobody. */
const namesNobody = (value: string): boolean => /^(repo:|project_path:|organization:|org\/)?[*?/:]*$/.test(value);

function isRestriction({ operator, key, values }: StatementCondition, provider: string): boolean {
  if (!positive.test(operator) || values.some(namesNobody)) return false;
  if (/:sub$|:(repository|repository_owner|repository_id|job_workflow_ref|terraform_organization_id)$/i.test(key))
    return true;
  return /:aud$/i.test(key) && !shared.test(provider);
}

const isFederation = ({ effect, actions }: PolicyStatement): boolean =>
  effect === "Allow" &&
  actions.some((action) =>
    /^(\*|sts:(\*|assumerole\*|assumerolewith\*|assumerolewith(webidentity|saml)))$/i.test(action),
  );

/**
 * Identity providers that a trust policy lets in without a word on whose identities.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export function openFederations(policy: PolicyText): readonly string[] {
  let statements: readonly PolicyStatement[];
  try {
    statements = statementsOf(typeof policy === "string" ? policy : JSON.stringify(policy));
  } catch {
    // What is no policy is told of as such.
    return [];
  }
  return statements.filter(isFederation).flatMap(({ principals, conditions }) =>
    principals
      .filter(({ type }) => type === "Federated")
      .map(({ value }) => value)
      .filter((provider) => !conditions.some((condition) => isRestriction(condition, provider))),
  );
}
