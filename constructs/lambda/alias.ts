import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias";
import { Construct } from "constructs";
import { PropError, requireInteger } from "../terraform/props";
import type { NodeFunction } from "./function";

export interface AliasProps {
  readonly handler: NodeFunction;
  /** Name, unique for the function: 1–128 letters, digits, `-` and `_`, not digits alone. */
  readonly aliasName: string;
  /** What the alias is for, as the console shows it. */
  readonly description: string;
  /**
   * Number of the published version that the alias stays at.
   * @default - the newest: it moves with every change of the function
   */
  readonly version?: number;
}

/**
 * A name for one published version of a function. Once a function has an alias, every change of its code or configuration is published as a
 * version, which stays until someone deletes it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
 */
export class Alias extends Construct {
  /** The function's ARN with the alias behind it. */
  readonly aliasArn: string;
  readonly aliasName: string;
  readonly handler: NodeFunction;

  constructor(scope: Construct, id: string, props: AliasProps) {
    super(scope, id);
    const { handler, aliasName, version } = props;
    if (!/^(?!\d+$)[\w-]{1,128}$/.test(aliasName)) {
      throw new PropError(this, "aliasName", "1–128 letters, digits, - and _, not digits alone", aliasName);
    }
    requireInteger(this, "version", version, 1, Number.MAX_SAFE_INTEGER);
    const newest = handler.publishVersions();
    const alias = new LambdaAlias(this, "Resource", {
      name: aliasName,
      description: props.description,
      functionName: handler.functionName,
      functionVersion: version?.toString() ?? newest,
    });
    this.handler = handler;
    this.aliasName = aliasName;
    this.aliasArn = alias.arn;
  }
}
