import type { Change, Json, JsonObject } from "../plan";
import { isMarkedWithin, isObject } from "../values";
import { canonicalText } from "./canonical";
import { causesOf, turn } from "./causes";
import { counted, type Found, foundIn } from "./found";
import { blocksOf, isRemoved, type PlanIndex } from "./plan-index";

const section = "delivery" as const;

type Values = JsonObject;

/** An attribute of a resource that goes on, and when its change stops or loses messages. */
interface Watch {
  readonly attribute: string;
  readonly rule: string;
  /** Undefined where the change does no harm. */
  readonly harm: (before: Values, after: Values) => string | undefined;
  /** @default "high" */
  readonly severity?: "high" | "medium";
}

const given = (value: Json | undefined): boolean =>
  value !== undefined &&
  value !== null &&
  value !== "" &&
  value !== false &&
  !(Array.isArray(value) && value.length === 0);

const off = (attribute: string, rule: string, sentence: string): Watch => ({
  attribute,
  rule,
  harm: (before, after) => (given(before[attribute]) && !given(after[attribute]) ? sentence : undefined),
});

const changed = (attribute: string, rule: string, sentence: string): Watch => ({
  attribute,
  rule,
  harm: (before, after) =>
    canonicalText(before[attribute] ?? "") === canonicalText(after[attribute] ?? "") ? undefined : sentence,
});

const turnedTo = (attribute: string, values: readonly Json[], rule: string, sentence: string): Watch => ({
  attribute,
  rule,
  harm: (before, after) =>
    !values.includes(before[attribute] ?? null) && values.includes(after[attribute] ?? null) ? sentence : undefined,
});

const lowered = (attribute: string, unset: number, rule: string, sentence: string): Watch => ({
  attribute,
  rule,
  harm: (before, after) =>
    Number(after[attribute] ?? unset) < Number(before[attribute] ?? unset) ? sentence : undefined,
});

function redriveOf(values: Values): JsonObject | undefined {
  try {
    const policy = JSON.parse(String(values.redrive_policy || "null")) as unknown;
    return isObject(policy) ? policy : undefined;
  } catch {
    return undefined;
  }
}

const redrive: Watch = {
  attribute: "redrive_policy",
  rule: "redrive-removed",
  harm: (before, after) =>
    redriveOf(before) && !given(after.redrive_policy)
      ? "messages that keep failing are not moved to the dead-letter queue any more: they come again until they expire"
      : undefined,
};

const redriveTarget: Watch = {
  attribute: "redrive_policy",
  rule: "redrive-changed",
  severity: "medium",
  harm: (before, after) => {
    const [old, next] = [redriveOf(before), redriveOf(after)];
    if (!old || !next) return undefined;
    if (String(old.maxReceiveCount) !== String(next.maxReceiveCount)) {
      return `messages move to the dead-letter queue after ${counted(Number(next.maxReceiveCount), "receive")}, formerly ${String(old.maxReceiveCount)}`;
    }
    return old.deadLetterTargetArn === next.deadLetterTargetArn ? undefined : "another queue is the dead-letter queue";
  },
};

const fullness = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"];

const streamView: Watch = {
  attribute: "stream_view_type",
  rule: "stream-view-changed",
  harm: (before, after) => {
    const [old, next] = [String(before.stream_view_type ?? ""), String(after.stream_view_type ?? "")];
    if (!fullness.includes(old) || !fullness.includes(next) || old === next) return undefined;
    const what =
      next === "NEW_AND_OLD_IMAGES" ? "the stream's records change" : "the stream's records hold less or another";
    return `${what}: ${old} → ${next}; the table gets a new stream, and mappings on the old one end with it`;
  },
};

