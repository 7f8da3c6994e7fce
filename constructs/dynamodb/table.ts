import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";

export type StreamViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

export interface TableProps {
  /** Name: 3–255 letters, digits, `.`, `-` and `_`. */
  readonly tableName: string;
  /** Name of the partition key, 1–255 characters. Its type is String. */
  readonly partitionKey: string;
  /**
   * Name of the sort key, 1–255 characters. Its type is String.
   * @default - none: an item has its partition key to itself
   */
  readonly sortKey?: string;
  /**
   * Name of the attribute, 1–255 characters, that holds the second since 1970 from which on an item may be deleted. DynamoDB takes up to some
   * days to do so: until then readers must look at the attribute themselves.
   * @default - items are kept
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
   */
  readonly timeToLiveAttribute?: string;
  /**
   * What the table's stream carries of each change.
   * @default - no stream
   */
  readonly stream?: StreamViewType;
  /**
   * Whether AWS refuses to delete the table, also when Terraform asks.
   * @default true
   */
  readonly isDeletionProtected?: boolean;
}

/**
 * A table: on-demand capacity, encrypted, recoverable to any second of the last 35 days.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
export class Table extends Construct {
  readonly tableArn: string;
  readonly tableName: string;
  private readonly resource: DynamodbTable;
  private readonly hasStream: boolean;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    requireMatch(this, "tableName", props.tableName, /^[\w.-]{3,255}$/, "3–255 letters, digits, ., - and _");
    const { partitionKey, sortKey, timeToLiveAttribute } = props;
    requireMatch(this, "partitionKey", partitionKey, /^.{1,255}$/, "1–255 characters");
    requireMatch(this, "sortKey", sortKey, /^.{1,255}$/, "1–255 characters");
    requireMatch(this, "timeToLiveAttribute", timeToLiveAttribute, /^.{1,255}$/, "1–255 characters");
    if (sortKey === partitionKey) throw new PropError(this, "sortKey", "another attribute than partitionKey", sortKey);
    this.hasStream = props.stream !== undefined;
    this.resource = new DynamodbTable(this, "Resource", {
      name: props.tableName,
      billingMode: "PAY_PER_REQUEST",
      hashKey: partitionKey,
      rangeKey: sortKey,
      attribute: [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map((name) => ({ name, type: "S" })),
      ttl: timeToLiveAttribute === undefined ? undefined : { attributeName: timeToLiveAttribute, enabled: true },
      streamEnabled: this.hasStream,
      streamViewType: props.stream,
      serverSideEncryption: { enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: props.isDeletionProtected ?? true,
    });
    this.tableArn = this.resource.arn;
    this.tableName = this.resource.name;
  }

  /**
   * ARN of the stream.
   * @throws PropError where the table has none
   */
  get streamArn(): string {
    if (!this.hasStream) throw new PropError(this, "stream", "set where something reads the table's stream", undefined);
    return this.resource.streamArn;
  }
}
