import type { ITerraformDependable } from "cdktf";
import type { GatewayResponseDefinition, RouteDefinition } from "../definition";

/** Writes the parts of one API down for Terraform: as a resource for each, or as one document. */
export interface Renderer {
  readonly restApiId: string;
  readonly executionArn: string;
  /** What must exist before the API is deployed, beside what refers to it. Grows with the API. */
  readonly parts: readonly ITerraformDependable[];
  addRoute(route: RouteDefinition): void;
  addGatewayResponse(response: GatewayResponseDefinition): void;
}
