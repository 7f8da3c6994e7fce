import type { Role } from "../../iam/role";
import type { Queue } from "../../sqs/queue";
import { Stack } from "../../terraform/stack";
import type { AwsIntegration } from "../integration";

export interface SqsIntegrationProps {
  readonly queue: Queue;
  /** Role that API Gateway sends under. The integration grants it `sqs:SendMessage` on this one queue. */
  readonly role: Role;
}

/**
 * Sends the request's body to a queue, as it came, and answers 202 with the message's id.
 *
 * - Encoding: the form that SQS reads is built from the body, so the body is URL-encoded; unencoded, a client could add parameters of
 *   its own, such as `&DelaySeconds=`.
 * - Size: base64 makes 4 characters of 3 bytes, which is how a template can count bytes. For a body that is too large the template
 *   leaves the message out, and SQS refuses to send nothing. The limit is the queue's, rounded down to a multiple of 3.
 * - Faults: SQS's refusals and faults are told apart by its HTTP status; whatever is not a success is never answered as one.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export class SqsIntegration implements AwsIntegration {
  readonly type = "AWS";
  readonly uri: string;
  readonly credentialsArn: string;
  readonly requestParameters = { "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'" };
  readonly requestTemplate: string;
  readonly responses: AwsIntegration["responses"];
  readonly dependsOn: AwsIntegration["dependsOn"];

  /** @throws PropError for a FIFO queue */
  constructor({ queue, role }: SqsIntegrationProps) {
    queue.requireStandard(queue, "queue", "An HTTP API's HttpSqsIntegration sends to FIFO queues");
    const { partition, region, account } = Stack.of(queue);
    this.uri = `arn:${partition}:apigateway:${region}:sqs:path/${account}/${queue.queueName}`;
    this.credentialsArn = role.roleArn;
    this.dependsOn = [queue.grantSend(role, "SendMessage")];

    const longest = 4 * Math.floor(queue.maxMessageBytes / 3);
    const body = "&MessageBody=$util.urlEncode($input.body)";
    this.requestTemplate = `Action=SendMessage#if($util.base64Encode($input.body).length() <= ${longest})${body}#end`;
    this.responses = [
      { statusCode: "502", template: message("The message could not be passed on and is not stored. Try again.") },
      {
        statusCode: "503",
        selectionPattern: "5\\d{2}",
        template: message("The queue is not available and the message is not stored. Try again."),
      },
      { statusCode: "400", selectionPattern: "400", template: refused(queue.maxMessageBytes) },
      {
        statusCode: "202",
        selectionPattern: "2\\d{2}",
        template: '{"messageId":"$input.path(\'$.SendMessageResponse.SendMessageResult.MessageId\')"}',
      },
    ];
  }
}

const message = (text: string): string => JSON.stringify({ message: text });

/** SQS answers 400 to what the client sent and to what we did wrong; only its error code tells. */
function refused(maxBytes: number): string {
  return [
    `#if($input.body.contains("MissingParameter"))#set($context.responseOverride.status = 413)${message(`The body must be at most ${maxBytes} bytes.`)}`,
    `#elseif($input.body.contains("InvalidMessageContents"))${message("The body must hold only characters that XML 1.0 allows.")}`,
    `#else#set($context.responseOverride.status = 502)${message("The message could not be passed on and is not stored. Try again.")}#end`,
  ].join("");
}
