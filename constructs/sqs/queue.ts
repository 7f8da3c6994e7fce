import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { SqsQueueRedriveAllowPolicy } from "@cdktf/provider-aws/lib/sqs-queue-redrive-allow-policy";
import { type ITerraformDependable, Lazy, Token } from "cdktf";
import { Construct } from "constructs";
import { policyDocument, type Statement } from "../iam/policy-document";
import type { Role } from "../iam/role";
import { PropError, requireInteger, requireMatch } from "../terraform/props";

export interface QueueProps {
  /**
   * Name: 1–80 letters, digits, `-` and `_`, of which `.fifo` are the last five of a FIFO queue; four fewer with a dead-letter queue, which is
   * named after it.
   */
  readonly queueName: string;
  /**
   * Whether messages of one group are received in the order that they were sent in, and those that were sent again within five minutes once.
   * @default - a standard queue
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html
   */
  readonly fifo?: Fifo;
  /**
   * How long a received message stays hidden from other receivers, 0–43,200 seconds. With a function behind the queue: six times the
   * function's timeout, plus the batch window.
   * @default 30
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  readonly visibilityTimeoutSeconds?: number;
  /**
   * How long an unread message is kept, 60–1,209,600 seconds.
   * @default 345600, four days
   */
  readonly messageRetentionSeconds?: number;
  /**
   * Largest message in bytes, 1,024–1,048,576.
   * @default 262144
   */
  readonly maxMessageBytes?: number;
  /**
   * Receives after which a message moves to the dead-letter queue, 1–1,000.
   * @default 5
   */
  readonly maxReceiveCount?: number;
  /**
   * Whether messages that keep failing move to a queue of their own, `<queueName>-DLQ`, kept for 14 days; of a FIFO queue `<name>-DLQ.fifo`.
   * @default "dead-letter-queue"
   */
  readonly failedMessages?: "dead-letter-queue" | "keep";
}

export interface Fifo {
  /** By what a message is known that was sent again: an id that senders give it, or what is in its body. */
  readonly deduplicateBy: "MessageDeduplicationId" | "content";
}

/** Roles that may use the queue, to the exclusion of everybody else. */
export interface QueueAccess {
  /** @default - whoever has a grant */
  readonly senders?: readonly Role[];
  /** @default - whoever has a grant */
  readonly receivers?: readonly Role[];
  /**
   * ARNs of people's roles that may also send: moving messages back from the dead-letter queue is sending to this one.
   * @default - nobody
   */
  readonly operatorRoleArns?: readonly string[];
}

const FOURTEEN_DAYS = 1_209_600;

