import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import { PropError } from "../terraform/props";
import { type Cors, errorHeaders, preflight, requireOrigins } from "./cors";
import type { Authorization, HttpMethod, Renderer } from "./definition";
import { Deployment } from "./deployment";
import { gatewayResponses } from "./gateway-responses";
import type { Integration } from "./integration";
import { modelOf } from "./model";
import { ResourceRenderer } from "./renderers/resources";
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

/**
 * A regional REST API with one stage. Every method wants a request signed by an identity of IAM that may invoke it, unless told otherwise.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class RestApi extends Construct {
  readonly restApiId: string;
  readonly stage: Stage;
  private readonly authorization: Authorization;
  private readonly cors?: Cors;
  private readonly routes = new Map<string, HttpMethod[]>();
  private readonly renderer: Renderer;
  private readonly deployment: Deployment;
  private readonly modelNames = new Map<string, string>();

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
    this.renderer = new ResourceRenderer(this, api.id, api.rootResourceId);
    this.deployment = new Deployment(this, "Deployment", { restApiId: api.id, parts: this.renderer.parts });
    this.stage = new Stage(this, "Stage", {
      ...props,
      restApiId: api.id,
      deployment: this.deployment,
      throttle: props.throttle ?? { rateLimit: 50, burstLimit: 100 },
    });
    const headers = this.cors ? errorHeaders(this.cors) : {};
    for (const response of gatewayResponses({ requestTooLarge: props.requestTooLarge, headers }))
      this.renderer.addGatewayResponse(response);
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
    const methods = this.methodsOf(path);
    if (methods.includes(httpMethod)) throw new PropError(this, "path", `one that has no ${httpMethod} yet`, path);
    const route = this.renderer.addRoute({
      httpMethod,
      path,
      authorization: this.authorization,
      integration,
      body: body && modelOf(this, this.modelName(httpMethod, path), `Body of ${httpMethod} ${path}`, body),
    });
    if (throttle) this.stage.throttleMethod(httpMethod, path, throttle, route);
    methods.push(httpMethod);
    if (methods.length === 1 && this.cors) this.addPreflight(this.cors, path, methods);
  }

  /**
   * Refuses names of routes that the API does not have: what is set for one would be lost.
   * @param prop where the names come from, as the person wrote it
   * @throws PropError that says which routes there are
   */
  requireRoutes(prop: string, names: readonly string[]): void {
    const routes = [...this.routes].flatMap(([path, methods]) => methods.map((method) => `${method} ${path}`));
    const unknown = names.find((name) => !routes.includes(name));
    if (unknown !== undefined) throw new PropError(this, prop, `for routes of the API: ${routes.join(", ")}`, unknown);
  }

  private addPreflight(cors: Cors, path: string, methods: readonly HttpMethod[]): void {
    // Routes that come later belong into the answer, too.
    const allowMethods = Lazy.stringValue({ produce: () => [...methods].sort().join(",") });
    this.renderer.addRoute({
      httpMethod: "OPTIONS",
      path,
      // A browser signs no preflight.
      authorization: "NONE",
      integration: preflight(cors, allowMethods),
    });
  }

  /** The methods that a path has so far. */
  private methodsOf(path: string): HttpMethod[] {
    const known = this.routes.get(path);
    if (known) return known;
    if (path !== "/" && !/^(\/([\w.,-]+|\{[\w.-]+\+?\}))+$/.test(path)) {
      throw new PropError(this, "path", "/ and parts of letters, digits, -_., or one {parameter}", path);
    }
    const methods: HttpMethod[] = [];
    this.routes.set(path, methods);
    return methods;
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
}
