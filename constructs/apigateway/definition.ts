import type { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import type { Integration } from "./integration";

export type HttpMethod = "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT";

/**
 * Who may call a method. `AWS_IAM`: whoever signs the request and may invoke it; `NONE`: anyone.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
 */
export type Authorization = "AWS_IAM" | "NONE";

/** What a JSON body must look like. */
export interface ModelDefinition {
  /** Name: letters and digits. */
  readonly modelName: string;
  readonly description: string;
  /** The schema's JSON, draft 4. */
  readonly schema: string;
}

/** One method of one path. */
export interface RouteDefinition {
  readonly httpMethod: HttpMethod;
  /** Such as `/objects/{key+}`. */
  readonly path: string;
  readonly authorization: Authorization;
  readonly integration: Integration;
  /** @default - any body */
  readonly body?: ModelDefinition;
}

/** What API Gateway says by itself to one kind of refusal. */
export interface GatewayResponseDefinition {
  /** Id of the construct. */
  readonly id: string;
  /** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
  readonly responseType: string;
  /** @default - API Gateway's own */
  readonly statusCode?: string;
  /** Template of the JSON body. It knows `$context` and no VTL. */
  readonly template: string;
  /** Each with its text. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes the parts of one API's definition down for Terraform: as a resource for each, or as one document. */
export interface Renderer {
  /**
   * @returns where what belongs to the route stands: its settings on a stage, for example
   */
  addRoute(route: RouteDefinition): Construct;
  addGatewayResponse(response: GatewayResponseDefinition): void;
  /** What must exist before the API is deployed, beside what refers to it. */
  readonly parts: readonly TerraformResource[];
}