/**
 * A queue: encrypted by SQS, closed to plain HTTP, with a dead-letter queue that only it may use.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
export class Queue extends Construct {
  readonly queueArn: string;
  readonly queueName: string;
  readonly queueUrl: string;
  readonly visibilityTimeoutSeconds: number;
  readonly maxMessageBytes: number;
  /** Absent for a standard queue. */
  readonly fifo?: Fifo;
  private readonly deadLetters?: Queue;
  private readonly access: Statement[] = [];

  constructor(scope: Construct, id: string, props: QueueProps) {
    super(scope, id);
    const {
      queueName,
      visibilityTimeoutSeconds = 30,
      messageRetentionSeconds = 345_600,
      maxMessageBytes = 262_144,
      maxReceiveCount = 5,
      fifo,
    } = props;
    const ending = fifo ? ".fifo" : "";
    const longest = (props.failedMessages === "keep" ? 80 : 80 - "-DLQ".length) - ending.length;
    requireMatch(
      this,
      "queueName",
      queueName,
      new RegExp(`^[\\w-]{1,${longest}}${ending.replace(".", "\\.")}$`),
      `1–${longest} letters, digits, - and _${fifo ? ", then .fifo" : ""}`,
    );
    if (fifo && Token.isUnresolved(queueName)) {
      throw new PropError(this, "queueName", "known when the stack is written, for a FIFO queue", "a reference");
    }
    requireInteger(this, "visibilityTimeoutSeconds", visibilityTimeoutSeconds, 0, 43_200);
    requireInteger(this, "messageRetentionSeconds", messageRetentionSeconds, 60, FOURTEEN_DAYS);
    requireInteger(this, "maxMessageBytes", maxMessageBytes, 1_024, 1_048_576);
    requireInteger(this, "maxReceiveCount", maxReceiveCount, 1, 1_000);

    this.visibilityTimeoutSeconds = visibilityTimeoutSeconds;
    this.maxMessageBytes = maxMessageBytes;
    this.fifo = fifo;
    if (props.failedMessages !== "keep") {
      this.deadLetters = new Queue(this, "DeadLetters", {
        queueName: `${queueName.slice(0, queueName.length - ending.length)}-DLQ${ending}`,
        fifo,
        messageRetentionSeconds: FOURTEEN_DAYS,
        maxMessageBytes,
        failedMessages: "keep",
      });
    }

    const queue = new SqsQueue(this, "Resource", {
      name: queueName,
      fifoQueue: fifo && true,
      contentBasedDeduplication: fifo && fifo.deduplicateBy === "content",
      visibilityTimeoutSeconds,
      messageRetentionSeconds,
      maxMessageSize: maxMessageBytes,
      sqsManagedSseEnabled: true,
      redrivePolicy:
        this.deadLetters && JSON.stringify({ deadLetterTargetArn: this.deadLetters.queueArn, maxReceiveCount }),
    });
    this.queueArn = queue.arn;
    this.queueName = queue.name;
    this.queueUrl = queue.url;

    new SqsQueuePolicy(this, "Policy", {
      queueUrl: queue.url,
      policy: Lazy.stringValue({ produce: () => policyDocument([this.encryptedTransportOnly(), ...this.access]) }),
    });
    if (this.deadLetters) {
      new SqsQueueRedriveAllowPolicy(this, "RedriveAllowPolicy", {
        queueUrl: this.deadLetters.queueUrl,
        redriveAllowPolicy: JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [queue.arn] }),
      });
    }
  }

  /**
   * The queue that messages move to when they keep failing.
   * @throws PropError where there is none
   */
  get deadLetterQueue(): Queue {
    if (this.deadLetters) return this.deadLetters;
    throw new PropError(this, "failedMessages", '"dead-letter-queue" where something works with dead letters', "keep");
  }

  /**
   * Refuses a FIFO queue.
   * @param construct which takes none
   * @param prop the prop's name as the user wrote it
   * @param why a sentence
   * @throws PropError
   */
  requireStandard(construct: Construct, prop: string, why: string): void {
    if (this.fifo) throw new PropError(construct, prop, "a standard queue", this.node.path, why);
  }

  /**
   * Lets a role send messages: `sqs:SendMessage`.
   * @returns what must exist before the role can do it
   */
  grantSend(role: Role, id: string): ITerraformDependable {
    return role.grant(id, [{ actions: ["sqs:SendMessage"], resources: [this.queueArn] }]);
  }

  /**
   * Makes "only these roles" true. An Allow alone would not: any identity of the account with a grant of its own could send, too. The
   * Deny covers sending and receiving and nothing else, so that Terraform can still manage the queue. Services are denied as well:
   * they call without `aws:PrincipalArn`, and a condition on an absent key matches.
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
   */
  restrictTo({ senders, receivers, operatorRoleArns = [] }: QueueAccess): void {
    const only = (
      verb: string,
      action: string,
      roles?: readonly Role[],
      others: readonly string[] = [],
    ): Statement[] => {
      if (!roles) return [];
      const arns = roles.map((role) => role.roleArn);
      return [
        { sid: `Allow${verb}`, principal: { AWS: arns }, actions: [action], resources: [this.queueArn] },
        {
          sid: `DenyOthers${verb}`,
          effect: "Deny",
          principal: "*",
          actions: [action],
          resources: [this.queueArn],
          conditions: { ArnNotEquals: { "aws:PrincipalArn": [...arns, ...others] } },
        },
      ];
    };
    this.access.push(
      ...only("Send", "sqs:SendMessage", senders, operatorRoleArns),
      ...only("Receive", "sqs:ReceiveMessage", receivers),
    );
  }

  private encryptedTransportOnly(): Statement {
    return {
      sid: "DenyUnencryptedTransport",
      effect: "Deny",
      principal: "*",
      actions: ["sqs:*"],
      resources: [this.queueArn],
      conditions: { Bool: { "aws:SecureTransport": "false" } },
    };
  }
}
