import { openFederations } from "../../../plan-review/detectors/federation";
import type { JsonObject } from "../../../plan-review/plan";

const GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const COGNITO = "cognito-identity.amazonaws.com";

const trust = (Federated: string, Condition?: JsonObject, Action = "sts:AssumeRoleWithWebIdentity") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Federated }, Action, ...(Condition ? { Condition } : {}) }],
  });

const sub = (operator: string, value: string): JsonObject => ({
  [operator]: { "token.actions.githubusercontent.com:sub": value },
});

describe("trust in an identity provider", () => {
  test.each<[string, string, boolean]>([
    ["without a condition", trust(GITHUB), true],
    ["for one repository", trust(GITHUB, sub("StringEquals", "repo:acme/orders:ref:refs/heads/main")), false],
    ["for an owner's repositories", trust(GITHUB, sub("StringLike", "repo:acme/*")), false],
    ["for any repository", trust(GITHUB, sub("StringLike", "repo:*")), true],
    ["for anything", trust(GITHUB, sub("StringLike", "*")), true],
    ["for all but one repository", trust(GITHUB, sub("StringNotEquals", "repo:acme/orders")), true],
    ["for a repository, or for who says none", trust(GITHUB, sub("StringEqualsIfExists", "repo:acme/orders")), true],
    [
      "for an audience that all have",
      trust(GITHUB, { StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } }),
      true,
    ],
    [
      "of Cognito for one pool",
      trust(COGNITO, { StringEquals: { "cognito-identity.amazonaws.com:aud": "eu-west-1:1" } }),
      false,
    ],
    ["of Cognito for any pool", trust(COGNITO), true],
    ["by all of STS's actions", trust(GITHUB, undefined, "sts:*"), true],
    ["by another action", trust(GITHUB, undefined, "sts:TagSession"), false],
    ["that cannot be read", "no JSON", false],
  ])("%s", (_, policy, isOpen) => {
    expect(openFederations(policy)).toHaveLength(isOpen ? 1 : 0);
  });
});
