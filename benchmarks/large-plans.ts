import * as fs from "node:fs";
import { gunzipSync } from "node:zlib";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Entry = Record<string, Json>;

interface Fixture {
  readonly variables: Json;
  readonly planned_values: { readonly root_module: { readonly resources: readonly Entry[] } };
  readonly resource_drift: readonly Entry[];
  readonly resource_changes: readonly Entry[];
  readonly prior_state: { readonly values: { readonly root_module: { readonly resources: readonly Entry[] } } };
  readonly configuration: { readonly root_module: { readonly resources: readonly Entry[] } };
}

const ACCOUNT = "000000000000";

interface Policy {
  readonly number: number;
  readonly statements: number;
  readonly queue: string;
  /** An action that it allows beside the others. */
  readonly extra: string;
}

/** A policy of a service with tables of its own and a queue. */
function policyText({ number, statements, queue, extra }: Policy): string {
  const others = Array.from({ length: statements - 1 }, (_, index) => ({
    Sid: `Table${index}`,
    Effect: "Allow",
    Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    Resource: [
      `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/team-${number}-table-${index}`,
      `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/team-${number}-table-${index}/index/*`,
    ],
  }));
  const receive = { Effect: "Allow", Action: ["sqs:ReceiveMessage", extra], Resource: queue };
  return JSON.stringify({ Version: "2012-10-17", Statement: [...others, receive] });
}

/** Every second policy is unknown until apply, as one is that names a queue of the same plan. */
const isUnknown = (number: number): boolean => number % 2 === 1;

/** What the plan of a real pipeline says of a service's role, its policies, and a queue, section by section. */
const parts = {
  role: "aws_iam_role.pipeline_writer-role_516DDED1",
  policy: "aws_iam_role_policy.pipeline_writer-policy_52ED7A61",
  attachment: "aws_iam_role_policy_attachment.files_attach_0F0F0F0F",
  queue: "aws_sqs_queue.pipeline_dlq_D9BD956D",
} as const;

const addresses = new Set<Json | undefined>(Object.values(parts));

interface Sections {
  readonly planned: readonly Entry[];
  readonly drift: readonly Entry[];
  readonly changes: readonly Entry[];
  readonly prior: readonly Entry[];
  readonly configured: readonly Entry[];
}

const names = ["planned", "drift", "changes", "prior", "configured"] as const;

/** Entries of a section, as JSON. */
type Section = readonly [name: (typeof names)[number], entries: readonly string[]];

const fixtureOf = (name: string): Fixture =>
  JSON.parse(gunzipSync(fs.readFileSync(`__tests__/plan-review/plans/${name}.json.gz`)).toString());

const fixture = fixtureOf("policy-unknown-until-apply");

function sectionsOf(
  { planned_values, resource_drift, resource_changes, prior_state, configuration }: Fixture,
  isWanted: (address: Json | undefined) => boolean,
): Sections {
  const own = (entries: readonly Entry[]): readonly Entry[] => entries.filter(({ address }) => isWanted(address));
  return {
    planned: own(planned_values.root_module.resources),
    drift: own(resource_drift),
    changes: own(resource_changes),
    prior: own(prior_state.values.root_module.resources),
    configured: own(configuration.root_module.resources),
  };
}

const objectAt = (value: Json | undefined, ...path: readonly string[]): Entry =>
  path.reduce((inner, key) => (inner as Entry)[key] as Entry, value as Entry);

const ofService = sectionsOf(fixture, (address) => addresses.has(address));
const own = JSON.stringify(ofService);
/** The policy as it was; the names in it are replaced one by one. */
const policyBefore = objectAt(
  ofService.changes.find(({ address }) => address === parts.policy),
  "change",
  "before",
).policy as string;

/** A text of the pipeline under the names of one service of many. */
const named = (text: string, number: number): string =>
  text.replace(/\b(pipeline|files)_/g, `team-${number}_$1_`).replaceAll("orders-", `team-${number}-orders-`);

/** The sections of one service. */
function sectionsOfService(number: number, statements: number): Sections {
  const policy = (extra: string, queue = `arn:aws:sqs:eu-west-1:${ACCOUNT}:team-${number}-orders-dlq`): string =>
    policyText({ number, statements, queue, extra });
  const [before, after] = [policy("sqs:DeleteMessage"), policy("sqs:SendMessage")];
  const formerly = named(policyBefore, number);
  // The state has the policy at the role, too.
  const sections: Sections = JSON.parse(named(own, number), (_, value) => (value === formerly ? before : value));
  const address = named(parts.policy, number);
  const find = (entries: readonly Entry[]): Entry | undefined => entries.find((entry) => entry.address === address);
  const change = objectAt(find(sections.changes), "change");
  change.after_unknown = isUnknown(number) ? { policy: true } : {};
  if (!isUnknown(number)) {
    objectAt(change, "after").policy = after;
    objectAt(find(sections.planned), "values").policy = after;
  }
  const template = policy("sqs:SendMessage", `\${${named(parts.queue, number)}.arn}`);
  objectAt(find(sections.configured), "expressions", "policy").constant_value = template;
  return sections;
}

