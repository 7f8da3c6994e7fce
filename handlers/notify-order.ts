import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type MessageAttributeValue, PublishCommand, type PublishCommandInput, SNSClient } from "@aws-sdk/client-sns";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";

const topicArn = process.env.TOPIC_ARN;
const logger = new Logger({ serviceName: "notify-order" });
const topic = new SNSClient({});
const processor = new BatchProcessor(EventType.DynamoDBStreams);

/** SNS takes 256 KiB a message, attributes included; 16 KiB are left for those and for the note on what was cut. */
const MAX_TEXT_BYTES = 240 * 1024;
/** Subscriptions with raw delivery drop a message that has more than 10 attributes. */
const MAX_ATTRIBUTES = 10;

/** Whether SNS takes a text as an attribute's value: not empty, and nothing in it that XML cannot hold. */
const isPlain = (text: string): boolean => /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text);

function attribute(value: unknown): MessageAttributeValue | undefined {
  if (typeof value === "number" && (value === 0 || Math.abs(value) > 1e-100)) {
    return { DataType: "Number", StringValue: String(value) };
  }
  if (typeof value === "boolean") return { DataType: "String", StringValue: String(value) };
  if (typeof value === "string" && value.length <= 256 && isPlain(value)) {
    return { DataType: "String", StringValue: value };
  }
  return undefined;
}

/**
 * What subscribers can filter on: `orderID`, then the order's other top-level strings (up to 256 characters), numbers and booleans in
 * alphabetical order, 10 in all. Names and values that SNS does not allow are left out.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
function filterAttributes({ orderID, ...rest }: Record<string, unknown>): Record<string, MessageAttributeValue> {
  const attributes: Record<string, MessageAttributeValue> = {};
  for (const name of ["orderID", ...Object.keys(rest).sort()]) {
    const value = attribute(name === "orderID" ? orderID : rest[name]);
    const isAllowed = name.length <= 256 && /^[\w-]+(\.[\w-]+)*$/.test(name) && !/^(aws|amazon)\./i.test(name);
    if (value && isAllowed && Object.keys(attributes).length < MAX_ATTRIBUTES) attributes[name] = value;
  }
  return attributes;
}

/** The order as indented JSON, as plain JSON where that is too long, or its beginning and where to read the rest. */
function readable(order: Record<string, unknown>): string {
  for (const text of [JSON.stringify(order, null, 2), JSON.stringify(order)]) {
    if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  }
  const start = Buffer.from(JSON.stringify(order)).subarray(0, MAX_TEXT_BYTES).toString().replace(/�$/, "");
  return `${start}\n\n(cut here: the whole order is in the table, under its orderID, ${JSON.stringify(order.orderID)})`;
}

/**
 * The notification of one inserted order. A subject is less than 100 printable ASCII characters.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function notification(newImage: Record<string, AttributeValue>): Omit<PublishCommandInput, "TopicArn"> {
  const order = unmarshall(newImage);
  const subject = `New order ${String(order.orderID)}`
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 99)
    .trimEnd();
  return {
    Subject: subject,
    // In JSON, whatever a client put into its order is escaped: it can neither break the message nor add lines to it.
    Message: `${subject}\n\n${readable(order)}\n`,
    MessageAttributes: filterAttributes(order),
  };
}

async function notify({ eventID, eventName, dynamodb }: DynamoDBRecord): Promise<void> {
  // The event source mapping lets only inserts through; asking again costs nothing and keeps the promise of the document.
  if (eventName !== "INSERT" || !dynamodb?.NewImage) return;
  const message = notification(dynamodb.NewImage as Record<string, AttributeValue>);
  const { MessageId } = await topic.send(new PublishCommand({ TopicArn: topicArn, ...message }));
  logger.info("Order notified", { eventID, MessageId });
}

/**
 * Stream → topic, in the stream's order. After a failure the rest of the batch is not sent: Lambda comes back with everything from
 * the failed record on, and orders behind it would be notified twice. When the first record fails, nothing has been sent and the
 * invocation fails as a whole: then Lambda halves the batch, until a record that can never be sent stands alone.
 */
export const handler = (event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> => {
  let failure: string | undefined;
  const notifyInOrder = async (record: DynamoDBRecord): Promise<void> => {
    if (failure) throw new Error(`waits for record ${failure}, which failed`);
    try {
      await notify(record);
    } catch (error) {
      failure = record.eventID;
      logger.error("Order not notified", { eventID: record.eventID, error: error as Error });
      throw error;
    }
  };
  return processPartialResponse(event, notifyInOrder, processor, {
    context,
    processInParallel: false,
  });
};
