import type { Role } from "../iam/role";
import type { Queue } from "../sqs/queue";
import { PropError } from "../terraform/props";
import type { SendMessageIntegration } from "./http-integration";
import { messageAttributes, messageId } from "./http-message";

export interface HttpSqsIntegrationProps {
  readonly queue: Queue;
  /** Role that API Gateway sends under. The integration grants it `sqs:SendMessage` on this one queue. */
  readonly role: Role;
  /**
   * What stands beside the body, by name, each a text: as it is, or of the request, such as `$request.header.X-Tenant`, `$request.path.id`,
   * `$request.body.kind`, `$context.authorizer.sub` or `$stageVariables.color`. At most 10, of which one or more are of the request: API Gateway
   * refuses texts alone. A request that lacks one is refused with 400.
   *
   * API Gateway makes a JSON object of them and does not say what it does with a quotation mark in a value: take nothing for proven by an
   * attribute that a client can choose.
   * @default - none
   */
  readonly messageAttributes?: Readonly<Record<string, string>>;
  /**
   * Group that a message is of, as a text or of the request, such as `$request.body.customer`: 1–128 letters, digits and punctuation marks. A
   * FIFO queue keeps the order of each group and needs one; a standard queue gives each group its fair share.
   * @default - none
   */
  readonly messageGroupId?: string;
  /**
   * Id by which a FIFO queue knows a message that was sent before, of the request, such as `$request.header.Idempotency-Key`: 1–128 letters,
   * digits and punctuation marks.
   * @default - none: the queue goes by the body
   */
  readonly messageDeduplicationId?: string;
  /**
   * Seconds that API Gateway waits for SQS, 0.05–30.
   * @default 30
   */
  readonly timeoutSeconds?: number;
}

/**
 * Sends the request's body to a queue, as it came. The client gets SQS's answer as it is: 200 with XML that has the message's id, 400 for a body
 * that is empty, longer than the queue takes, or holds what XML 1.0 does not allow, and for a group or id that is none. To check a body, or to
 * answer in one's own words, takes a REST API or a function.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export class HttpSqsIntegration implements SendMessageIntegration {
  readonly type = "SQS-SendMessage";
  readonly credentialsArn: string;
  readonly requestParameters: SendMessageIntegration["requestParameters"];
  readonly timeoutSeconds?: number;
  readonly dependsOn: SendMessageIntegration["dependsOn"];

  /** @throws PropError that names the queue */
  constructor(props: HttpSqsIntegrationProps) {
    const { queue, role, messageAttributes: attributes, messageGroupId, messageDeduplicationId } = props;
    requireOrder(props);
    this.credentialsArn = role.roleArn;
    // Parameters stand for themselves: a body cannot add any, as it could in a form.
    this.requestParameters = {
      QueueUrl: queue.queueUrl,
      MessageBody: "$request.body",
      ...(attributes && { MessageAttributes: messageAttributes(queue, attributes) }),
      ...(messageGroupId !== undefined && { MessageGroupId: messageId(queue, "messageGroupId", messageGroupId) }),
      ...(messageDeduplicationId !== undefined && {
        MessageDeduplicationId: messageId(queue, "messageDeduplicationId", messageDeduplicationId),
      }),
    };
    this.timeoutSeconds = props.timeoutSeconds;
    this.dependsOn = [queue.grantSend(role, "SendMessage")];
  }
}

/** What a queue wants to know of a message, and what it refuses to know: SQS answers 400 to either, for every message. */
function requireOrder({ queue, messageGroupId, messageDeduplicationId }: HttpSqsIntegrationProps): void {
  const { fifo } = queue;
  if (!fifo && messageDeduplicationId !== undefined) {
    throw new PropError(queue, "messageDeduplicationId", "left out for a standard queue", messageDeduplicationId);
  }
  if (fifo && messageGroupId === undefined) {
    throw new PropError(
      queue,
      "messageGroupId",
      "set for a FIFO queue",
      undefined,
      "Its messages are in order by group",
    );
  }
  if (fifo?.deduplicateBy === "MessageDeduplicationId" && messageDeduplicationId === undefined) {
    const remedy = 'Set it, or deduplicateBy of the queue to "content"';
    throw new PropError(queue, "messageDeduplicationId", "set where the queue goes by it", undefined, remedy);
  }
}
