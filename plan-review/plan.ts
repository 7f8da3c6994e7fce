export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Steps to a value inside a resource: names of attributes, keys of maps, indexes of lists. */
export type Path = readonly (string | number)[];

/** What happens to a resource. `unknown` is an action that Terraform has and this review does not know: it makes the review incomplete. */
export type Action = "create" | "update" | "delete" | "replace" | "read" | "no-op" | "forget" | "unknown";

/** What happens to one resource, or what happened to it outside Terraform. */
export interface Change {
  /** With module path and index: `module.api["eu"].aws_sqs_queue.inbox[0]`. */
  readonly address: string;
  readonly type: string;
  readonly name: string;
  /** @default - the root module */
  readonly moduleAddress?: string;
  /** The instance's `count` index or `for_each` key. */
  readonly index?: string | number;
  readonly mode: "managed" | "data";
  /** Source address of the provider, such as `registry.terraform.io/hashicorp/aws`. */
  readonly provider: string;
  readonly action: Action;
  /** As the plan has them, for messages: `["create", "delete"]`. */
  readonly actions: readonly string[];
  /** Key of an object that an earlier run could not delete: the resource itself is another change. */
  readonly deposed?: string;
  /** Only for `replace`. */
  readonly isCreatedBeforeDestroyed: boolean;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** `true` stands at paths that are unknown until apply, in the shape of `after`. */
  readonly afterUnknown: Json;
  /** `true` stands at paths that are sensitive. */
  readonly beforeSensitive: Json;
  readonly afterSensitive: Json;
  /** Paths that force the replacement. */
  readonly replacePaths: readonly Path[];
  /**
   * Such as `replace_because_tainted`, `replace_by_request`, `delete_because_no_resource_config`.
   * @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
   */
  readonly actionReason?: string;
  /** Only for a resource that was moved. */
  readonly previousAddress?: string;
  /** What is imported: its id, empty where the plan does not know it yet or has an identity in its stead. */
  readonly importing?: { readonly id: string };
  readonly hasGeneratedConfig: boolean;
  /** cdktf's path of the construct. */
  readonly constructPath?: string;
  /** Arguments as the configuration says them: `{ "policy": { "constant_value": "…${…}", "references": [ … ] } }`. */
  readonly expressions?: JsonObject;
  readonly dependsOn: readonly string[];
}

export interface OutputChange {
  readonly name: string;
  readonly action: Action;
  readonly before: Json;
  readonly after: Json;
  readonly isUnknown: boolean;
  readonly isSensitive: boolean;
}

/** A check block, or the conditions of a resource, output or variable. */
export interface Check {
  readonly address: string;
  readonly kind: string;
  /** `pass`, `fail`, `error`, `unknown`. */
  readonly status: string;
  readonly problems: readonly string[];
}

/** A change that Terraform puts off to a later plan. */
export interface DeferredChange {
  readonly reason: string;
  readonly change: Change;
}

export interface RelevantAttribute {
  /** Address without instance keys. */
  readonly resource: string;
  readonly path: Path;
}

export interface Plan {
  /** What it was made from. `configuration` has no state: what is known of before is the old configuration. */
  readonly source: "plan" | "configuration";
  readonly formatVersion: string;
  readonly terraformVersion?: string;
  /** Managed resources and data sources, in the plan's order; what does not change is in it too. */
  readonly changes: readonly Change[];
  /** What happened outside Terraform: `before` is the state, `after` what was found. */
  readonly drift: readonly Change[];
  readonly relevantAttributes: readonly RelevantAttribute[];
  readonly outputs: readonly OutputChange[];
  readonly checks: readonly Check[];
  readonly deferred: readonly DeferredChange[];
  /** Actions that run beside the changes (`action_invocations`): addresses with their types. */
  readonly actionInvocations: readonly { readonly address: string; readonly type: string }[];
  readonly isErrored: boolean;
  /** Absent from plans of Terraform before 1.8, which is not `false`. */
  readonly isComplete?: boolean;
  /** Absent from plans of Terraform before 1.7. */
  readonly isApplicable?: boolean;
  /** What could not be understood: sentences without a full stop. Any makes the review incomplete. */
  readonly oddities: readonly string[];
  /** The document itself: configuration, prior state, variables. */
  readonly document: JsonObject;
  /** Only of two configurations: the old one, likewise. */
  readonly formerDocument?: JsonObject;
}
