import { configurationOf, configuredResource } from "../configuration";
import { isEqual, isMarkedWithin } from "../values";
import { type Found, foundIn, foundInPlan } from "./found";
import { isMade, type PlanIndex } from "./plan-index";

const section = "cannot-be-judged" as const;

/** Resources that make others, or run something, out of Terraform's sight: what an attribute says, this review does not read. */
const opaque: Readonly<Record<string, readonly [attributes: readonly string[], what: string]>> = {
  aws_cloudformation_stack: [
    ["template_body", "template_url", "parameters"],
    "a CloudFormation stack makes what its template says",
  ],
  aws_cloudformation_stack_set: [
    ["template_body", "template_url", "parameters"],
    "a CloudFormation stack set makes what its template says",
  ],
  aws_cloudformation_stack_set_instance: [
    ["parameter_overrides", "account_id", "region"],
    "a CloudFormation stack is made in an account",
  ],
  aws_serverlessapplicationrepository_cloudformation_stack: [
    ["application_id", "semantic_version", "parameters"],
    "an application of the repository makes what its template says",
  ],
  aws_cloudcontrolapi_resource: [["desired_state"], "a resource of another service is made by Cloud Control"],
  aws_lambda_invocation: [["input", "function_name", "triggers"], "a function is called while applying"],
  aws_ssm_association: [["name", "parameters", "targets"], "commands are run on instances"],
  aws_servicecatalog_provisioned_product: [
    ["provisioning_parameters", "provisioning_artifact_id"],
    "a product makes what its template says",
  ],
  helm_release: [["chart", "values", "version", "set"], "a chart makes what its templates say"],
};

/** Section 1, beyond what makes the review incomplete: what runs or is made out of sight. */
export function cannotBeJudged(index: PlanIndex): readonly Found[] {
  const { plan } = index;
  const configuration = configurationOf(plan.document);
  const provisioned = plan.changes.flatMap((change) => {
    if (change.mode !== "managed" || !isMade(change)) return [];
    const provisioners = configuredResource(configuration, change.address)?.block.provisioners;
    if (!Array.isArray(provisioners) || provisioners.length === 0) return [];
    const types = [...new Set(provisioners.map((one) => String((one as { type?: unknown } | null)?.type)))];
    return [
      foundIn(change, {
        section,
        severity: "high",
        rule: "provisioner-runs",
        title: `commands run while applying, which this review does not read: ${types.join(", ")}`,
        identity: types.join(),
      }),
    ];
  });
  const outOfSight = plan.changes.flatMap((change) => {
    const known = Object.hasOwn(opaque, change.type) ? opaque[change.type] : undefined;
    if (!known || change.mode !== "managed" || !change.after || change.action === "no-op") return [];
    const [attributes, what] = known;
    const changed = attributes.filter(
      (name) =>
        isMarkedWithin(change.afterUnknown, [name]) ||
        !isEqual(change.before?.[name] ?? null, change.after?.[name] ?? null),
    );
    if (changed.length === 0) return [];
    return [
      foundIn(change, {
        section,
        severity: "high",
        rule: "made-out-of-sight",
        title: `${what}, which this review does not read`,
        details: [`changes: ${changed.join(", ")}`],
        identity: changed.join(),
        explains: changed,
      }),
    ];
  });
  const programs = plan.changes
    .filter(({ mode, type, action }) => mode === "data" && type === "external" && action === "read")
    .map((change) =>
      foundIn(change, {
        section,
        severity: "high",
        rule: "provisioner-runs",
        title: "a program runs while applying, which this review does not read",
      }),
    );
  const actions = plan.actionInvocations.map(({ address, type }) =>
    foundInPlan({
      section,
      severity: "high",
      rule: "action-runs",
      title: `an action runs while applying, which this review does not judge: ${type || address}`,
      details: [address],
      identity: address,
    }),
  );
  return [...provisioned, ...outOfSight, ...programs, ...actions];
}
