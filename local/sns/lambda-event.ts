import type { MessageAttributes } from "../protocol/message-attributes";

/** A message on its way to a subscription. */
export interface Notification {
  readonly topicArn: string;
  readonly subscriptionArn: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: MessageAttributes;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Attributes as notifications have them. */
const attributesOf = (attributes: MessageAttributes) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? BinaryValue },
    ]),
  );

/** Nothing here is signed with AWS's key: what stands in for it verifies nowhere. */
const SIGNATURE = "EXAMPLE";

/**
 * The event that a function gets of a message: always one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
export function lambdaEvent(notification: Notification) {
  const { topicArn, subscriptionArn, messageId, subject, message, attributes, at } = notification;
  const [, , , region] = topicArn.split(":");
  const url = `https://sns.${region}.amazonaws.com`;
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: "Notification",
          MessageId: messageId,
          TopicArn: topicArn,
          Subject: subject ?? null,
          Message: message,
          Timestamp: new Date(at).toISOString(),
          SignatureVersion: "1",
          Signature: SIGNATURE,
          SigningCertUrl: `${url}/SimpleNotificationService-0000000000000000000000.pem`,
          UnsubscribeUrl: `${url}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
          MessageAttributes: attributesOf(attributes),
        },
      },
    ],
  };
}

/**
 * What a dead-letter queue gets of a message that could not be delivered: the notification, in JSON.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export function undelivered({ topicArn, messageId, subject, message, attributes, at }: Notification): string {
  return JSON.stringify({
    Type: "Notification",
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: message,
    Timestamp: new Date(at).toISOString(),
    SignatureVersion: "1",
    Signature: SIGNATURE,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributesOf(attributes) }),
  });
}
