import { randomUUID } from "node:crypto";
import type { Clock, Log, Place } from "../aws";
import type { Journals } from "../journal";
import { argumentError, readArguments } from "../resource-arguments";
import { Checkpoints } from "./checkpoints";
import type { Lambda } from "./lambda";
import { QueueMappingArguments, StreamMappingArguments } from "./lambda-arguments";
import { QueueMapping, type QueueSource } from "./queue-mapping";
import { StreamMapping, type StreamSource } from "./stream-mapping";

export type { QueueSource } from "./queue-mapping";
export type { StreamRecord, StreamSource } from "./stream-mapping";

const TYPE = "aws_lambda_event_source_mapping";

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Queues and streams that invoke functions.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
export class EventSourceMappings {
  private readonly mappings = new Map<string, QueueMapping | StreamMapping>();
  /** Mappings that were deleted and have not ended yet. */
  private readonly draining = new Map<QueueMapping | StreamMapping, Promise<void>>();
  private readonly checkpoints: Checkpoints;

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "invoke" | "roleOf" | "timeoutOf">;
      readonly queues: QueueSource;
      readonly streams: StreamSource;
      /** @default - nothing is remembered */
      readonly journals?: Journals;
    },
  ) {
    this.checkpoints = new Checkpoints(options.journals);
  }

  /**
   * Makes a mapping from the evaluated arguments of `aws_lambda_event_source_mapping`, and starts it unless `enabled` is false.
   *
   * @throws Error for an argument that breaks a rule or is not modelled
   * @throws AwsError for a filter that AWS refuses
   */
  create(arguments_: Arguments, uuid: string = randomUUID()): { id: string; uuid: string; arn: string } {
    const mapping = this.mappingOf(arguments_);
    this.mappings.set(uuid, mapping);
    if (arguments_.enabled !== false) this.start(mapping);
    const { partition, region, accountId } = this.options.place;
    return { id: uuid, uuid, arn: `arn:${partition}:lambda:${region}:${accountId}:event-source-mapping:${uuid}` };
  }

  /**
   * Lets a mapping go on with other settings of the same source, from its next batch on.
   *
   * @param mapping `isSwitched`: whether `enabled` has changed, too
   * @throws Error, AwsError as `create`; the mapping is then as it was
   */
  update(arguments_: Arguments, { uuid, isSwitched }: { readonly uuid: string; readonly isSwitched: boolean }): void {
    const made = this.mappingOf(arguments_);
    if (isSwitched) {
      this.delete(uuid);
      this.mappings.set(uuid, made);
      if (arguments_.enabled !== false) this.start(made);
      return;
    }
    const mapping = this.mappings.get(uuid);
    if (mapping instanceof QueueMapping) mapping.update(readArguments(TYPE, QueueMappingArguments, arguments_));
    else mapping?.update(readArguments(TYPE, StreamMappingArguments, arguments_));
  }

  /** Ends a mapping: invocations under way come to their end, and nothing more is read. */
  delete(uuid: string): void {
    const mapping = this.mappings.get(uuid);
    if (!mapping) return;
    this.mappings.delete(uuid);
    const drained = mapping.drain().finally(() => this.draining.delete(mapping));
    this.draining.set(mapping, drained);
  }

  /** Ends the polling at once. Invocations under way are left to Lambda, their records to their source. */
  async stop(): Promise<void> {
    const all = [...this.mappings.values(), ...this.draining.keys()];
    await Promise.all(all.map((mapping) => mapping.stop()));
  }

  /** One reader of a stream begins where the one before it ended. */
  private start(mapping: QueueMapping | StreamMapping): void {
    const ending = mapping instanceof StreamMapping ? [...this.draining.values()] : [];
    if (ending.length === 0) mapping.start();
    else void Promise.all(ending).then(() => mapping.start());
  }

  private mappingOf(arguments_: Arguments): QueueMapping | StreamMapping {
    const { checkpoints, options } = this;
    const functionArn = String(arguments_.function_name);
    options.lambda.roleOf(functionArn); // throws where there is no such function
    const source = String(arguments_.event_source_arn);
    switch (source.split(":")[2]) {
      case "sqs":
        return new QueueMapping(readArguments(TYPE, QueueMappingArguments, arguments_), options);
      case "dynamodb":
        options.streams.onRecords(source, () => undefined)(); // throws where there is no such stream
        return new StreamMapping(readArguments(TYPE, StreamMappingArguments, arguments_), { ...options, checkpoints });
      default:
        throw argumentError(
          TYPE,
          arguments_,
          `event_source_arn must be that of a queue or of a table's stream in the local run, got: ${source}`,
        );
    }
  }
}
