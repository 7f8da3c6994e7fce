import { performance } from "node:perf_hooks";
import type { Mail, Publication } from "../sns/sns";
import type { Happening } from "../traffic";
import { whyFailed } from "./failures";
import { sentEvent } from "./meters";
import { isPolling } from "./picture-of-grants";

/** Something that was seen of a request on its way. */
export interface Step {
  /** Milliseconds after the request was sent. */
  readonly at: number;
  readonly title: string;
  readonly detail: string;
  state: "failed" | "ok" | "running";
}

/** What passes, and when, in milliseconds of `performance.now()`. */
export type Seen = Happening | ({ readonly kind: "publication" } & Publication) | ({ readonly kind: "mail" } & Mail);

type End = Extract<Seen, { kind: "mail" } | { kind: "message deleted" } | { kind: "message given up" }>;

interface Invocation {
  readonly step: { -readonly [name in keyof Step]: Step[name] };
  readonly functionArn: string;
  /** Message ids, sequence numbers and the like by which the function may report what failed. */
  readonly ids: readonly string[];
}

const MOST_STEPS = 200;
/** What may pass between the sending of a request and its answer, which tells what to look for. */
const MOST_BEFORE_ANSWER = 20_000;
/** Marks shorter than this could stand in a text by chance. */
const SURE_LENGTH = 16;

/** An answer that has one names the message that was sent, or the request. */
const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/;

const nameOf = (arn: string): string => arn.split(/[:/]/).at(-1) ?? arn;

function objectIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `{"orderID": {"S": "1"}}` as names with the texts of their values. */
const textsOf = (keys: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] =>
  Object.entries(keys).map(([name, value]) => [name, String(Object.values(Object(value) as object)[0])]);

/**
 * The way of one request through everything behind it. What belongs to it is told by what it has in common with what is known to: ids of requests, messages and
 * records, the key of an item that stands in the body, and calls made while a function works on it and on nothing else.
 */
export class Follow {
  readonly steps: Step[] = [];
  private readonly start = performance.now();
  private readonly marks = new Set<string>();
  private readonly sequenceNumbers: string[] = [];
  private readonly content: Readonly<Record<string, unknown>> | undefined;
  private readonly invocations = new Map<string, Invocation>();
  /** Invocations that work under a role now, by the role's ARN. */
  private readonly working: Map<string, Set<string>>;
  private readonly attempts = new Map<string, number>();
  /** Whether the answer names what was sent. */
  private isNamed = false;
  /** Whether a message was known by its body, where the answer names none. */
  private hasOwnMessage = false;
  private keys: readonly (readonly [string, string])[] = [];
  private waiting: { readonly seen: Seen; readonly at: number }[] | undefined = [];

  /**
   * @param id of this follow
   * @param body of the request
   * @param roleOf gives the ARN of a function's role
   * @param working invocations under way, by the role's ARN
   */
  constructor(
    readonly id: string,
    private readonly body: string,
    private readonly roleOf: (functionArn: string) => string,
    private readonly onStep: () => void,
    working: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
  ) {
    this.working = new Map([...working].map(([role, requestIds]) => [role, new Set(requestIds)]));
    this.content = objectIn(body);
  }

  /** Takes the answer, which says by what the request is known, and then what has passed in the meantime. */
  answered(answer: {
    readonly title: string;
    readonly status: number;
    readonly body: string;
    readonly requestId: string;
  }): void {
    const { title, status, requestId } = answer;
    if (requestId) this.marks.add(requestId);
    this.isNamed = UUID.test(answer.body);
    for (const [id] of answer.body.matchAll(new RegExp(UUID, "g"))) this.marks.add(id);
    const waiting = this.waiting ?? [];
    const answeredAt = performance.now() - this.start;
    this.waiting = undefined;
    for (const { seen, at } of waiting) this.take(seen, at);
    this.steps.push({
      at: answeredAt,
      title,
      detail: requestId ? `request ${requestId}` : "",
      state: status < 400 ? "ok" : "failed",
    });
    this.steps.sort((one, other) => one.at - other.at);
    this.onStep();
  }

  see(seen: Seen): void {
    const at = performance.now() - this.start;
    if (!this.waiting) this.take(seen, at);
    else if (this.waiting.length < MOST_BEFORE_ANSWER) this.waiting.push({ seen, at });
  }

  private take(seen: Seen, at: number): void {
    if (this.steps.length >= MOST_STEPS) return;
    switch (seen.kind) {
      case "message sent":
        this.takeMessage(seen, at);
        break;
      case "message given up":
      case "message deleted":
      case "mail":
        if (this.marks.has(seen.messageId)) this.addEnd(seen, at);
        break;
      case "invocation":
        this.takeInvocation(seen, at);
        break;
      case "invocation ended":
        this.endInvocation(seen, at);
        break;
      case "item changed":
        this.takeItem(seen, at);
        break;
      case "call":
        this.takeCall(seen, at);
        break;
      case "publication":
        this.takePublication(seen, at);
        break;
    }
  }

  /** Where a message comes to. */
  private addEnd(seen: End, at: number): void {
    if (seen.kind === "mail") this.add(at, `mail to ${seen.to}`, seen.subject);
    else if (seen.kind === "message deleted") this.add(at, `${nameOf(seen.queueArn)}: done`, "the message is deleted");
    else {
      const title = `${nameOf(seen.queueArn)} → ${nameOf(seen.deadLetterQueueArn)}`;
      this.add(at, title, `given up after ${seen.receiveCount} receives`, "failed");
    }
  }

