import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct } from "constructs";
import { policyDocument } from "../iam/policy-document";
import { Stack } from "../terraform/stack";

export interface KeyProps {
  readonly description: string;
  /** Services that may encrypt and decrypt with the key, on behalf of this account: `cloudwatch.amazonaws.com`. */
  readonly services: readonly string[];
}

/**
 * A customer-managed key with yearly rotation. The account administers it, as AWS advises: a key policy without that statement can
 * leave a key that nobody can manage.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export class Key extends Construct {
  readonly keyArn: string;

  constructor(scope: Construct, id: string, props: KeyProps) {
    super(scope, id);
    const { account, partition } = Stack.of(this);
    const key = new KmsKey(this, "Resource", {
      description: props.description,
      enableKeyRotation: true,
      // In a key policy, "*" is this key and no other.
      policy: policyDocument([
        {
          sid: "Administration",
          principal: { AWS: `arn:${partition}:iam::${account}:root` },
          actions: ["kms:*"],
          resources: ["*"],
        },
        {
          sid: "Services",
          principal: { Service: props.services },
          actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
          resources: ["*"],
          conditions: { StringEquals: { "aws:SourceAccount": account } },
        },
      ]),
    });
    this.keyArn = key.arn;
  }
}