const watches: Readonly<Record<string, readonly Watch[]>> = {
  aws_dynamodb_table: [
    off("stream_enabled", "stream-off", "the table's stream is switched off: nothing learns of new items any more"),
    streamView,
    {
      attribute: "global_secondary_index",
      rule: "index-removed",
      harm: (before, after) => {
        const names = (values: Values) => blocksOf(values, "global_secondary_index").map(({ name }) => String(name));
        const left = new Set(names(after));
        const gone = names(before).filter((name) => !left.has(name));
        return gone.length > 0 ? `indexes are removed: queries on ${gone.join(", ")} fail` : undefined;
      },
    },
  ],
  aws_sqs_queue: [
    redrive,
    redriveTarget,
    lowered("max_message_size", 262_144, "message-size-lowered", "larger messages are refused"),
    off("content_based_deduplication", "deduplication-off", "messages without a deduplication id are refused"),
  ],
  aws_sqs_queue_redrive_policy: [redrive, redriveTarget],
  aws_sns_topic_subscription: [
    {
      attribute: "filter_policy",
      rule: "filter-narrowed",
      harm: (before, after) => {
        if (!given(after.filter_policy) || canonicalText(after.filter_policy) === "{}") return undefined;
        if (canonicalText(before.filter_policy ?? "") === canonicalText(after.filter_policy)) return undefined;
        return given(before.filter_policy)
          ? "the subscription's filter changes: messages that went through may be dropped"
          : "a filter is added to the subscription: messages that do not fit it are dropped";
      },
    },
    changed("filter_policy_scope", "filter-narrowed", "the subscription's filter looks at another part of messages"),
    changed("raw_message_delivery", "message-format-changed", "the subscriber gets messages in another envelope"),
    off(
      "redrive_policy",
      "redrive-removed",
      "messages that cannot be delivered are dropped: the subscription's dead-letter queue is removed",
    ),
  ],
  aws_cloudwatch_event_rule: [
    turnedTo("state", ["DISABLED"], "rule-disabled", "the rule is disabled: its targets get no events"),
    turnedTo("is_enabled", [false], "rule-disabled", "the rule is disabled: its targets get no events"),
    changed("event_pattern", "filter-narrowed", "the rule's pattern changes: events that fitted may not fit"),
    changed("schedule_expression", "schedule-changed", "the rule runs at other times"),
  ],
  aws_apigatewayv2_integration: [
    { ...changed("integration_uri", "target-changed", "calls go elsewhere"), severity: "medium" },
  ],
  aws_cloudwatch_event_target: [
    { ...changed("arn", "target-changed", "the rule's events go elsewhere"), severity: "medium" },
    off(
      "dead_letter_config",
      "dead-letter-removed",
      "events that cannot be delivered are dropped: the target's dead-letter queue is removed",
    ),
  ],
  aws_scheduler_schedule: [
    turnedTo("state", ["DISABLED"], "rule-disabled", "the schedule is disabled"),
    changed("schedule_expression", "schedule-changed", "the schedule runs at other times"),
  ],
  aws_pipes_pipe: [
    turnedTo("desired_state", ["STOPPED"], "pipe-stopped", "the pipe is stopped: events wait, and expire"),
  ],
  aws_cloudwatch_log_subscription_filter: [
    { ...changed("destination_arn", "target-changed", "log lines go elsewhere"), severity: "medium" },
    changed(
      "filter_pattern",
      "filter-narrowed",
      "the log subscription's pattern changes: lines that went through may not",
    ),
  ],
  aws_cloudwatch_metric_alarm: [
    turnedTo("actions_enabled", [false], "alarm-silenced", "the alarm tells nobody any more: its actions are disabled"),
    off("alarm_actions", "alarm-silenced", "the alarm tells nobody any more: its actions are removed"),
    { ...changed("threshold", "alarm-changed", "the alarm goes off at another value"), severity: "medium" },
    { ...changed("evaluation_periods", "alarm-changed", "the alarm goes off after another time"), severity: "medium" },
    { ...changed("comparison_operator", "alarm-changed", "the alarm goes off on the other side"), severity: "medium" },
    {
      ...changed("treat_missing_data", "alarm-changed", "the alarm reads missing data in another way"),
      severity: "medium",
    },
  ],
  aws_cloudwatch_composite_alarm: [
    turnedTo("actions_enabled", [false], "alarm-silenced", "the alarm tells nobody any more: its actions are disabled"),
    off("alarm_actions", "alarm-silenced", "the alarm tells nobody any more: its actions are removed"),
    { ...changed("alarm_rule", "alarm-changed", "the alarm goes off for another reason"), severity: "medium" },
  ],
  aws_cloudtrail: [
    turnedTo("enable_logging", [false], "audit-off", "the audit trail is switched off: nobody can tell who did what"),
    off("is_multi_region_trail", "audit-off", "the audit trail leaves out other regions"),
  ],
  aws_guardduty_detector: [turnedTo("enable", [false], "audit-off", "the threat detector is switched off")],
  aws_config_configuration_recorder_status: [
    turnedTo("is_enabled", [false], "audit-off", "changes are not recorded any more"),
  ],
  aws_kms_key: [
    turnedTo("is_enabled", [false], "key-disabled", "the key is disabled: what is encrypted with it cannot be read"),
  ],
  aws_api_gateway_api_key: [
    turnedTo("enabled", [false], "api-key-disabled", "the API key is disabled: its callers get 403"),
  ],
  aws_api_gateway_integration: [
    turnedTo(
      "type",
      ["MOCK"],
      "integration-mocked",
      "the method answers by itself: nothing behind it is called any more",
    ),
  ],
  aws_cloudfront_distribution: [
    turnedTo("enabled", [false], "distribution-disabled", "the distribution is switched off"),
  ],
  aws_ecs_service: [turnedTo("desired_count", [0], "service-stopped", "the service is stopped: no task runs")],
  aws_autoscaling_group: [turnedTo("max_size", [0], "service-stopped", "the group is stopped: no instance runs")],
};

