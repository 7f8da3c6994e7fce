import { Table } from "../../../constructs/dynamodb/table";
import { ManagedPolicy } from "../../../constructs/iam/managed-policy";
import {
  DynamodbStreamEventSource,
  type DynamodbStreamEventSourceProps,
} from "../../../constructs/lambda/event-sources/dynamodb-stream";
import { SqsEventSource, type SqsEventSourceProps } from "../../../constructs/lambda/event-sources/sqs";
import { NodeFunction } from "../../../constructs/lambda/function";
import { Queue, type QueueProps } from "../../../constructs/sqs/queue";
import type { Stack } from "../../../constructs/terraform/stack";
import { policiesOf } from "../../support/policies";
import { type Attributes, only, synthesize } from "../../support/synth";

const handlerIn = (stack: Stack, timeoutSeconds?: number): NodeFunction =>
  new NodeFunction(stack, "Worker", {
    functionName: "worker",
    description: "Works",
    entry: "handlers/write-order.ts",
    roleName: "worker",
    logRetentionInDays: 30,
    timeoutSeconds,
  });

describe("a queue", () => {
  interface Given extends Partial<Omit<SqsEventSourceProps, "queue" | "handler">> {
    readonly timeoutSeconds?: number;
    readonly visibilityTimeoutSeconds?: number;
    readonly queueProps?: Pick<QueueProps, "queueName" | "fifo">;
  }

  const ordered: Given = { queueProps: { queueName: "q.fifo", fifo: { deduplicateBy: "content" } } };

  const mapping = ({ timeoutSeconds, visibilityTimeoutSeconds = 900, queueProps, ...props }: Given = {}): Attributes =>
    only(
      synthesize((stack) => {
        const queue = new Queue(stack, "Queue", { queueName: "q", visibilityTimeoutSeconds, ...queueProps });
        const handler = handlerIn(stack, timeoutSeconds);
        new SqsEventSource(stack, "Source", { queue, handler, maximumConcurrency: 2, ...props });
      }),
      "aws_lambda_event_source_mapping",
    );

  test("invokes with up to 10 messages, takes partial failures, and is bounded", () => {
    expect(mapping()).toMatchObject({
      batch_size: 10,
      maximum_batching_window_in_seconds: 0,
      function_response_types: ["ReportBatchItemFailures"],
      scaling_config: { maximum_concurrency: 2 },
    });
  });

  test("that is FIFO knows no batch window", () => {
    expect(mapping(ordered).batch_size).toBe(10);
    expect(mapping(ordered)).not.toHaveProperty("maximum_batching_window_in_seconds");
  });

  test("may be received from before it is mapped, by three actions on the one queue", () => {
    const config = synthesize((stack) => {
      const queue = new Queue(stack, "Queue", { queueName: "q", visibilityTimeoutSeconds: 60 });
      new SqsEventSource(stack, "Source", { queue, handler: handlerIn(stack), maximumConcurrency: 2 });
    });
    expect(policiesOf(config, "Worker_Role").Source).toEqual([
      {
        Effect: "Allow",
        Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        Resource: "${aws_sqs_queue.Queue.arn}",
      },
    ]);
    expect(only(config, "aws_lambda_event_source_mapping").depends_on).toEqual([
      "aws_iam_role_policy.Worker_Role_Source",
    ]);
  });

  test("waits for the policies that are given in place of its own", () => {
    const config = synthesize((stack) => {
      const queue = new Queue(stack, "Queue", { queueName: "q", visibilityTimeoutSeconds: 60 });
      const handler = handlerIn(stack);
      const policy = new ManagedPolicy(stack, "Read", {
        policyName: "Read",
        description: "",
        role: handler.role,
        statements: [],
      });
      new SqsEventSource(stack, "Source", { queue, handler, maximumConcurrency: 2, policies: [policy] });
    });
    expect(Object.keys(policiesOf(config, "Worker_Role"))).toEqual(["WriteLogs", "WriteTraces", "Read"]);
    expect(only(config, "aws_lambda_event_source_mapping").depends_on).toEqual([
      "aws_iam_role_policy_attachment.Worker_Role_Read",
    ]);
  });

  test.each<[Given]>([
    [{ maximumConcurrency: 1_000 }],
    [{ batchSize: 1 }],
    [{ batchSize: 10_000, maximumBatchingWindowSeconds: 1 }],
    [{ maximumBatchingWindowSeconds: 300 }],
    [{ timeoutSeconds: 10, visibilityTimeoutSeconds: 60 }],
    [{ timeoutSeconds: 10, visibilityTimeoutSeconds: 65, maximumBatchingWindowSeconds: 5 }],
  ])("takes %j", (props) => {
    expect(mapping(props)).toBeDefined();
  });

  test.each<[Given, string]>([
    [{ maximumConcurrency: 1 }, "maximumConcurrency must be an integer from 2 to 1000, got: 1 (in test/Source)"],
    [{ maximumConcurrency: 1_001 }, "maximumConcurrency must be an integer from 2 to 1000, got: 1001"],
    [{ batchSize: 0 }, "batchSize must be an integer from 1 to 10000, got: 0"],
    [{ batchSize: 10_001 }, "batchSize must be an integer from 1 to 10000, got: 10001"],
    [
      { batchSize: 11 },
      "batchSize must be at most 10 without a batch window, got: 11. Set maximumBatchingWindowSeconds to 1 or more",
    ],
    [
      { ...ordered, maximumBatchingWindowSeconds: 1 },
      "maximumBatchingWindowSeconds must be 0 for a FIFO queue, got: 1 (in test/Source)",
    ],
    [
      { ...ordered, batchSize: 11 },
      "batchSize must be at most 10 without a batch window, got: 11. A FIFO queue takes no batch window",
    ],
    [{ maximumBatchingWindowSeconds: 301 }, "maximumBatchingWindowSeconds must be an integer from 0 to 300, got: 301"],
    [{ maximumBatchingWindowSeconds: -1 }, "maximumBatchingWindowSeconds must be an integer from 0 to 300, got: -1"],
    [
      { timeoutSeconds: 10, visibilityTimeoutSeconds: 59 },
      "visibilityTimeoutSeconds must be at least 60: six times the timeout of the function behind it, plus the batch window, got: 59 (in test/Queue)",
    ],
    [{ timeoutSeconds: 10, visibilityTimeoutSeconds: 64, maximumBatchingWindowSeconds: 5 }, "at least 65"],
  ])("refuses %j", (props, message) => {
    expect(() => mapping(props)).toThrow(message);
  });
});

