import type { Role } from "../iam/role";
import type { Queue } from "../sqs/queue";
import type { SendMessageIntegration } from "./http-integration";

export interface HttpSqsIntegrationProps {
  readonly queue: Queue;
  /** Role that API Gateway sends under. The integration grants it `sqs:SendMessage` on this one queue. */
  readonly role: Role;
}

/**
 * Sends the request's body to a queue, as it came. The client gets SQS's answer as it is: 200 with XML that has the message's id, 400 for a body
 * that is empty, longer than the queue takes, or holds what XML 1.0 does not allow. To check a body, or to answer in one's own words, takes a
 * REST API or a function.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
 */
export class HttpSqsIntegration implements SendMessageIntegration {
  readonly type = "SQS-SendMessage";
  readonly credentialsArn: string;
  readonly requestParameters: SendMessageIntegration["requestParameters"];
  readonly dependsOn: SendMessageIntegration["dependsOn"];

  constructor({ queue, role }: HttpSqsIntegrationProps) {
    this.credentialsArn = role.roleArn;
    // Parameters stand for themselves: a body cannot add any, as it could in a form.
    this.requestParameters = { QueueUrl: queue.queueUrl, MessageBody: "$request.body" };
    this.dependsOn = [queue.grantSend(role, "SendMessage")];
  }
}
