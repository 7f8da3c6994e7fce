import { Lazy } from "cdktf";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import { PropError } from "../terraform/props";
import { type Cors, errorHeaders, preflight, requireOrigins } from "./cors";
import type { ApiSettings, Authorization, HttpMethod } from "./definition";
import { Deployment } from "./deployment";
import { gatewayResponses } from "./gateway-responses";
import type { Integration } from "./integration";
import { modelOf } from "./model";
import type { Renderer } from "./renderers/renderer";
import { ResourceRenderer } from "./renderers/resources";
import { type MethodSettings, Stage, type StageSettings } from "./stage";
import type { Throttle } from "./throttle";

export interface RestApiProps
  extends StageSettings,
    Pick<ApiSettings, "apiName" | "description" | "binaryMediaTypes" | "minimumCompressionSizeBytes" | "policy">,
    Partial<Pick<ApiSettings, "apiKeySource" | "endpoint">> {
  /**
   * Who may call the methods that do not say it themselves. `NONE` is anyone.
   * @default "AWS_IAM"
   */
  readonly authorization?: Authorization;
  /**
   * Which pages of other origins may call the API from a browser. Preflights are answered to anyone.
   * @default - none
   */
  readonly cors?: Cors;
}

export interface RouteOptions {
  /**
   * Schema of the JSON body. A body that breaks it is answered with 400 and the reason.
   * @default - any body
   */
  readonly body?: z.ZodMiniType;
  /**
   * Who may call the method.
   * @default - who may call the API's
   */
  readonly authorization?: Authorization;
  /**
   * Whether a request must carry a key of one of the API's usage plans.
   * @default false
   */
  readonly isApiKeyRequired?: boolean;
  /**
   * Names of query parameters that a request must have; one without is answered with 400.
   * @default - none
   */
  readonly requiredQueryParameters?: readonly string[];
  /**
   * Names of headers that a request must have; one without is answered with 400.
   * @default - none
   */
  readonly requiredHeaders?: readonly string[];
  /**
   * Bound on the requests to this method.
   * @default - that of the stage
   */
  readonly throttle?: Throttle;
  /**
   * Seconds that an answer is kept in the stage's cache, 1–3,600. Answers are told apart by the path's parameters and by `cacheKeyParameters`;
   * not by who asks, so every caller that is let in gets the same.
   * @default - not cached
   */
  readonly cacheTtlSeconds?: number;
  /**
   * Query parameters and headers that tell cached answers apart, besides the path's parameters: `querystring.page`, `header.Accept`.
   * @default - the required query parameters
   */
  readonly cacheKeyParameters?: readonly string[];
}

/**
 * A REST API. Every method wants a request signed by an identity of IAM that may invoke it, unless told otherwise.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class RestApi extends Construct {
  readonly restApiId: string;
  /** The stage that the props name; `addStage` adds others. */
  readonly stage: Stage;
  private readonly stages: Stage[] = [];
  private readonly routes = new Map<string, HttpMethod[]>();
  private readonly methodSettings: MethodSettings[] = [];
  private readonly modelNames = new Map<string, string>();
  private readonly cors?: Cors;
  private readonly renderer: Renderer;
  private readonly deployment: Deployment;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: RestApiProps,
  ) {
    super(scope, id);
    const { cors } = props;
    if (cors) requireOrigins(this, "cors.allowOrigins", cors.allowOrigins);
    this.cors = cors?.allowOrigins.length ? cors : undefined;
    this.renderer = new ResourceRenderer(this, { apiKeySource: "HEADER", endpoint: { type: "REGIONAL" }, ...props });
    this.restApiId = this.renderer.restApiId;
    const headers = this.cors ? errorHeaders(this.cors) : {};
    for (const response of gatewayResponses({ headers })) this.renderer.addGatewayResponse(response);
    const { restApiId } = this;
    this.deployment = new Deployment(this, "Deployment", { restApiId, parts: this.renderer.parts });
    this.stage = this.addStage("Stage", props);
  }

  /** Adds a stage that serves the same deployment. */
  addStage(id: string, settings: StageSettings): Stage {
    const { restApiId, deployment } = this;
    const stage = new Stage(this, id, { ...settings, apiName: this.props.apiName, restApiId, deployment });
    for (const method of this.methodSettings) stage.setMethod(method);
    this.stages.push(stage);
    return stage;
  }

  /**
   * Adds a route, such as `POST` on `/orders`.
   * @throws PropError where the path is malformed or has the method already
   */
  addRoute(httpMethod: HttpMethod, path: string, integration: Integration, options: RouteOptions = {}): void {
    const { body, throttle, cacheTtlSeconds, requiredQueryParameters = [], requiredHeaders = [] } = options;
    const methods = this.methodsOf(path);
    if (methods.includes(httpMethod)) throw new PropError(this, "path", `one that has no ${httpMethod} yet`, path);
    const queryParameters = requiredQueryParameters.map((name) => `method.request.querystring.${name}`);
    this.renderer.addRoute({
      httpMethod,
      path,
      authorization: options.authorization ?? this.props.authorization ?? "AWS_IAM",
      isApiKeyRequired: options.isApiKeyRequired ?? false,
      integration,
      body: body && modelOf(this, this.modelName(httpMethod, path), `Body of ${httpMethod} ${path}`, body),
      requiredParameters: [...queryParameters, ...requiredHeaders.map((name) => `method.request.header.${name}`)],
      cacheKeyParameters:
        cacheTtlSeconds === undefined
          ? []
          : [
              ...pathParameters(path).map((name) => `method.request.path.${name}`),
              ...(options.cacheKeyParameters?.map((name) => `method.request.${name}`) ?? queryParameters),
            ],
    });
    if (throttle || cacheTtlSeconds !== undefined) {
      const settings = { httpMethod, path, throttle, cacheTtlSeconds };
      this.methodSettings.push(settings);
      for (const stage of this.stages) stage.setMethod(settings);
    }
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
      // A browser signs no preflight, and sends no key.
      authorization: "NONE",
      isApiKeyRequired: false,
      integration: preflight(cors, allowMethods),
      requiredParameters: [],
      cacheKeyParameters: [],
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

const pathParameters = (path: string): readonly string[] =>
  [...path.matchAll(/\{([\w.-]+)\+?\}/g)].map(([, name]) => name as string);
