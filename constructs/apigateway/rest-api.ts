import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import { PropError } from "../terraform/props";
import { type Cors, errorHeaders, preflight, requireOrigins } from "./cors";
import { addGatewayResponses } from "./gateway-responses";
import type { Integration } from "./integration";
import { Model } from "./model";
import { type Authorization, type HttpMethod, Route } from "./route";
import { Stage, type StageProps, type Throttle } from "./stage";

export interface RestApiProps
  extends Pick<StageProps, "apiName" | "stageName" | "logRetentionInDays" | "executionLogLevel"> {
  /** What the API is for, as the console shows it. */
  readonly description: string;
  /**
   * Bound on the requests to each method that has none of its own; what is above it gets 429.
   * @default { rateLimit: 50, burstLimit: 100 }
   */
  readonly throttle?: StageProps["throttle"];
  /**
   * Who may call the methods. `NONE` is anyone.
   * @default "AWS_IAM"
   */
  readonly authorization?: Authorization;
  /**
   * Which pages of other origins may call the API from a browser. Preflights are answered to anyone.
   * @default - none
   */
  readonly cors?: Cors;
  /**
   * Media types that reach integrations as bytes, and that they may answer with, such as `image/png`.
   * @default - none: bodies are text
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
   */
  readonly binaryMediaTypes?: readonly string[];
  /**
   * What to tell a client whose request is too large for API Gateway or for the function behind it.
   * @default - that it is too large
   */
  readonly requestTooLarge?: string;
}

export interface RouteOptions {
  /**
   * Schema of the JSON body. A body that breaks it is answered with 400 and the reason.
   * @default - any body
   */
  readonly body?: z.ZodMiniType;
  /**
   * Bound on the requests to this method; what is above it gets 429.
   * @default - that of the API
   */
  readonly throttle?: Throttle;
}

interface Path {
  readonly scope: Construct;
  readonly resourceId: string;
  readonly methods: HttpMethod[];
}

/**
 * A regional REST API with one stage. Every method wants a request signed by an identity of IAM that may invoke it, unless told otherwise.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class RestApi extends Construct {
  readonly restApiId: string;
  readonly stage: Stage;
  private readonly authorization: Authorization;
  private readonly cors?: Cors;
  private readonly paths = new Map<string, Path>();
  private readonly modelNames = new Map<string, string>();
  private validator?: ApiGatewayRequestValidator;

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    const { cors, binaryMediaTypes } = props;
    if (cors) requireOrigins(this, "cors.allowOrigins", cors.allowOrigins);
    this.cors = cors?.allowOrigins.length ? cors : undefined;
    this.authorization = props.authorization ?? "AWS_IAM";
    const api = new ApiGatewayRestApi(this, "Resource", {
      name: props.apiName,
      description: props.description,
      endpointConfiguration: { types: ["REGIONAL"] },
      binaryMediaTypes: binaryMediaTypes && [...binaryMediaTypes],
    });
    this.restApiId = api.id;
    this.paths.set("/", { scope: this, resourceId: api.rootResourceId, methods: [] });
    this.stage = new Stage(this, "Stage", {
      ...props,
      restApiId: api.id,
      throttle: props.throttle ?? { rateLimit: 50, burstLimit: 100 },
    });
    const headers = this.cors ? errorHeaders(this.cors) : {};
    this.stage.deployAfter(
      addGatewayResponses(this, { restApiId: api.id, requestTooLarge: props.requestTooLarge, headers }),
    );
  }

  /**
   * Adds a route, such as `POST` on `/orders`.
   * @throws PropError where the path is malformed
   */
  addRoute(
    httpMethod: HttpMethod,
    path: string,
    integration: Integration,
    { body, throttle }: RouteOptions = {},
  ): void {
    const { scope, resourceId, methods } = this.pathOf(path);
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
      authorization: this.authorization,
      integration,
      body: model && { model, validatorId: this.bodyValidator().id },
    });
    this.stage.deployAfter(route.parts);
    if (throttle) this.stage.throttleMethod(httpMethod, path, throttle, route);
    methods.push(httpMethod);
    if (methods.length === 1 && this.cors) this.addPreflight(this.cors, { scope, resourceId, methods });
  }

  /**
   * Refuses names of routes that the API does not have: what is set for one would be lost.
   * @param prop where the names come from, as the person wrote it
   * @throws PropError that says which routes there are
   */
  requireRoutes(prop: string, names: readonly string[]): void {
    const routes = [...this.paths].flatMap(([path, { methods }]) => methods.map((method) => `${method} ${path}`));
    const unknown = names.find((name) => !routes.includes(name));
    if (unknown !== undefined) throw new PropError(this, prop, `for routes of the API: ${routes.join(", ")}`, unknown);
  }

  private addPreflight(cors: Cors, { scope, resourceId, methods }: Path): void {
    // Routes that come later belong into the answer, too.
    const allowMethods = Lazy.stringValue({ produce: () => [...methods].sort().join(",") });
    const route = new Route(scope, "OPTIONS", {
      restApiId: this.restApiId,
      resourceId,
      httpMethod: "OPTIONS",
      // A browser signs no preflight.
      authorization: "NONE",
      integration: preflight(cors, allowMethods),
    });
    this.stage.deployAfter(route.parts);
  }

  /** The resource of a path, with those above it. */
  private pathOf(path: string): Path {
    const known = this.paths.get(path);
    if (known) return known;
    if (!/^(\/([\w.,-]+|\{[\w.-]+\+?\}))+$/.test(path)) {
      throw new PropError(this, "path", "/ and parts of letters, digits, -_., or one {parameter}", path);
    }
    const cut = path.lastIndexOf("/");
    const parent = this.pathOf(path.slice(0, cut) || "/");
    const pathPart = path.slice(cut + 1);
    const scope = new Construct(parent.scope, pathPart);
    const resource = new ApiGatewayResource(scope, "Resource", {
      restApiId: this.restApiId,
      parentId: parent.resourceId,
      pathPart,
    });
    const made = { scope, resourceId: resource.id, methods: [] };
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