const frame = { format_version: "1.2", terraform_version: "1.11.4", applyable: true, complete: true, errored: false };

/** A plan of sections whose entries are JSON already. */
const planOf = (sections: Readonly<Record<(typeof names)[number], readonly string[]>>, variables: Json): string =>
  `${JSON.stringify({ ...frame, variables }).slice(0, -1)},
  "planned_values":{"root_module":{"resources":[${sections.planned}]}},
  "resource_drift":[${sections.drift}],
  "resource_changes":[${sections.changes}],
  "prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[${sections.prior}]}}},
  "configuration":{"root_module":{"resources":[${sections.configured}]}}}`;

const emptySections = () => ({
  planned: [] as string[],
  drift: [] as string[],
  changes: [] as string[],
  prior: [] as string[],
  configured: [] as string[],
});

/** What `terraform show -json` holds of services whose policies change: roles and queues that stay beside them, state, drift, configuration. */
export function realPlan(count: number, statements = 3): string {
  const sections = emptySections();
  for (let number = 0; number < count; number += 1) {
    const service = sectionsOfService(number, statements);
    for (const name of names) for (const entry of service[name]) sections[name].push(JSON.stringify(entry));
  }
  return planOf(sections, fixture.variables);
}

/**
 * What a whole system's plan holds: most of it stays as it is, and policies get one action more. The resources of a real plan are there again and again
 * under other names, in all sections: functions, a table, queues, a topic, parts of an API, log groups, roles, a bucket, and their drift.
 *
 * @param updates of policies
 * @param bytes as many systems are put in as it takes
 */
export function systemsPlan(updates: number, bytes: number): string {
  const whole = fixtureOf("iam-broadened");
  const broadened = "aws_iam_role_policy.pipeline_writer-policy_52ED7A61";
  const textsOf = (isWanted: (address: Json | undefined) => boolean): readonly Section[] => {
    const own = sectionsOf(whole, isWanted);
    return names.map((name) => [name, own[name].map((entry) => JSON.stringify(entry))]);
  };
  const policy = textsOf((address) => address === broadened);
  const others = textsOf((address) => address !== broadened);
  const sections = emptySections();
  let size = 0;
  const add = (some: readonly Section[], number: number): void => {
    for (const [name, entries] of some) {
      for (const entry of entries) {
        const own = named(entry, number);
        sections[name].push(own);
        size += own.length + 1;
      }
    }
  };
  for (let number = 0; number < updates; number += 1) add(policy, number);
  for (let number = 0; size < bytes; number += 1) add(others, number);
  return planOf(sections, whole.variables);
}

/** Policies of some thirty lines and nothing else. */
export function policiesPlan(count: number, statements: number, hasOnlyChanges = false): string {
  const sections = emptySections();
  for (let number = 0; number < count; number += 1) {
    const [name, role] = [`policy-${number}`, `role-${number}`];
    const queue = `aws_sqs_queue.queue-${number}`;
    const policy = (extra: string, arn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:queue-${number}`): string =>
      policyText({ number, statements, queue: arn, extra });
    const [before, after] = [policy("sqs:DeleteMessage"), policy("sqs:SendMessage")];
    const common = { address: `aws_iam_role_policy.${name}`, mode: "managed", type: "aws_iam_role_policy", name };
    const values = { id: `${role}:${name}`, name, name_prefix: "", role };
    const isHidden = !hasOnlyChanges && isUnknown(number);
    const change = {
      actions: ["update"],
      before: { ...values, policy: before },
      after: isHidden ? values : { ...values, policy: after },
      after_unknown: isHidden ? { policy: true } : {},
      before_sensitive: {},
      after_sensitive: {},
    };
    const provider = { provider_name: "registry.terraform.io/hashicorp/aws" };
    sections.changes.push(JSON.stringify({ ...common, ...provider, change }));
    if (hasOnlyChanges) continue;
    const expression = {
      constant_value: policy("sqs:SendMessage", `\${${queue}.arn}`),
      references: [`${queue}.arn`, queue],
    };
    const configured = { ...common, expressions: { policy: expression, role: { constant_value: role } } };
    sections.planned.push(JSON.stringify({ ...common, values: { ...values, policy: after }, sensitive_values: {} }));
    sections.prior.push(JSON.stringify({ ...common, values: { ...values, policy: before }, sensitive_values: {} }));
    sections.configured.push(JSON.stringify(configured));
  }
  return planOf(sections, {});
}
