import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response";
import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import { PropError } from "../terraform/props";
import type { Integration } from "./integration";
import { Model } from "./model";
import { type HttpMethod, Route } from "./route";
import { Stage, type StageProps } from "./stage";

export interface RestApiProps
  extends Pick<StageProps, "apiName" | "stageName" | "logRetentionInDays" | "executionLogLevel"> {
  /** What the API is for, as the console shows it. */
  readonly description: string;
  /**
   * Bound on the requests to each method; what is above it gets 429.
   * @default { rateLimit: 50, burstLimit: 100 }
   */
  readonly throttle?: StageProps["throttle"];
}

export interface RouteOptions {
  /**
   * Schema of the JSON body. A body that breaks it is answered with 400 and the reason.
   * @default - any body
   */
  readonly body?: z.ZodMiniType;
}

/**
 * A regional REST API with one stage. Every method wants a request signed by an identity of IAM that may invoke it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class RestApi extends Construct {
  readonly restApiId: string;
  readonly stage: Stage;
  private readonly rootResourceId: string;
  private readonly paths = new Map<string, { readonly scope: Construct; readonly resourceId: string }>();
  private readonly modelNames = new Map<string, string>();
  private validator?: ApiGatewayRequestValidator;

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    const api = new ApiGatewayRestApi(this, "Resource", {
      name: props.apiName,
      description: props.description,
      endpointConfiguration: { types: ["REGIONAL"] },
    });
    this.restApiId = api.id;
    this.rootResourceId = api.rootResourceId;
    this.stage = new Stage(this, "Stage", {
      ...props,
      restApiId: api.id,
      throttle: props.throttle ?? { rateLimit: 50, burstLimit: 100 },
    });
    const reason = new ApiGatewayGatewayResponse(this, "BadRequestBody", {
      restApiId: api.id,
      responseType: "BAD_REQUEST_BODY",
      statusCode: "400",
      responseTemplates: {
        "application/json": '{"message":$context.error.messageString,"reason":"$context.error.validationErrorString"}',
      },
    });
    this.stage.deployAfter([reason]);
  }

  /**
   * Adds a route, such as `POST` on `/orders`.
   * @throws PropError where the path is malformed
   */
  addRoute(httpMethod: HttpMethod, path: string, integration: Integration, { body }: RouteOptions = {}): void {
    const { scope, resourceId } = this.resourceAt(path);
    const model =
      body &&
      new Model(scope, `${httpMethod}Body`, {
        restApiId: this.restApiId,
        modelName: this.modelName(httpMethod, path),
        description: `Body of ${httpMethod} ${path}`,
        schema: body,
      });
    const route = new Route(scope, httpMethod, {
      restApiId: this.restApiId,
      resourceId,
      httpMethod,
      integration,
      body: model && { model, validatorId: this.bodyValidator().id },
    });
    this.stage.deployAfter(route.parts);
  }

  /** The resource of a path, with those above it. */
  private resourceAt(path: string): { readonly scope: Construct; readonly resourceId: string } {
    if (path === "/") return { scope: this, resourceId: this.rootResourceId };
    if (!/^(\/([\w.,-]+|\{[\w.-]+\+?\}))+$/.test(path)) {
      throw new PropError(this, "path", "/ and parts of letters, digits, -_., or one {parameter}", path);
    }
    const known = this.paths.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const parent = this.resourceAt(path.slice(0, cut) || "/");
    const pathPart = path.slice(cut + 1);
    const scope = new Construct(parent.scope, pathPart);
    const resource = new ApiGatewayResource(scope, "Resource", {
      restApiId: this.restApiId,
      parentId: parent.resourceId,
      pathPart,
    });
    const made = { scope, resourceId: resource.id };
    this.paths.set(path, made);
    return made;
  }

  /** `POST /orders` → `POSTOrders`: letters and digits are all that a name may have, so two paths can come to the same. */
  private modelName(httpMethod: HttpMethod, path: string): string {
    const name = `${httpMethod} ${path}`.replace(
      /[^A-Za-z0-9]+(.)?/g,
      (_, next: string | undefined) => next?.toUpperCase() ?? "",
    );
    const other = this.modelNames.get(name);
    if (other)
      throw new PropError(this, "path", `told from ${other} by letters and digits, where both have a body`, path);
    this.modelNames.set(name, path);
    return name;
  }

  private bodyValidator(): ApiGatewayRequestValidator {
    this.validator ??= new ApiGatewayRequestValidator(this, "BodyValidator", {
      restApiId: this.restApiId,
      name: "body",
      validateRequestBody: true,
    });
    return this.validator;
  }
}
