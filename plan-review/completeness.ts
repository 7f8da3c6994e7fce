import type { Detection } from "./model";
import type { Check, Plan } from "./plan";
import { policyChanges } from "./policies";
import { pathText } from "./values";

const high = { section: "cannot-be-judged", severity: "high" } as const;

const wholePlan = (rule: string, title: string, details: readonly string[] = [], identity?: string): Detection => ({
  ...high,
  rule,
  address: "",
  title,
  details,
  identity,
});

/** @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation */
const deferralReasons: Readonly<Record<string, string>> = {
  instance_count_unknown: "its count or for_each is unknown until apply",
  resource_config_unknown: "its configuration is unknown until apply",
  provider_config_unknown: "its provider's configuration is unknown until apply",
  deferred_prereq: "something that it depends on is put off too",
  absent_prereq: "something that it depends on is not there yet",
};

function checkDetection({ address, kind, status, problems }: Check): readonly Detection[] {
  if (status === "pass") return [];
  const words: Readonly<Record<string, string>> = {
    fail: "fails",
    error: "could not be evaluated",
    unknown: "has no result before apply",
  };
  const said = (Object.hasOwn(words, status) ? words[status] : undefined) ?? `has the status ${status || "none"}`;
  const what = kind === "check" ? "check" : "condition";
  const rule = status === "fail" ? "check-failed" : status === "error" ? "check-errored" : "check-unknown";
  return [{ ...high, rule, address, title: `a ${what} ${said}`, details: problems, identity: status }];
}

function policyDetections(plan: Plan): readonly Detection[] {
  return plan.changes.flatMap((change) =>
    policyChanges(plan, change).flatMap(({ path, unresolved }): readonly Detection[] => {
      if (unresolved === undefined) return [];
      const { address, constructPath } = change;
      const name = pathText(path) || "permission";
      const title = `${name} cannot be judged: ${unresolved}`;
      const iam = { change: "UNKNOWN", who: address, statements: [] } as const;
      return [{ ...high, rule: "policy-unresolved", address, constructPath, title, details: [], identity: name, iam }];
    }),
  );
}

/** What Terraform says that a plan lacks, and policies that cannot be told: section 1, but for what runs out of sight. */
export function findIncompleteness(plan: Plan): readonly Detection[] {
  const deferred = plan.deferred.map(
    ({ reason, change: { address, constructPath } }): Detection => ({
      ...high,
      rule: "change-deferred",
      address,
      constructPath,
      title: "put off to a later plan: what will happen to it is not in this one",
      details: [
        `reason: ${(Object.hasOwn(deferralReasons, reason) && deferralReasons[reason]) || reason || "unknown"}`,
      ],
      identity: reason,
    }),
  );
  return [
    ...(plan.isErrored
      ? [wholePlan("plan-errored", "planning failed half-way: the plan holds only what was planned before the error")]
      : []),
    ...(plan.isComplete === false && !plan.isErrored && deferred.length === 0
      ? [wholePlan("plan-incomplete", "Terraform says that this plan is not all: complete is false, as with -target")]
      : []),
    ...plan.oddities.map((oddity) => wholePlan("not-understood", oddity, [], oddity)),
    ...plan.checks.flatMap(checkDetection),
    ...deferred,
    ...policyDetections(plan),
  ];
}
