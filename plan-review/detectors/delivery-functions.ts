import type { Change, JsonObject } from "../plan";
import { isEqual, isMarkedWithin } from "../values";
import { canonicalText } from "./canonical";
import { causesOf, turn } from "./causes";
import { type Found, foundIn } from "./found";
import { blockOf, blocksOf, isRemoved, type PlanIndex } from "./plan-index";

const section = "delivery" as const;

const MAPPING = "aws_lambda_event_source_mapping";
const FUNCTIONS = ["aws_lambda_function", "aws_lambda_alias"];
const SOURCES = ["aws_sqs_queue", "aws_dynamodb_table", "aws_kinesis_stream", "aws_msk_cluster", "aws_mq_broker"];

/** Patterns of which an event must fit one; none means that every event fits. */
const patternsOf = (values: JsonObject | null): readonly string[] =>
  blocksOf(values, "filter_criteria").flatMap((criteria) =>
    blocksOf(criteria, "filter").map(({ pattern }) => canonicalText(pattern)),
  );

/** Fewer events go through: `undefined` where as many do, or more. */
function filterChange(before: readonly string[], after: readonly string[]): string | undefined {
  if (after.length === 0) return undefined;
  if (before.length === 0) return "a filter is added: events that do not fit it are dropped";
  if (before.every((pattern) => after.includes(pattern))) return undefined;
  if (after.every((pattern) => before.includes(pattern))) return "its filter narrows: fewer events go through";
  return "its filter changes: events that went through may be dropped";
}

function mapping(change: Change, index: PlanIndex): readonly Found[] {
  const { before, after, action } = change;
  if (action === "no-op" || action === "forget" || !before) return [];
  const source = index.target(change, "event_source_arn", SOURCES);
  const target = index.target(change, "function_name", FUNCTIONS);
  if (!after) return [deletedMapping(change, source?.action === "delete" && target?.action === "delete")];
  return [
    ...(action === "replace" ? [replacedMapping(change, source, target)] : []),
    ...disabled(change),
    ...filtered(change),
    ...failures(change),
    ...otherFunction(change),
  ];
}

const deletedMapping = (change: Change, goesToo: boolean): Found =>
  foundIn(change, {
    section,
    severity: goesToo ? "low" : "high",
    rule: "mapping-deleted",
    title: goesToo
      ? "event source mapping is deleted, with its source and its function"
      : "event source mapping is deleted: nothing takes events to the function any more",
    details: causesOf(change),
  });

function disabled(change: Change): readonly Found[] {
  const { before, after, action, afterUnknown } = change;
  if (before?.enabled === false) return [];
  const isUnknown = isMarkedWithin(afterUnknown, ["enabled"]);
  if (isUnknown ? action !== "update" : after?.enabled !== false) return [];
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: isUnknown ? "mapping-unknown" : "mapping-disabled",
      title: isUnknown
        ? "whether the event source mapping stays enabled is unknown until apply"
        : "event source mapping is disabled: events wait, and expire",
      details: [turn(change, ["enabled"])],
      explains: ["enabled"],
    }),
  ];
}

function filtered(change: Change): readonly Found[] {
  const isUnknown = isMarkedWithin(change.afterUnknown, ["filter_criteria"]);
  const harm = isUnknown ? undefined : filterChange(patternsOf(change.before), patternsOf(change.after));
  if (!harm && !(isUnknown && change.action === "update")) return [];
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: isUnknown ? "filter-unknown" : "filter-narrowed",
      title: `event source mapping: ${harm ?? "its filter is unknown until apply"}`,
      details: [turn(change, ["filter_criteria"])],
      explains: ["filter_criteria"],
    }),
  ];
}

function replacedMapping(change: Change, source: Change | undefined, target: Change | undefined): Found {
  const isStream = Boolean(change.before?.starting_position ?? change.after?.starting_position);
  const isLatest = change.after?.starting_position === "LATEST";
  const gap = isLatest
    ? "it begins at LATEST: records written before the new one runs are never read"
    : isStream
      ? "it begins anew: records may be read twice"
      : "between the two, nothing takes events to the function";
  return foundIn(change, {
    section,
    severity: isLatest ? "high" : "medium",
    rule: "mapping-replaced",
    title: `event source mapping is replaced: ${gap}`,
    details: [
      ...causesOf(change),
      ...[source, target].flatMap((one) => (one && isRemoved(one) ? [`${one.address} is ${one.action}d, too`] : [])),
    ],
    identity: change.replacePaths.map((path) => path.join(".")).join(),
    explains: ["event_source_arn", "function_arn", "function_name", "starting_position"],
  });
}

function otherFunction(change: Change): readonly Found[] {
  const [before, after] = [change.before?.function_name, change.after?.function_name];
  if (change.action !== "update" || typeof before !== "string" || typeof after !== "string" || before === after)
    return [];
  const title = "event source mapping: its events go to another function";
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: "mapping-function-changed",
      title,
      details: [turn(change, ["function_name"])],
      explains: ["function_name", "function_arn"],
    }),
  ];
}

const numberAt = (values: JsonObject | null, name: string): number | undefined =>
  typeof values?.[name] === "number" ? values[name] : undefined;

/** -1 is without end, and so is nothing at all. */
const patience = (value: number | undefined): number =>
  value === undefined || value < 0 ? Number.POSITIVE_INFINITY : value;

