import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { AwsError, type Clock, type Log } from "../aws";
import { forgetting, type Journal, type Journals } from "../journal";
import { argumentError, block, integer, readArguments } from "../resource-arguments";
import { nameOf, tryInvoke } from "./batch-response";
import type { InvocationResult, Lambda } from "./lambda";
import { Polling } from "./polling";
import { type QueueSource, queueUrlOf } from "./queue-mapping";

const TYPE = "aws_lambda_function_event_invoke_config";
/** @see https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
const OLDEST_SECONDS = 21_600;
const MOST_RETRIES = 2;
/** Minutes before the first retry and before the second: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const PAUSE_MS = [60_000, 120_000];

/** Processes of one function that work on such events. AWS has as many as there are events; one machine has not the memory. */
const AT_ONCE = 10;

const EventInvokeConfigArguments = z.strictObject({
  function_name: z.string(),
  qualifier: z.optional(z.string()),
  maximum_event_age_in_seconds: z._default(integer(60, OLDEST_SECONDS), OLDEST_SECONDS),
  maximum_retry_attempts: z._default(integer(0, MOST_RETRIES), MOST_RETRIES),
  destination_config: block(z.strictObject({ on_failure: block(z.strictObject({ destination: z.string() })) })),
});

interface Handling {
  readonly maximumAgeSeconds: number;
  readonly maximumRetries: number;
  /** ARN of the queue that hears of events that were given up. */
  readonly onFailure?: string;
}

const usual: Handling = { maximumAgeSeconds: OLDEST_SECONDS, maximumRetries: MOST_RETRIES };

type Failure = Extract<InvocationResult, { readonly functionError: unknown }>;

/** An event that is not done with. */
interface PendingEvent {
  readonly id: string;
  readonly functionArn: string;
  readonly event: unknown;
  /** When it came, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Invocations with it so far, all of which failed. */
  readonly invocations: number;
  /** When the next is due, in milliseconds since 1970. */
  readonly dueAt: number;
  /** What the last of them gave. */
  readonly last?: Failure;
}

/** An event as it stands now, or the id of one that is done with. */
type Entry = { readonly pending: PendingEvent } | { readonly done: string };

/** Why an event was given up, in AWS's words. */
type Condition = "EventAgeExceeded" | "RetriesExhausted";

