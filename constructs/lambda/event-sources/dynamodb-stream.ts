import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { Construct } from "constructs";
import type { Table } from "../../dynamodb/table";
import type { ManagedPolicy } from "../../iam/managed-policy";
import type { Queue } from "../../sqs/queue";
import { requireInteger } from "../../terraform/props";
import type { NodeFunction } from "../function";

export interface DynamodbStreamEventSourceProps {
  readonly table: Table;
  readonly handler: NodeFunction;
  /** Queue for where in the stream the given-up records are: the records themselves stay in the table, under their keys. */
  readonly onFailure: Queue;
  /**
   * The one kind of change that invokes the function.
   * @default - every change
   */
  readonly only?: "INSERT" | "MODIFY" | "REMOVE";
  /**
   * Records an invocation, 1–10,000.
   * @default 100
   */
  readonly batchSize?: number;
  /**
   * Retries of a failed batch, 0–10,000.
   * @default 5
   */
  readonly maximumRetryAttempts?: number;
  /**
   * Age at which a record is given up, 60–604,800 seconds. A stream keeps its records for 24 hours.
   * @default 86400
   */
  readonly maximumRecordAgeSeconds?: number;
  /**
   * Policies that the handler needs before the first record comes: to read the stream, and for its own work.
   * @default - an inline policy with the four actions that reading a stream takes
   */
  readonly policies?: readonly ManagedPolicy[];
}

/**
 * Changes of a table invoke a function, in order for each key, from the oldest that the stream still has. A failing batch is split to
 * find the record at fault; what fails for good is reported to a queue and does not block what comes after.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 */
export class DynamodbStreamEventSource extends Construct {
  constructor(scope: Construct, id: string, props: DynamodbStreamEventSourceProps) {
    super(scope, id);
    const {
      table,
      handler,
      onFailure,
      only,
      batchSize = 100,
      maximumRetryAttempts = 5,
      maximumRecordAgeSeconds = 86_400,
    } = props;
    requireInteger(this, "batchSize", batchSize, 1, 10_000);
    requireInteger(this, "maximumRetryAttempts", maximumRetryAttempts, 0, 10_000);
    requireInteger(this, "maximumRecordAgeSeconds", maximumRecordAgeSeconds, 60, 604_800);

    const read = [
      {
        actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resources: [table.streamArn],
      },
      { actions: ["dynamodb:ListStreams"], resources: ["*"] },
    ];
    const grants = props.policies?.map((policy) => policy.attachment) ?? [handler.role.grant(id, read)];
    onFailure.requireStandard(this, "onFailure", "Lambda reports failures to no other");
    // Lambda reports failures under the function's role, not under one of its own.
    const canReport = onFailure.grantSend(handler.role, `${id}OnFailure`);
    new LambdaEventSourceMapping(this, "Resource", {
      eventSourceArn: table.streamArn,
      functionName: handler.functionArn,
      startingPosition: "TRIM_HORIZON",
      batchSize,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts,
      maximumRecordAgeInSeconds: maximumRecordAgeSeconds,
      functionResponseTypes: ["ReportBatchItemFailures"],
      filterCriteria: only && { filter: [{ pattern: JSON.stringify({ eventName: [only] }) }] },
      destinationConfig: { onFailure: { destinationArn: onFailure.queueArn } },
      dependsOn: [...grants, canReport],
    });
  }
}
