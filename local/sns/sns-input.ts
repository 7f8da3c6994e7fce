import { AwsError } from "../aws";
import {
  type MessageAttributes,
  readMessageAttributes,
  sizeOfAttributes,
  snsAttributeRules,
} from "../protocol/message-attributes";
import { type FormTree, readList, readMap } from "../protocol/query-protocol";
import type { Subscription } from "./subscription";

type Parameters = Readonly<Record<string, unknown>>;

/** Of one message, and of a batch together. */
export const MAX_MESSAGE_BYTES = 262_144;

export const invalid = (what: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: ${what}`);

export function requireArn(value: unknown): string {
  if (typeof value !== "string" || value === "")
    throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
  const elements = value.split(":").length;
  if (elements < 6) throw invalid(`TopicArn Reason: An ARN must have at least 6 elements, not ${elements}`);
  return value;
}

export interface ReadMessage {
  readonly subject?: string;
  /** What a protocol's subscriptions get. */
  readonly textFor: (protocol: Subscription["protocol"]) => string;
  /** What was published. */
  readonly full: string;
  readonly attributes: MessageAttributes;
}

export function readMessage(input: Parameters): ReadMessage {
  const full = typeof input.Message === "string" ? input.Message : "";
  if (full === "") throw invalid("Empty message");
  const attributes = readMessageAttributes(input.MessageAttributes, snsAttributeRules);
  if (Buffer.byteLength(full) + sizeOfAttributes(attributes) > MAX_MESSAGE_BYTES) throw invalid("Message too long");
  return { subject: readSubject(input.Subject), textFor: textsOf(full, input.MessageStructure), full, attributes };
}

/** AWS's page says "less than 100 characters", no line breaks and no control characters. */
function readSubject(subject: unknown): string | undefined {
  if (subject === undefined) return undefined;
  if (typeof subject === "string" && /^\P{Cc}{1,99}$/u.test(subject)) return subject;
  throw invalid("Subject");
}

/** With the structure `json`, a text for each protocol. */
function textsOf(message: string, structure: unknown): ReadMessage["textFor"] {
  if (structure === undefined || structure === "") return () => message;
  if (structure !== "json") throw invalid("MessageStructure");
  let texts: unknown;
  try {
    texts = JSON.parse(message);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const { default: text, ...own } = (texts ?? {}) as Record<string, unknown>;
  if (typeof text !== "string") throw invalid("Message Structure - No default entry in JSON message body");
  return (protocol) => {
    const given = own[protocol];
    return typeof given === "string" ? given : text;
  };
}

/** The SDK's shape of a form: `entry` numbers a map, `member` a list. */
export function inputOf({ MessageAttributes, PublishBatchRequestEntries, ...form }: FormTree): Record<string, unknown> {
  const inside = (tree: string | FormTree | undefined, name: string): string | FormTree | undefined =>
    typeof tree === "object" ? tree[name] : undefined;
  const entries = readList(inside(PublishBatchRequestEntries, "member"));
  return {
    ...form,
    ...(MessageAttributes ? { MessageAttributes: readMap(inside(MessageAttributes, "entry")) } : {}),
    ...(PublishBatchRequestEntries
      ? { PublishBatchRequestEntries: entries.map((entry) => (typeof entry === "string" ? {} : inputOf(entry))) }
      : {}),
  };
}