/** Lets so many work at a time, the others in the order in which they came. */
class Turns {
  private free = AT_ONCE;
  private readonly waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  giveBack(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}

/**
 * Events that functions are invoked with while whoever sent them does not wait: tried again after a minute and after two, and then told of to the
 * queue that the function has for that.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export class AsyncInvocations {
  private readonly polling: Polling;
  private readonly handlings = new Map<string, Handling>();
  private readonly turns = new Map<string, Turns>();
  private readonly pending = new Map<string, PendingEvent>();
  /** Ids of events that are being handled; those of an earlier run are not until `resume`. */
  private readonly handled = new Set<string>();
  private readonly journal: Journal<Entry>;

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "arnOf" | "has" | "invoke" | "roleOf">;
      readonly queues: QueueSource;
      /** @default - nothing is remembered */
      readonly journals?: Journals;
    },
  ) {
    this.polling = new Polling(options.clock);
    this.journal = (options.journals ?? forgetting).open<Entry>("lambda-events", {
      replay: (entry) => this.apply(entry),
      snapshot: () => [...this.pending.values()].map((pending) => ({ pending })),
    });
  }

  /**
   * Takes the evaluated arguments of `aws_lambda_function_event_invoke_config`.
   * @returns what Terraform computes, and the queue that the function's role must be able to send to
   * @throws Error for what is not modelled; AwsError for a function that is not there, or has such a configuration
   */
  configure(arguments_: Readonly<Record<string, unknown>>): { readonly id: string; readonly onFailure?: string } {
    const { functionArn, handling, id } = this.read(arguments_);
    if (this.handlings.has(functionArn))
      throw new AwsError("ResourceConflictException", `${functionArn} has an ${TYPE} already`, 409);
    this.handlings.set(functionArn, handling);
    return { id, onFailure: handling.onFailure };
  }

  /** Takes them in place of those of before, for events that are under way as well. @throws Error, AwsError as `configure` */
  reconfigure(arguments_: Readonly<Record<string, unknown>>): { readonly id: string; readonly onFailure?: string } {
    const { functionArn, handling, id } = this.read(arguments_);
    this.handlings.set(functionArn, handling);
    return { id, onFailure: handling.onFailure };
  }

  /** Lets a function's events be handled as those of functions without such a configuration are. */
  forget(functionName: string, qualifier?: string): void {
    this.handlings.delete(this.options.lambda.arnOf(functionName, qualifier));
  }

  /** Takes an event. Whoever sent it hears no more of it. */
  enqueue(functionArn: string, event: unknown): void {
    const now = this.options.clock.now();
    const pending = { id: randomUUID(), functionArn, event, takenAt: now, invocations: 0, dueAt: now };
    this.journal.append({ pending });
    this.apply({ pending });
    this.begin(pending);
  }

  /** Goes on with the events of earlier runs, of functions that are there. */
  resume(): void {
    for (const pending of this.pending.values()) {
      if (!this.handled.has(pending.id) && this.options.lambda.has(pending.functionArn)) this.begin(pending);
    }
  }

  /** What earlier runs left for functions that nobody has made in this one, such as `function Broadcast: 2 events`. It is kept. */
  unclaimed(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { id, functionArn } of this.pending.values())
      if (!this.handled.has(id)) counts.set(functionArn, (counts.get(functionArn) ?? 0) + 1);
    return [...counts].map(([functionArn, count]) => `function ${nameOf(functionArn)}: ${count} events`);
  }

  /** Ends every wait for a retry. Invocations under way are left to Lambda. */
  stop(): Promise<void> {
    return this.polling.stop();
  }

  private read(arguments_: Readonly<Record<string, unknown>>) {
    const given = readArguments(TYPE, EventInvokeConfigArguments, arguments_);
    const { lambda } = this.options;
    const functionArn = lambda.arnOf(given.function_name, given.qualifier);
    lambda.roleOf(functionArn); // throws where there is no such function
    const onFailure = given.destination_config?.on_failure?.destination;
    if (onFailure !== undefined && onFailure.split(":")[2] !== "sqs")
      throw argumentError(TYPE, arguments_, `on_failure must be a queue's ARN in the local run, got: ${onFailure}`);
    const handling: Handling = {
      maximumAgeSeconds: given.maximum_event_age_in_seconds,
      maximumRetries: given.maximum_retry_attempts,
      onFailure,
    };
    const id = given.qualifier === undefined ? given.function_name : `${given.function_name}:${given.qualifier}`;
    return { functionArn, handling, id };
  }

  /** Writes down how an event went. Where that cannot be done, a later run invokes with it again. */
  private note(entry: Entry): void {
    try {
      this.journal.append(entry);
    } catch (error) {
      this.options.log("lambda", `how an event went could not be kept: ${error}`);
    }
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    if ("pending" in entry) this.pending.set(entry.pending.id, entry.pending);
    else this.pending.delete(entry.done);
  }

  private begin(pending: PendingEvent): void {
    this.handled.add(pending.id);
    void this.polling.run(() => this.handle(pending));
  }

  private async handle(given: PendingEvent): Promise<void> {
    const { clock } = this.options;
    for (let pending: PendingEvent | undefined = given; pending; ) {
      const wait = pending.dueAt - clock.now();
      if (wait > 0) await this.polling.pause(wait);
      pending = await this.attempt(pending);
      this.note(pending ? { pending } : { done: given.id });
    }
    this.handled.delete(given.id);
  }

  /** Invokes the function, when it is the event's turn. Returns how the event stands then; nothing if it is done with. */
  private async attempt(pending: PendingEvent): Promise<PendingEvent | undefined> {
    // After a time without a run. To wait for its turn, which AWS has nobody do, makes it no older.
    if (this.isTooOld(pending, this.options.clock.now())) return this.giveUp(pending, "EventAgeExceeded");
    const { functionArn } = pending;
    const turns = this.turns.get(functionArn) ?? new Turns();
    this.turns.set(functionArn, turns);
    await this.polling.wait(turns.take());
    try {
      return await this.invoke(pending);
    } finally {
      turns.giveBack();
    }
  }

  private async invoke(pending: PendingEvent): Promise<PendingEvent | undefined> {
    const { clock, lambda, log } = this.options;
    const { functionArn, event, invocations: retries } = pending;
    const last = await this.polling.wait(tryInvoke(lambda, functionArn, event));
    if (!("functionError" in last)) return undefined;
    log(nameOf(functionArn), `failed with an event that nobody waits for: ${last.functionError.errorMessage}`);
    const dueAt = clock.now() + (PAUSE_MS[retries] ?? 0);
    const next = { ...pending, invocations: retries + 1, dueAt, last };
    if (retries >= this.handlingOf(pending).maximumRetries) return this.giveUp(next, "RetriesExhausted");
    return this.isTooOld(pending, dueAt) ? this.giveUp(next, "EventAgeExceeded") : next;
  }

  /** As it is configured now, also for events that came before. */
  private handlingOf({ functionArn }: PendingEvent): Handling {
    return this.handlings.get(functionArn) ?? usual;
  }

  private isTooOld(pending: PendingEvent, at: number): boolean {
    return at - pending.takenAt > this.handlingOf(pending).maximumAgeSeconds * 1_000;
  }

  private async giveUp(pending: PendingEvent, condition: Condition): Promise<undefined> {
    this.options.log(nameOf(pending.functionArn), `event given up: ${condition}`);
    const { onFailure } = this.handlingOf(pending);
    if (onFailure) await this.tell(onFailure, pending, condition);
    return undefined;
  }

  /**
   * Sends what was given up to a queue, under the function's role.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  private async tell(
    queueArn: string,
    { id, functionArn, event, invocations, last }: PendingEvent,
    condition: Condition,
  ): Promise<void> {
    const { clock, lambda, log, queues } = this.options;
    const body = {
      version: "1.0",
      timestamp: new Date(clock.now()).toISOString(),
      requestContext: {
        requestId: last?.requestId ?? id,
        functionArn: `${functionArn}:$LATEST`,
        condition,
        approximateInvokeCount: invocations,
      },
      requestPayload: event,
      ...(last && {
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: last.functionError,
      }),
    };
    const message = { QueueUrl: queueUrlOf(queueArn), MessageBody: JSON.stringify(body) };
    const send = async () => queues.call(lambda.roleOf(functionArn), "SendMessage", message);
    const sent = send().catch((error: unknown) => {
      log(nameOf(functionArn), `what was given up could not be sent to ${nameOf(queueArn)} and is lost: ${error}`);
    });
    await this.polling.wait(sent);
  }
}
