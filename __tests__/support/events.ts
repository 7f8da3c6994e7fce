import { marshall } from "@aws-sdk/util-dynamodb";

/** An invocation by a queue, as Lambda sends it: one message for each body, with ids `m0`, `m1`, … */
export const sqsEvent = (...bodies: string[]): object => ({
  Records: bodies.map((body, at) => ({
    messageId: `m${at}`,
    receiptHandle: `r${at}`,
    body,
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1767225600000" },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:POC-Queue",
    awsRegion: "eu-west-1",
  })),
});

/** An invocation by a stream: one inserted order each, with sequence numbers `s0`, `s1`, … */
export const insertEvent = (...orders: Record<string, unknown>[]): object => ({
  Records: orders.map((order, at) => ({
    eventID: `e${at}`,
    eventName: "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "eu-west-1",
    dynamodb: {
      Keys: marshall({ orderID: order.orderID }),
      NewImage: marshall(order),
      SequenceNumber: `s${at}`,
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
  })),
});
