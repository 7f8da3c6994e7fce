import { createHash } from "node:crypto";
import { ApiGatewayDeployment } from "@cdktf/provider-aws/lib/api-gateway-deployment";
import { type IResolveContext, type ITerraformDependable, Lazy, TerraformResource } from "cdktf";
import { Construct } from "constructs";

export interface DeploymentProps {
  readonly restApiId: string;
  /** What must exist before the deployment is made, so that it is in the copy. Is asked for when the stack is written. */
  readonly parts: () => readonly ITerraformDependable[];
  /**
   * Name of the version that the copy is. It is made once and then left as it is, whatever changes.
   * @default - none: the copy is replaced whenever anything that it copies changes
   */
  readonly version?: string;
}

/**
 * A copy of the API, which stages serve: what changes afterwards is not served until the next one is made.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
 */
export class Deployment extends Construct {
  readonly deploymentId: string;

  /** @param scope the API, in which everything stands that the deployment copies */
  constructor(scope: Construct, id: string, { restApiId, parts, version }: DeploymentProps) {
    super(scope, id);
    const resource = new ApiGatewayDeployment(this, "Resource", {
      restApiId,
      description: version && `Version ${version}`,
      triggers: version ? undefined : triggersOf(scope, deployed),
      // Stages point at the old one until the new one is there. Terraform keeps this in the state, too, and so deletes a version that is no
      // longer named only after its stages have moved: API Gateway refuses to delete one that is served.
      lifecycle: { createBeforeDestroy: true },
    });
    this.deploymentId = resource.id;
    resource.dependsOn = addressesOf(parts);
  }
}

/** The addresses of what is known when the stack is written: `depends_on` takes those, which are no templates. */
export const addressesOf = (parts: () => readonly ITerraformDependable[]): string[] =>
  Lazy.listValue({ produce: (context) => parts().map((part) => addressOf(part, context)) });

const addressOf = ({ fqn }: ITerraformDependable, context: IResolveContext): string =>
  String(context.resolve(fqn)).replace(/^\$\{(.+)\}$/, "$1");

/** What a deployment copies. */
const deployed = new Set([
  "aws_api_gateway_rest_api",
  "aws_api_gateway_resource",
  "aws_api_gateway_method",
  "aws_api_gateway_method_response",
  "aws_api_gateway_integration",
  "aws_api_gateway_integration_response",
  "aws_api_gateway_model",
  "aws_api_gateway_request_validator",
  "aws_api_gateway_gateway_response",
  "aws_api_gateway_authorizer",
  "aws_api_gateway_rest_api_policy",
]);

/**
 * What must change for a deployment to be replaced: the hash of the configuration as it is written, and, since that holds references, what
 * Terraform finds behind those that lead out of the API, such as the name of a queue.
 * @param types what a deployment copies of the API
 */
export const triggersOf = (api: Construct, types: ReadonlySet<string>): Record<string, string> =>
  Lazy.anyValue({ produce: (context) => triggers(api, types, context) }) as unknown as Record<string, string>;

function triggers(api: Construct, types: ReadonlySet<string>, context: IResolveContext): Record<string, string> {
  // While preparing, cdktf only looks for references between stacks, and there are none in here.
  if (context.preparing) return {};
  const configuration = api.node
    .findAll()
    .filter(TerraformResource.isTerraformResource)
    .filter(({ terraformResourceType }) => types.has(terraformResourceType))
    .map((node) => (context.resolve(node.toTerraform()) as { resource: object }).resource);
  // "//" tells where in this project a resource comes from: moving code deploys nothing.
  const text = JSON.stringify(configuration, (key, value: unknown) => (key === "//" ? undefined : value));
  // In an OpenAPI document references stand inside of `${jsonencode("…")}`.
  const references = new Set(text.match(/(?<!\$)\$\{(?!aws_(?:api_gateway|apigatewayv2)_)[^{}]+\}/g));
  return {
    configuration: createHash("sha256").update(text).digest("hex"),
    references: [...references].sort().join(" "),
  };
}
