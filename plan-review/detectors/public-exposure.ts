import { comparePolicies, publicStatements } from "../iam/compare";
import type { Change, JsonObject } from "../plan";
import type { PolicyChange } from "../policies";
import { isMarkedWithin } from "../values";
import { turn } from "./causes";
import { exposedApis } from "./exposed-apis";
import { exposedSettings } from "./exposed-settings";
import { openFederations } from "./federation";
import { type Found, foundIn } from "./found";
import { isConfigured, type PlanIndex } from "./plan-index";
import { policiesTouched } from "./policies-touched";
import { isPrivate } from "./rest-apis";

const section = "public-exposure" as const;

type Statements = ReturnType<typeof publicStatements>;

/** Statements that let in anybody and did not before. */
function freshStatements({ before, after, use }: PolicyChange): Statements {
  if (after === null || (use !== "resource" && use !== "trust")) return [];
  const formerly = new Set(
    before === null ? [] : publicStatements(before).map((statement) => JSON.stringify(statement)),
  );
  const fresh = publicStatements(after).filter((statement) => !formerly.has(JSON.stringify(statement)));
  // Written otherwise, a statement may still let in no more than before.
  const isNoMore = fresh.length > 0 && formerly.size > 0 && comparePolicies(before, after, use).gains === false;
  return isNoMore ? [] : fresh;
}

function statementLine({ actions, resources, conditions }: Statements[number]): string {
  const what = `Allow ${actions.join(", ")} on ${resources.join(", ") || "it"}`;
  return [what, ...conditions.map((condition) => `if ${condition}`)].join(" ");
}

function isOfPrivateApi(index: PlanIndex, change: Change): boolean {
  const types = ["aws_api_gateway_rest_api"];
  const api = types.includes(change.type) ? change : index.target(change, "rest_api_id", types);
  return api !== undefined && isPrivate(api.after);
}

const policies = (index: PlanIndex, change: Change, touched: readonly PolicyChange[]): readonly Found[] =>
  touched.flatMap((policy) => {
    const fresh = freshStatements(policy);
    if (fresh.length === 0) return [];
    const { isSensitive, path, use } = policy;
    const isWithinNetworks = isOfPrivateApi(index, change);
    return [
      foundIn(change, {
        section,
        severity: isWithinNetworks ? "high" : "critical",
        rule: change.type === "aws_lambda_permission" ? "permission-public" : "policy-public",
        title:
          use === "trust"
            ? "anybody's account may assume the role: Principal * without a restricting condition"
            : "anybody is let in: Principal * without a restricting condition",
        details: [
          ...(isSensitive ? ["the policy is sensitive: its statements are not shown"] : fresh.map(statementLine)),
          ...(isWithinNetworks ? ["the API is private: anybody is whoever has a VPC endpoint, in any account"] : []),
        ],
        identity: isSensitive ? undefined : fresh.map((statement) => JSON.stringify(statement)).join(),
        explains: path.slice(0, 1).map(String),
      }),
    ];
  });

/** Trust in an identity provider that says too little of whose identities it means. */
const federations = (change: Change, touched: readonly PolicyChange[]): readonly Found[] =>
  touched.flatMap(({ before, after, use }) => {
    if (use !== "trust" || after === null) return [];
    const formerly = new Set(before === null ? [] : openFederations(before));
    const fresh = openFederations(after).filter((provider) => !formerly.has(provider));
    return fresh.map((provider) =>
      foundIn(change, {
        section,
        severity: "critical",
        rule: "federation-open",
        title: "whoever has an identity at a provider may assume the role: no condition says whose",
        details: [
          `provider: ${provider}`,
          "remedy: a condition on the provider's sub, such as the repository and branch; of Cognito, on its aud",
        ],
        identity: provider,
      }),
    );
  });

/** An ARN that names an account; a bucket's does not, and is one bucket anyway. */
function namesSource(arn: string): boolean {
  const [, , service, , account = "", resource = ""] = arn.split(":");
  if (service === "s3") return resource !== "" && !/^[*?]/.test(resource);
  // Of two configurations, what is unknown until apply is a reference.
  return arn.startsWith("${") || (arn.startsWith("arn:") && account !== "" && !/[*?]/.test(account));
}

/** Whether a service may be made to call by whoever has an account: nothing says on whose behalf it may. */
function isUnbound(values: JsonObject | null, isUnknown: (name: string) => boolean): boolean {
  if (!values || !/\.amazon(aws)?\.com(\.cn)?$/.test(String(values.principal ?? ""))) return false;
  const isGiven = (name: string) => isUnknown(name) || Boolean(values[name]);
  if (isGiven("source_account") || isGiven("principal_org_id")) return false;
  if (values.principal === "alexa-appkit.amazon.com" && isGiven("event_source_token")) return false;
  if (isUnknown("source_arn")) return false;
  return typeof values.source_arn !== "string" || !namesSource(values.source_arn);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html */
function unboundPermissions(index: PlanIndex): readonly Found[] {
  return index.ofType("aws_lambda_permission").flatMap((permission) => {
    const { before, after, action } = permission;
    if (!after || action === "no-op") return [];
    // What the configuration does not give will not be there, whatever the provider fills in.
    const isUnknown = (name: string) =>
      isMarkedWithin(permission.afterUnknown, [name]) && (!permission.expressions || isConfigured(permission, name));
    const isSameFunction = before?.function_name === after.function_name || isUnknown("function_name");
    if (!isUnbound(after, isUnknown) || (isSameFunction && isUnbound(before, () => false))) return [];
    return [
      foundIn(permission, {
        section,
        severity: "critical",
        rule: "permission-unbound",
        title: `${String(after.principal)} may call the function on behalf of any account`,
        details: [
          turn(permission, ["source_arn"]),
          turn(permission, ["source_account"]),
          "remedy: name the source's ARN, with its account, or the account",
        ],
        identity: String(after.principal),
      }),
    ];
  });
}

function openPolicies(index: PlanIndex): readonly Found[] {
  const found: Found[] = [];
  const federated: Found[] = [];
  for (const change of index.plan.changes) {
    const touched = policiesTouched(index, change);
    // Who is let in stands in these alone.
    if (!touched.some(({ use }) => use === "resource" || use === "trust")) continue;
    found.push(...policies(index, change, touched));
    federated.push(...federations(change, touched));
  }
  return [...found, ...federated];
}

/** Section 3: what anybody may reach that could not. */
export const publicExposure = (index: PlanIndex): readonly Found[] => [
  ...exposedApis(index),
  ...openPolicies(index),
  ...unboundPermissions(index),
  ...exposedSettings(index),
];
