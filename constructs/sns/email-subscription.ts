import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { TerraformVariable, Token } from "cdktf";
import { Construct } from "constructs";
import type { Topic } from "./topic";

export interface EmailSubscriptionProps {
  readonly topic: Topic;
  /** Name of the Terraform variable that holds the address, such as `notification_email`. */
  readonly variableName: string;
  /** What the variable is for, as Terraform shows it. */
  readonly description: string;
  /**
   * Address to use where the variable is not set.
   * @default - no address, no subscription
   */
  readonly defaultAddress?: string;
}

/**
 * Mails a topic's messages to the address in a Terraform variable. An address that is absent or empty makes no subscription. AWS sends
 * nothing until whoever owns the address has confirmed.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
 */
export class EmailSubscription extends Construct {
  constructor(scope: Construct, id: string, props: EmailSubscriptionProps) {
    super(scope, id);
    const name = `var.${props.variableName}`;
    const address = new TerraformVariable(this, "Variable", {
      type: "string",
      description: props.description,
      default: props.defaultAddress ?? "",
      nullable: false,
      validation: [
        {
          condition: `\${${name} == "" || can(regex("^[^@\\\\s]+@[^@\\\\s]+$", ${name}))}`,
          errorMessage: `${props.variableName} must be an e-mail address, or empty for no subscription.`,
        },
      ],
    });
    address.overrideLogicalId(props.variableName);
    new SnsTopicSubscription(this, "Resource", {
      topicArn: props.topic.topicArn,
      protocol: "email",
      endpoint: address.stringValue,
      count: Token.asNumber(`\${${name} == "" ? 0 : 1}`),
    });
  }
}