describe("a table's stream", () => {
  type Given = Partial<Omit<DynamodbStreamEventSourceProps, "table" | "handler" | "onFailure">>;

  const configOf = (props: Given = {}) =>
    synthesize((stack) => {
      const table = new Table(stack, "Table", { tableName: "orders", partitionKey: "orderID", stream: "NEW_IMAGE" });
      const onFailure = new Queue(stack, "Failed", { queueName: "failed", failedMessages: "keep" });
      new DynamodbStreamEventSource(stack, "Source", { table, handler: handlerIn(stack), onFailure, ...props });
    });

  test("is read from its oldest record; a failing batch is split, retried five times and reported", () => {
    expect(only(configOf(), "aws_lambda_event_source_mapping")).toMatchObject({
      starting_position: "TRIM_HORIZON",
      batch_size: 100,
      bisect_batch_on_function_error: true,
      maximum_retry_attempts: 5,
      maximum_record_age_in_seconds: 86_400,
      function_response_types: ["ReportBatchItemFailures"],
      destination_config: { on_failure: { destination_arn: "${aws_sqs_queue.Failed.arn}" } },
      depends_on: ["aws_iam_role_policy.Worker_Role_Source", "aws_iam_role_policy.Worker_Role_SourceOnFailure"],
    });
    expect(only(configOf(), "aws_lambda_event_source_mapping")).not.toHaveProperty("filter_criteria");
  });

  test("is read and reported on under the function's role", () => {
    const policies = policiesOf(configOf(), "Worker_Role");
    expect(policies.Source).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        Resource: "${aws_dynamodb_table.Table.stream_arn}",
      },
      { Effect: "Allow", Action: "dynamodb:ListStreams", Resource: "*" },
    ]);
    expect(policies.SourceOnFailure).toEqual([
      { Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Failed.arn}" },
    ]);
  });

  test("wakes the function on one kind of change when asked to", () => {
    expect(only(configOf({ only: "REMOVE" }), "aws_lambda_event_source_mapping").filter_criteria.filter).toEqual([
      { pattern: '{"eventName":["REMOVE"]}' },
    ]);
  });

  test.each<[Given]>([
    [{ batchSize: 1, maximumRetryAttempts: 0, maximumRecordAgeSeconds: 60 }],
    [{ batchSize: 10_000, maximumRetryAttempts: 10_000, maximumRecordAgeSeconds: 604_800 }],
  ])("takes %j", (props) => {
    expect(only(configOf(props), "aws_lambda_event_source_mapping").batch_size).toBe(props.batchSize);
  });

  test.each<[Given, string]>([
    [{ batchSize: 0 }, "batchSize must be an integer from 1 to 10000, got: 0"],
    [{ batchSize: 10_001 }, "batchSize must be an integer from 1 to 10000, got: 10001"],
    [{ maximumRetryAttempts: -1 }, "maximumRetryAttempts must be an integer from 0 to 10000, got: -1"],
    [{ maximumRetryAttempts: 10_001 }, "maximumRetryAttempts must be an integer from 0 to 10000, got: 10001"],
    [{ maximumRecordAgeSeconds: 59 }, "maximumRecordAgeSeconds must be an integer from 60 to 604800, got: 59"],
    [{ maximumRecordAgeSeconds: 604_801 }, "maximumRecordAgeSeconds must be an integer from 60 to 604800, got: 604801"],
  ])("refuses %j", (props, message) => {
    expect(() => configOf(props)).toThrow(message);
  });

  test("is not reported on to a FIFO queue", () => {
    expect(() =>
      synthesize((stack) => {
        const table = new Table(stack, "Table", { tableName: "orders", partitionKey: "orderID", stream: "NEW_IMAGE" });
        const onFailure = new Queue(stack, "Failed", { queueName: "f.fifo", fifo: { deduplicateBy: "content" } });
        new DynamodbStreamEventSource(stack, "Source", { table, handler: handlerIn(stack), onFailure });
      }),
    ).toThrow('onFailure must be a standard queue, got: "test/Failed". Lambda reports failures to no other');
  });

  test("must be on", () => {
    expect(() =>
      synthesize((stack) => {
        const table = new Table(stack, "Table", { tableName: "orders", partitionKey: "orderID" });
        const onFailure = new Queue(stack, "Failed", { queueName: "failed", failedMessages: "keep" });
        new DynamodbStreamEventSource(stack, "Source", { table, handler: handlerIn(stack), onFailure });
      }),
    ).toThrow("stream must be set where something reads the table's stream, got: undefined (in test/Table)");
  });
});
