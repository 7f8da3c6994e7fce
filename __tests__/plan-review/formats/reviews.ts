import type { FormatOptions } from "../../../plan-review/formats";
import type { Finding, Review, Section, Severity } from "../../../plan-review/model";

let counter = 0;

/** A finding of its own fingerprint. */
export function finding(overrides: Partial<Finding> = {}): Finding {
  counter += 1;
  return {
    section: "data-loss",
    severity: "critical",
    rule: "table-replaced",
    address: `aws_dynamodb_table.Orders_${counter}`,
    title: "table is replaced: all its items are lost",
    details: ['hash_key "orderID" → "id" forces the replacement'],
    fingerprint: counter.toString(16).padStart(16, "0"),
    ...overrides,
  };
}

export function review(overrides: Partial<Review> = {}): Review {
  return {
    counts: { create: 0, update: 1, replace: 1, delete: 0, forget: 0, read: 0, noOp: 43, import: 0, move: 0 },
    isComplete: true,
    incompleteReasons: [],
    notes: [],
    terraformVersion: "1.11.4",
    findings: [],
    hidden: { driftNoise: 0, unchanged: 43 },
    ...overrides,
  };
}

export const passed: FormatOptions = { exit: { code: 0, failOn: "critical" } };
export const gateReached: FormatOptions = { exit: { code: 3, failOn: "critical" } };

export const iamBroadened = (): Finding =>
  finding({
    section: "iam",
    rule: "iam-broadened",
    severity: "high",
    address: "aws_iam_policy.Writer_Policy_2F",
    constructPath: "orders-dev/Writer/Policy",
    title: "policy allows more than before",
    details: [],
    iam: {
      change: "BROADENED",
      who: "aws_iam_role.Writer_Role_1A",
      statements: [
        {
          change: "NARROWED",
          effect: "Allow",
          actions: ["sqs:ReceiveMessage"],
          resources: ["${aws_sqs_queue.Inbox.arn}"],
          conditions: [],
          why: "resource * became ${aws_sqs_queue.Inbox.arn}",
        },
        {
          change: "BROADENED",
          effect: "Allow",
          actions: ["dynamodb:*"],
          resources: ["${aws_dynamodb_table.Orders.arn}"],
          conditions: ["StringEquals aws:SourceVpce = vpce-1a2b3c4d", "Bool aws:SecureTransport = true"],
          why: "action dynamodb:PutItem became dynamodb:*",
        },
      ],
    },
  });

/** What an ordinary pull request gives. */
export function ordinary(): Review {
  return review({
    findings: [
      finding({ constructPath: "orders-dev/Orders/Table" }),
      iamBroadened(),
      finding({
        section: "delivery",
        severity: "high",
        rule: "mapping-disabled",
        address: "aws_lambda_event_source_mapping.Inbox",
        constructPath: "orders-dev/InboxToWriter/Mapping",
        title: "event source mapping is disabled: messages stay in the queue",
        details: ["enabled true → false"],
      }),
      finding({
        section: "cost",
        severity: "medium",
        rule: "memory-raised",
        address: "aws_lambda_function.Writer",
        title: "memory 512 MB → 1,024 MB: twice the price per millisecond",
        details: [],
      }),
      finding({
        section: "updates",
        severity: "low",
        rule: "code-only",
        address: "",
        title: "code of 3 functions changes",
        details: [],
      }),
    ],
  });
}

const kinds: readonly (readonly [Section, Severity, string])[] = [
  ["cannot-be-judged", "high", "policy-unresolved"],
  ["data-loss", "critical", "table-replaced"],
  ["public-exposure", "critical", "method-public"],
  ["iam", "high", "iam-broadened"],
  ["delivery", "high", "mapping-disabled"],
  ["drift", "medium", "drift-reverted"],
  ["cost", "medium", "memory-raised"],
  ["updates", "low", "tags-changed"],
  ["housekeeping", "low", "resource-moved"],
];

/** So many findings, over all sections, sorted as a review is. */
export function many(count: number): Review {
  const order: readonly Severity[] = ["critical", "high", "medium", "low"];
  const findings = Array.from({ length: count }, (_, at) => {
    const [section, severity, rule] = kinds[at % kinds.length] ?? ["updates", "low", "tags-changed"];
    const common = { section, severity, rule, constructPath: `orders-dev/Part${at}/Resource` };
    return section === "iam"
      ? finding({ ...iamBroadened(), ...common, address: `aws_iam_policy.Part${at}` })
      : finding({ ...common, address: `aws_thing.Part${at}`, title: `${rule.replaceAll("-", " ")} here` });
  });
  return review({
    findings: findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity)),
  });
}
