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
    requireMatch(this, "partitionKey", props.partitionKey, /^.{1,255}$/, "1–255 characters");
    this.hasStream = props.stream !== undefined;
    this.resource = new DynamodbTable(this, "Resource", {
      name: props.tableName,
      billingMode: "PAY_PER_REQUEST",
      hashKey: props.partitionKey,
      attribute: [{ name: props.partitionKey, type: "S" }],
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
