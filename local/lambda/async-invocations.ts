import * as z from "zod/mini";
import { AwsError, type Clock, type Log } from "../aws";
import { nameOf, tryInvoke } from "./batch-response";
import type { InvocationResult, Lambda } from "./lambda";
import { block, readArguments } from "./lambda-arguments";
import { Polling } from "./polling";
import { type QueueSource, queueUrlOf } from "./queue-mapping";

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
const OLDEST_SECONDS = 21_600;
const MOST_RETRIES = 2;
/** Minutes before the first retry and before the second: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const PAUSE_MS = [60_000, 120_000];

const EventInvokeConfigArguments = z.strictObject({
  function_name: z.string(),
  qualifier: z.optional(z.string()),
  maximum_event_age_in_seconds: z._default(z.int().check(z.minimum(60), z.maximum(OLDEST_SECONDS)), OLDEST_SECONDS),
  maximum_retry_attempts: z._default(z.int().check(z.minimum(0), z.maximum(MOST_RETRIES)), MOST_RETRIES),
  destination_config: block(z.strictObject({ on_failure: block(z.strictObject({ destination: z.string() })) })),
});

interface Handling {
  readonly maximumAgeSeconds: number;
  readonly maximumRetries: number;
  /** ARN of the queue that hears of events that were given up. */
  readonly onFailure?: string;
}

const usual: Handling = { maximumAgeSeconds: OLDEST_SECONDS, maximumRetries: MOST_RETRIES };

/** Why an event was given up, in AWS's words. */
type Condition = "EventAgeExceeded" | "RetriesExhausted";

/**
 * Events that functions are invoked with while whoever sent them does not wait: tried again after a minute and after two, and then told of to the
 * queue that the function has for that.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export class AsyncInvocations {
  private readonly polling: Polling;
  private readonly handlings = new Map<string, Handling>();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "arnOf" | "invoke" | "roleOf">;
      readonly queues: QueueSource;
    },
  ) {
    this.polling = new Polling(options.clock);
  }

  /**
   * Takes the evaluated arguments of `aws_lambda_function_event_invoke_config`.
   * @returns what Terraform computes, and the queue that the function's role must be able to send to
   * @throws Error for what is not modelled; AwsError for a function that is not there, or has such a configuration
   */
  configure(arguments_: Readonly<Record<string, unknown>>): { readonly id: string; readonly onFailure?: string } {
    const type = "aws_lambda_function_event_invoke_config";
    const given = readArguments(type, EventInvokeConfigArguments, arguments_);
    const { lambda } = this.options;
    const functionArn = lambda.arnOf(given.function_name, given.qualifier);
    lambda.roleOf(functionArn); // throws where there is no such function
    if (this.handlings.has(functionArn))
      throw new AwsError("ResourceConflictException", `${functionArn} has an ${type} already`, 409);
    const onFailure = given.destination_config?.on_failure?.destination;
    if (onFailure !== undefined && onFailure.split(":")[2] !== "sqs")
      throw new Error(
        `${type} of ${given.function_name}: on_failure must be a queue's ARN in the local run, got: ${onFailure}`,
      );
    this.handlings.set(functionArn, {
      maximumAgeSeconds: given.maximum_event_age_in_seconds,
      maximumRetries: given.maximum_retry_attempts,
      onFailure,
    });
    const id = given.qualifier === undefined ? given.function_name : `${given.function_name}:${given.qualifier}`;
    return { id, onFailure };
  }

  /** Takes an event. Whoever sent it hears no more of it. */
  enqueue(functionArn: string, event: unknown): void {
    void this.polling.run(() => this.handle(functionArn, event));
  }

  /** Ends every wait for a retry. Invocations under way are left to Lambda. */
  stop(): Promise<void> {
    return this.polling.stop();
  }

  private async handle(functionArn: string, event: unknown): Promise<void> {
    const { clock, lambda, log } = this.options;
    const handling = this.handlings.get(functionArn) ?? usual;
    const takenAt = clock.now();
    for (let retries = 0; ; retries += 1) {
      const result = await this.polling.wait(tryInvoke(lambda, functionArn, event));
      if (!("functionError" in result)) return;
      const functionName = nameOf(functionArn);
      log(functionName, `failed with an event that nobody waits for: ${result.functionError.errorMessage}`);
      const pause = PAUSE_MS[retries] ?? 0;
      const isTooOld = clock.now() + pause - takenAt > handling.maximumAgeSeconds * 1_000;
      if (retries < handling.maximumRetries && !isTooOld) {
        await this.polling.pause(pause);
        continue;
      }
      const condition = retries < handling.maximumRetries ? "EventAgeExceeded" : "RetriesExhausted";
      log(functionName, `event given up: ${condition}`);
      if (handling.onFailure)
        await this.tell(handling.onFailure, { functionArn, event, condition, result, invocations: retries + 1 });
      return;
    }
  }

  /**
   * Sends what was given up to a queue, under the function's role.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  private async tell(
    queueArn: string,
    given: {
      readonly functionArn: string;
      readonly event: unknown;
      readonly condition: Condition;
      readonly result: Extract<InvocationResult, { readonly functionError: unknown }>;
      readonly invocations: number;
    },
  ): Promise<void> {
    const { functionArn, event, condition, result, invocations } = given;
    const { clock, lambda, log, queues } = this.options;
    const body = {
      version: "1.0",
      timestamp: new Date(clock.now()).toISOString(),
      requestContext: {
        requestId: result.requestId,
        functionArn: `${functionArn}:$LATEST`,
        condition,
        approximateInvokeCount: invocations,
      },
      requestPayload: event,
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: result.functionError,
    };
    const message = { QueueUrl: queueUrlOf(queueArn), MessageBody: JSON.stringify(body) };
    const sent = queues.call(lambda.roleOf(functionArn), "SendMessage", message).catch((error: unknown) => {
      log(nameOf(functionArn), `what was given up could not be sent to ${nameOf(queueArn)} and is lost: ${error}`);
    });
    await this.polling.wait(sent);
  }
}