  private takeMessage({ messageId, body, queueArn }: Extract<Seen, { kind: "message sent" }>, at: number): void {
    const isSame = !this.isNamed && !this.hasOwnMessage && body !== "" && body === this.body;
    const isOwn = this.marks.has(messageId) || isSame;
    const isOfOwn = !isOwn && this.isAbout(body);
    if (!isOwn && !isOfOwn) return;
    this.hasOwnMessage ||= isOwn;
    this.marks.add(messageId);
    this.add(at, `in ${nameOf(queueArn)}`, `message ${messageId}`, isOfOwn ? "failed" : "ok");
  }

  /** Whether a text, such as what a mapping says of records that it gave up, names something of this request. */
  private isAbout(text: string): boolean {
    if ([...this.marks].some((mark) => mark.length >= SURE_LENGTH && text.includes(mark))) return true;
    const batch = Object(objectIn(text)?.DDBStreamBatchInfo) as Readonly<Record<string, unknown>>;
    const [first, last] = [batch.startSequenceNumber, batch.endSequenceNumber];
    if (typeof first !== "string" || typeof last !== "string") return false;
    return this.sequenceNumbers.some((own) => BigInt(first) <= BigInt(own) && BigInt(own) <= BigInt(last));
  }

  private takeInvocation({ functionArn, requestId, event }: Extract<Seen, { kind: "invocation" }>, at: number): void {
    const role = this.roleOf(functionArn);
    this.working.set(role, (this.working.get(role) ?? new Set()).add(requestId));
    const { Records = [], requestContext } = sentEvent(event);
    const ids = [
      requestContext?.requestId,
      ...Records.flatMap(({ messageId, eventID, Sns }) => [messageId, eventID, Sns?.MessageId]),
    ].filter((id): id is string => id !== undefined && this.marks.has(id));
    if (ids.length === 0) return;
    this.marks.add(requestId);
    const attempt = (this.attempts.get(functionArn) ?? 0) + 1;
    this.attempts.set(functionArn, attempt);
    const others = Records.length > 1 ? `, ${Records.length} records together` : "";
    const again = attempt > 1 ? `attempt ${attempt}, ` : "";
    const step = this.add(at, nameOf(functionArn), `${again}request ${requestId}${others}`, "running");
    this.invocations.set(requestId, { step, functionArn, ids: [...ids, ...this.sequenceNumbers] });
  }

  private endInvocation(ended: Extract<Seen, { kind: "invocation ended" }>, at: number): void {
    const { functionArn, requestId, result, durationMs } = ended;
    this.working.get(this.roleOf(functionArn))?.delete(requestId);
    const own = this.invocations.get(requestId);
    if (!own) return;
    const { step, ids } = own;
    const why = whyFailed(result, ids);
    step.state = why === undefined ? "ok" : "failed";
    step.detail = `${why === undefined ? "" : `${why} · `}${step.detail} · ${durationMs.toFixed(0)} ms, until ${at.toFixed(0)} ms`;
    this.onStep();
  }

  private takeItem(change: Extract<Seen, { kind: "item changed" }>, at: number): void {
    const { tableName, eventName, keys, eventId, sequenceNumber } = change;
    const texts = textsOf(keys);
    const { content } = this;
    if (!content || !texts.every(([name, value]) => Object.hasOwn(content, name) && String(content[name]) === value))
      return;
    this.keys = texts;
    if (eventId) this.marks.add(eventId);
    if (sequenceNumber) this.sequenceNumbers.push(sequenceNumber);
    this.add(at, `${eventName} in ${tableName}`, texts.map(([name, value]) => `${name} ${value}`).join(", "));
  }

  /** Whether this request's invocation is the only one that works under a role. */
  private isAlone(roleArn: string): boolean {
    const working = [...(this.working.get(roleArn) ?? [])];
    return working.length === 1 && this.invocations.has(working[0] ?? "");
  }

  private takeCall({ caller, action, resource, isAllowed }: Extract<Seen, { kind: "call" }>, at: number): void {
    // What these do is seen by what comes of it; logs and traces are no part of the way.
    const isAside =
      isPolling(action) || /^(logs:|xray:|sns:Publish$|dynamodb:(Put|Update|Delete)Item$|kms:)/.test(action);
    if ((isAside && isAllowed) || !this.isAlone(caller.principalArn)) return;
    const what = resource.replace(/^arn:(?:[^:]*:){4}/, "");
    this.add(at, `${action}${isAllowed ? "" : " denied"}`, what, isAllowed ? "ok" : "failed");
  }

  private takePublication({ messageId, topicArn, subject, attributes }: Publication, at: number): void {
    const hasKey = this.keys.length > 0 && this.keys.every(([name, value]) => attributes[name] === value);
    if (!hasKey) return;
    this.marks.add(messageId);
    this.add(at, `published to ${nameOf(topicArn)}`, `${subject ?? "no subject"} · message ${messageId}`);
  }

  private add(at: number, title: string, detail: string, state: Step["state"] = "ok"): Step & { detail: string } {
    const step = { at, title, detail, state };
    this.steps.push(step);
    if (!this.waiting) this.onStep();
    return step;
  }
}
