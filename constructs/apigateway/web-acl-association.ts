import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association";
import { Construct } from "constructs";
import { requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";
import type { Stage } from "./stage";

export interface WebAclAssociationProps {
  readonly stage: Stage;
  /** ARN of a regional web ACL of AWS WAF, in the API's Region. */
  readonly webAclArn: string;
}

/**
 * Puts a stage behind a web ACL, which refuses requests before API Gateway looks at them. A stage has one at most.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html
 */
export class WebAclAssociation extends Construct {
  constructor(scope: Construct, id: string, { stage, webAclArn }: WebAclAssociationProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    requireMatch(
      this,
      "webAclArn",
      webAclArn,
      new RegExp(`^arn:[\\w-]+:wafv2:${region}:\\d{12}:regional/webacl/[\\w-]+/[\\w-]+$`),
      `the ARN of a regional web ACL in the API's Region, ${region}`,
    );
    new Wafv2WebAclAssociation(this, "Resource", { resourceArn: stage.stageArn, webAclArn });
  }
}
