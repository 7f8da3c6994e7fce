import type { Role } from "../../iam/role";
import type { Alias } from "../../lambda/alias";
import type { NodeFunction } from "../../lambda/function";
import { PropError } from "../../terraform/props";
import { Stack } from "../../terraform/stack";
import type { ProxyIntegration } from "../integration";

/** Which alias of a function is invoked: the one that a stage's variable names. */
export interface StageAlias {
  /** Name of the stage variable, which every stage of the API must set to the name of one of the aliases. */
  readonly variable: string;
  /** The aliases that stages may name. The role may invoke these, and no other version. */
  readonly aliases: readonly Alias[];
}

export interface LambdaIntegrationProps {
  readonly handler: NodeFunction;
  /** Role that API Gateway invokes under. The integration grants it `lambda:InvokeFunction` on this one function. */
  readonly role: Role;
  /**
   * Lets each stage choose an alias of the function.
   * @default - every stage invokes the function as it was deployed last
   */
  readonly alias?: StageAlias;
  /**
   * Seconds that API Gateway waits for the function, 0.05 and more: 29 at most, 30 for an HTTP API; more for a REST API where AWS raised the quota.
   * @default - 29; 30 for an HTTP API
   */
  readonly timeoutSeconds?: number;
}

/**
 * Passes each request to a function and its answer back. API Gateway invokes under a role, so the function needs no resource-based permission.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export class LambdaIntegration implements ProxyIntegration {
  readonly type = "AWS_PROXY";
  readonly uri: string;
  readonly credentialsArn: string;
  readonly timeoutSeconds?: number;
  readonly variableValues?: ProxyIntegration["variableValues"];
  readonly dependsOn: ProxyIntegration["dependsOn"];

  /** @throws PropError */
  constructor({ handler, role, alias, timeoutSeconds }: LambdaIntegrationProps) {
    this.uri = alias ? aliasUri(handler, alias) : handler.invokeArn;
    this.credentialsArn = role.roleArn;
    this.timeoutSeconds = timeoutSeconds;
    this.variableValues = alias && { [alias.variable]: alias.aliases.map(({ aliasName }) => aliasName) };
    const granted = alias ? alias.aliases.map(({ aliasArn }) => aliasArn) : [handler.functionArn];
    this.dependsOn = [
      role.grant(`Invoke${handler.node.id}`, [{ actions: ["lambda:InvokeFunction"], resources: granted }]),
    ];
  }
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html */
function aliasUri(handler: NodeFunction, { variable, aliases }: StageAlias): string {
  if (aliases.length === 0) {
    throw new PropError(
      handler,
      "alias.aliases",
      "one alias or more",
      [],
      "Without one no stage can invoke the function",
    );
  }
  const foreign = aliases.find((alias) => alias.handler !== handler);
  if (foreign) throw new PropError(handler, "alias.aliases", "of this function", foreign.node.path);
  const { partition, region } = Stack.of(handler);
  // API Gateway puts the variable in, so Terraform must not: it reads $${ as ${.
  const qualified = `${handler.functionArn}:$\${stageVariables.${variable}}`;
  return `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${qualified}/invocations`;
}