/** What becomes of records that fail. */
function failures(change: Change): readonly Found[] {
  const { before, after } = change;
  if (!before || !after) return [];
  const found = (
    rule: string,
    title: string,
    explains: string,
    details: readonly string[] = [turn(change, [explains])],
  ) => foundIn(change, { section, severity: "high", rule, title, details, identity: explains, explains: [explains] });
  const isUnknown = (name: string) => isMarkedWithin(change.afterUnknown, [name]);
  const destination = (values: JsonObject) =>
    blockOf(blockOf(values, "destination_config") ?? null, "on_failure")?.destination_arn ??
    blockOf(blockOf(values, "destination_config") ?? null, "on_failure")?.destination;
  const lost =
    destination(before) && !destination(after) && !isUnknown("destination_config")
      ? [
          found(
            "failure-destination-removed",
            "records that fail are dropped: the on-failure destination is removed",
            "destination_config",
          ),
        ]
      : [];
  const shorter = ["maximum_retry_attempts", "maximum_record_age_in_seconds", "maximum_event_age_in_seconds"].flatMap(
    (name) => {
      if (isUnknown(name)) return [];
      // 0 seconds of age is what the provider writes for a queue, which has none.
      const [old, next] = [numberAt(before, name), numberAt(after, name)];
      const isAge = name !== "maximum_retry_attempts";
      if (next === undefined || (isAge && next === 0) || (isAge && old === 0)) return [];
      return patience(next) < patience(old)
        ? [found("given-up-sooner", `records that fail are given up sooner: ${name}`, name)]
        : [];
    },
  );
  const reports = (values: JsonObject) =>
    Array.isArray(values.function_response_types) && values.function_response_types.includes("ReportBatchItemFailures");
  const partial =
    change.type === MAPPING && reports(before) && !reports(after) && !isUnknown("function_response_types")
      ? [
          found(
            "partial-responses-off",
            "one record that fails makes the whole batch come again: ReportBatchItemFailures is removed",
            "function_response_types",
          ),
        ]
      : [];
  return [...lost, ...shorter, ...partial];
}

function lambda(change: Change): readonly Found[] {
  const { before, after, action } = change;
  if (!before || !after || action === "no-op") return [];
  const found = (rule: string, title: string, explains: string) =>
    foundIn(change, {
      section,
      severity: "high",
      rule,
      title,
      details: [turn(change, [explains])],
      explains: [explains],
    });
  const isUnknown = (name: string) => isMarkedWithin(change.afterUnknown, [name]);
  const name = "reserved_concurrent_executions";
  const [old, next] = [patience(numberAt(before, name)), patience(numberAt(after, name))];
  const concurrency =
    next >= old || isUnknown(name)
      ? []
      : [
          next === 0
            ? found("concurrency-zero", "the function is stopped: its reserved concurrency is 0", name)
            : found(
                "concurrency-lowered",
                `at most ${next} instances of the function run at a time: more calls are throttled`,
                name,
              ),
        ];
  const isDeadLetterGone =
    blocksOf(before, "dead_letter_config").length > 0 &&
    blocksOf(after, "dead_letter_config").length === 0 &&
    !isUnknown("dead_letter_config");
  const deadLetter = isDeadLetterGone
    ? [
        found(
          "dead-letter-removed",
          "events that fail are dropped: the dead-letter target is removed",
          "dead_letter_config",
        ),
      ]
    : [];
  return [...concurrency, ...deadLetter];
}

function aliasTurned(change: Change): readonly Found[] {
  const { before, after, action } = change;
  if (!before || !after || action === "no-op" || isEqual(before.routing_config ?? null, after.routing_config ?? null))
    return [];
  if (isMarkedWithin(change.afterUnknown, ["routing_config"])) return [];
  return [
    foundIn(change, {
      section,
      severity: "medium",
      rule: "alias-routing-changed",
      title: "the share of calls that each version of the function gets changes",
      details: [turn(change, ["routing_config"])],
      explains: ["routing_config"],
    }),
  ];
}

const secondsOf = (values: JsonObject | null, name: string, unset: number): number => numberAt(values, name) ?? unset;

/** A queue whose messages come back while the function still works on them. AWS refuses it only when the mapping is made. */
function visibility(change: Change, index: PlanIndex): readonly Found[] {
  if (change.action === "delete" || change.action === "forget") return [];
  const queue = index.target(change, "event_source_arn", ["aws_sqs_queue"]);
  const target = index.target(change, "function_name", ["aws_lambda_function"]);
  if (!queue?.after || !target?.after) return [];
  const isShort = (left: Change["after"], right: Change["after"]) =>
    left !== null &&
    right !== null &&
    secondsOf(left, "visibility_timeout_seconds", 30) < secondsOf(right, "timeout", 3);
  if (!isShort(queue.after, target.after) || isShort(queue.before, target.before)) return [];
  const [wait, work] = [
    secondsOf(queue.after, "visibility_timeout_seconds", 30),
    secondsOf(target.after, "timeout", 3),
  ];
  const culprit = queue.action === "no-op" ? target : queue;
  return [
    foundIn(culprit, {
      section,
      severity: "high",
      rule: "visibility-below-timeout",
      title: `messages come back after ${wait} s while the function still works on them for up to ${work} s`,
      details: [
        `queue: ${queue.address}`,
        `function: ${target.address}`,
        "messages are handled twice, and reach the dead-letter queue sooner",
      ],
      identity: `${queue.address} ${target.address}`,
    }),
  ];
}

/** What takes events to functions, and what becomes of those that fail. */
export const deliveryToFunctions = (index: PlanIndex): readonly Found[] => [
  ...index.ofType(MAPPING).flatMap((change) => [...mapping(change, index), ...visibility(change, index)]),
  ...index.ofType("aws_lambda_function").flatMap(lambda),
  ...index.ofType("aws_lambda_alias").flatMap(aliasTurned),
  ...index
    .ofType("aws_lambda_function_event_invoke_config")
    .flatMap((change) => (change.action === "no-op" ? [] : failures(change))),
];