/** Settings of what goes on. */
function watched(change: Change): readonly Found[] {
  const { before, after, type, action } = change;
  const attributes = Object.hasOwn(watches, type) ? watches[type] : undefined;
  if (!attributes || !before || !after || action === "no-op") return [];
  return attributes.flatMap(({ attribute, rule, harm, severity = "high" }) => {
    const isUnknown = isMarkedWithin(change.afterUnknown, [attribute]);
    // Unknown, a list or an ARN is another one, as a rule; a switch may be off.
    const mayBeOff =
      isUnknown && action === "update" && before[attribute] === true && harm(before, { [attribute]: false });
    if (mayBeOff) {
      const title = `${attribute} is unknown until apply: it may be switched off`;
      const details = [turn(change, [attribute]), `if so: ${mayBeOff}`];
      return [foundIn(change, { section, severity, rule: `${rule}-unknown`, title, details, explains: [attribute] })];
    }
    const sentence = isUnknown ? undefined : harm(before, after);
    if (!sentence) return [];
    return [
      foundIn(change, {
        section,
        severity,
        rule,
        title: sentence,
        details: [turn(change, [attribute])],
        identity: attribute,
        explains: [attribute],
      }),
    ];
  });
}

/** Parts of an S3 notification: what an event goes to. */
const receivers = ["lambda_function", "queue", "topic"];

const receiverOf = (block: JsonObject): string =>
  canonicalText([
    block.lambda_function_arn ?? block.queue_arn ?? block.topic_arn ?? null,
    Array.isArray(block.events) ? [...block.events].sort() : null,
    block.filter_prefix || null,
    block.filter_suffix || null,
  ]);

function notification(change: Change, index: PlanIndex): readonly Found[] {
  if (change.action === "no-op" || change.action === "forget" || !change.before) return [];
  const bucket = index.target(change, "bucket", ["aws_s3_bucket"]);
  if (bucket && isRemoved(bucket)) return [];
  const of = (values: JsonObject | null) => receivers.flatMap((name) => blocksOf(values, name).map(receiverOf));
  const isUnknown = receivers.some((name) => isMarkedWithin(change.afterUnknown, [name]));
  const left = new Set(of(change.after));
  const gone = isUnknown && change.after ? [] : of(change.before).filter((receiver) => !left.has(receiver));
  const isBusGone = change.before.eventbridge === true && change.after?.eventbridge !== true;
  if (gone.length === 0 && !isBusGone) return [];
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: "notification-removed",
      title: "the bucket's events no longer go where they went",
      details: [...gone, ...(isBusGone ? ["EventBridge"] : []), ...causesOf(change)],
      identity: gone.join(),
      explains: [...receivers, "eventbridge"],
    }),
  ];
}

/** What messages and events pass: queues, topics, rules, streams; and who would tell if they did not. */
export const deliveryOfMessages = (index: PlanIndex): readonly Found[] =>
  index.plan.changes
    .filter(({ mode, deposed }) => mode === "managed" && !deposed)
    .flatMap((change) => [
      ...watched(change),
      ...(change.type === "aws_s3_bucket_notification" ? notification(change, index) : []),
    ]);
