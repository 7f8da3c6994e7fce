import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Construct } from "constructs";
import type { Key } from "../kms/key";
import { requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";

/** A topic, whichever stack it is of. */
export interface TopicReference {
  readonly topicArn: string;
}

export interface TopicProps {
  /** Name: 1–256 letters, digits, `-` and `_`. */
  readonly topicName: string;
  /**
   * Key that encrypts messages at rest. A topic that a service publishes to, such as CloudWatch alarms, needs a key of its own: the
   * policy of the AWS managed key does not let services use it.
   * @default - the AWS managed key `alias/aws/sns`
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  readonly encryptionKey?: Key;
}

/** A standard topic, encrypted. */
export class Topic extends Construct implements TopicReference {
  readonly topicArn: string;
  readonly topicName: string;

  constructor(scope: Construct, id: string, props: TopicProps) {
    super(scope, id);
    requireMatch(this, "topicName", props.topicName, /^[\w-]{1,256}$/, "1–256 letters, digits, - and _");
    const topic = new SnsTopic(this, "Resource", {
      name: props.topicName,
      kmsMasterKeyId: props.encryptionKey?.keyArn ?? "alias/aws/sns",
    });
    this.topicArn = topic.arn;
    this.topicName = topic.name;
  }

  /** A topic of another stack, which is in the same account and Region. It must be there before what refers to it is applied. */
  static fromName(scope: Construct, topicName: string): TopicReference {
    const { partition, region, account } = Stack.of(scope);
    return { topicArn: `arn:${partition}:sns:${region}:${account}:${topicName}` };
  }
}
