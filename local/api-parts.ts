import type { Resource } from "../terraform/config";
import type { ResourceIds } from "./resource-ids";
import type { Services } from "./services";

type Attributes = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => String(value);

/** Whether a resource is a part of an API of API Gateway, or the API: what the parts of one mean together is for its folder to say. */
export const isRestPart = ({ type }: Pick<Resource, "type">): boolean =>
  type.startsWith("aws_api_gateway_") && !withoutApi.has(type);

/** Whether it is one of an HTTP or a WebSocket API. */
export const isV2Part = ({ type }: Pick<Resource, "type">): boolean =>
  type.startsWith("aws_apigatewayv2_") && !withoutApi.has(type);

/** Types beside the APIs: keys and plans, which services hold, and names and certificates, which are accepted as they are. */
const withoutApi = new Set([
  ...["aws_api_gateway_api_key", "aws_api_gateway_usage_plan", "aws_api_gateway_usage_plan_key"],
  ...["aws_api_gateway_base_path_mapping", "aws_api_gateway_client_certificate", "aws_api_gateway_domain_name"],
  ...["aws_apigatewayv2_api_mapping", "aws_apigatewayv2_domain_name"],
]);

/** Names the parts of APIs, as Terraform computes it. */
export class ApiParts {
  constructor(private readonly services: Services) {}

  /** What is computed of a part of a REST API. */
  restPart({ type, attributes }: Resource, ids: ResourceIds): Attributes {
    const id = ids.ofApi();
    const { rest_api_id: apiId, stage_name: stageName } = attributes;
    switch (type) {
      case "aws_api_gateway_rest_api":
        return { id, root_resource_id: ids.ofApi("root"), execution_arn: this.arn("execute-api", id) };
      case "aws_api_gateway_stage":
        this.services.usagePlans.addStage(text(apiId), text(stageName));
        return {
          arn: this.apiGatewayArn(`restapis/${apiId}/stages/${stageName}`),
          id: `ags-${apiId}-${stageName}`,
          invoke_url: `${this.services.executeApi}/${apiId}/${stageName}`,
          execution_arn: this.arn("execute-api", `${apiId}/${stageName}`),
        };
      default:
        return { id };
    }
  }

  /**
   * What is computed of a part of an HTTP or WebSocket API.
   * @param protocolOf the protocol of an API of the stack
   */
  v2Part({ type, attributes }: Resource, ids: ResourceIds, protocolOf: (apiId: string) => unknown): Attributes {
    const id = ids.ofApi();
    switch (type) {
      case "aws_apigatewayv2_api":
        return {
          id,
          arn: this.apiGatewayArn(`apis/${id}`),
          api_endpoint: this.endpoint(id, attributes.protocol_type),
          execution_arn: this.arn("execute-api", id),
        };
      case "aws_apigatewayv2_stage": {
        const [apiId, name] = [text(attributes.api_id), text(attributes.name)];
        return {
          id: name,
          arn: this.apiGatewayArn(`apis/${apiId}/stages/${name}`),
          invoke_url: `${this.endpoint(apiId, protocolOf(apiId))}/${name === "$default" ? "" : name}`,
          execution_arn: this.arn("execute-api", `${apiId}/${name}`),
        };
      }
      default:
        return { id };
    }
  }

  /** Forgets what `restPart` told others of. */
  delete({ type, attributes }: Resource): void {
    if (type !== "aws_api_gateway_stage") return;
    this.services.usagePlans.removeStage(text(attributes.rest_api_id), text(attributes.stage_name));
  }

  /** WebSockets here are without TLS, as everything is. */
  private endpoint(apiId: string, protocolType: unknown): string {
    const url = `${this.services.executeApi}/${apiId}`;
    return protocolType === "WEBSOCKET" ? url.replace(/^http/, "ws") : url;
  }

  /** API Gateway's own ARNs name no account. */
  private apiGatewayArn(path: string): string {
    const { partition, region } = this.services.place;
    return `arn:${partition}:apigateway:${region}::/${path}`;
  }

  private arn(service: string, resource: string): string {
    const { accountId, partition, region } = this.services.place;
    return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  }
}
