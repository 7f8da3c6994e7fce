import { randomUUID } from "node:crypto";
import type { Clock, Log, Place } from "../aws";
import type { Lambda } from "./lambda";
import { QueueMappingArguments, readArguments, StreamMappingArguments } from "./lambda-arguments";
import { QueueMapping, type QueueSource } from "./queue-mapping";
import { StreamMapping, type StreamSource } from "./stream-mapping";

export type { QueueSource } from "./queue-mapping";
export type { StreamRecord, StreamSource } from "./stream-mapping";

const TYPE = "aws_lambda_event_source_mapping";

/**
 * Queues and streams that invoke functions.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
export class EventSourceMappings {
  private readonly mappings: (QueueMapping | StreamMapping)[] = [];

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "invoke" | "roleOf" | "timeoutOf">;
      readonly queues: QueueSource;
      readonly streams: StreamSource;
    },
  ) {}

  /**
   * Makes a mapping from the evaluated arguments of `aws_lambda_event_source_mapping`, and starts it unless `enabled` is false.
   *
   * @throws Error for an argument that breaks a rule or is not modelled
   * @throws AwsError for a filter that AWS refuses
   */
  create(arguments_: Readonly<Record<string, unknown>>): { id: string; uuid: string; arn: string } {
    const mapping = this.mappingOf(arguments_);
    this.mappings.push(mapping);
    if (arguments_.enabled !== false) mapping.start();
    const { partition, region, accountId } = this.options.place;
    const uuid = randomUUID();
    return { id: uuid, uuid, arn: `arn:${partition}:lambda:${region}:${accountId}:event-source-mapping:${uuid}` };
  }

  /** Ends the polling at once. Invocations under way are left to Lambda, their records to their source. */
  async stop(): Promise<void> {
    await Promise.all(this.mappings.map((mapping) => mapping.stop()));
  }

  private mappingOf(arguments_: Readonly<Record<string, unknown>>): QueueMapping | StreamMapping {
    const functionArn = String(arguments_.function_name);
    const options = { ...this.options, functionArn, caller: this.options.lambda.roleOf(functionArn) };
    const source = String(arguments_.event_source_arn);
    switch (source.split(":")[2]) {
      case "sqs":
        return new QueueMapping(readArguments(TYPE, QueueMappingArguments, arguments_), options);
      case "dynamodb":
        this.options.streams.onRecords(source, () => undefined)(); // throws where there is no such stream
        return new StreamMapping(readArguments(TYPE, StreamMappingArguments, arguments_), options);
      default:
        throw new Error(
          `${TYPE} of ${functionArn}: event_source_arn must be that of a queue or of a table's stream in the local run, got: ${source}`,
        );
    }
  }
}
