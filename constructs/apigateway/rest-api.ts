import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { Statement } from "../iam/policy-document";
import { PropError } from "../terraform/props";
import { AuthorizerTable } from "./authorizers/authorizer-table";
import { findings } from "./checks";
import { type Cors, errorHeaders, readableAnswers } from "./cors";
import type { ApiSettings, Authorization, HttpMethod, RouteDefinition } from "./definition";
import { Deployment } from "./deployment";
import { gatewayResponses } from "./gateway-responses";
import type { Integration } from "./integration";
import { type ApiQuotas, policyLength, Quotas, requireTimeout, restApiQuotas } from "./limits";
import { modelOf } from "./model";
import { Preflights } from "./preflights";
import { versionsOf } from "./release";
import { OpenApiRenderer } from "./renderers/openapi";
import type { Renderer } from "./renderers/renderer";
import { ResourceRenderer } from "./renderers/resources";
import { policyFor, type ResourcePolicy } from "./resource-policy";
import { parametersOf, type RouteOptions } from "./route-options";
import { RouteTable } from "./route-table";
import { type MethodSettings, requireNewStage, Stage, type StageSettings } from "./stage";
import type { UsagePlan } from "./usage-plan";

const renderers = { resources: ResourceRenderer, openapi: OpenApiRenderer } as const;

export interface RestApiProps
  extends StageSettings,
    Pick<ApiSettings, "apiName" | "description" | "binaryMediaTypes" | "minimumCompressionSizeBytes">,
    Partial<Pick<ApiSettings, "apiKeySource" | "endpoint">> {
  /**
   * Who may call the API at all, whatever its methods say.
   * @default - whoever the methods let in; for a private API, whoever comes through its VPC endpoints
   */
  readonly policy?: ResourcePolicy;
  /**
   * How the API is written down for Terraform. `resources`: a resource for each part, so that a plan shows each change by itself. `openapi`: one
   * document, which is imported at once: for APIs of hundreds of routes, and where a route that is removed must be gone with the same apply.
   * docs/openapi.md says what it takes to go from one to the other.
   * @default "resources"
   */
  readonly definition?: keyof typeof renderers;
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
  /**
   * What AWS allows this API beyond what it allows everybody. More than that is warned of, or refused where AWS seldom raises it.
   * @default - nothing
   */
  readonly quotas?: ApiQuotas;
}

/**
 * A REST API. Every method wants a request signed by an identity of IAM that may invoke it, unless told otherwise.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class RestApi extends Construct {
  readonly restApiId: string;
  readonly apiName: string;
  /** The stage that the props name; `addStage` adds others. */
  readonly stage: Stage;
  private readonly stages: Stage[] = [];
  private readonly paths = new RouteTable(this);
  private readonly authorizers = new AuthorizerTable(this);
  private readonly routes: RouteDefinition[] = [];
  private readonly preflights: Preflights;
  private readonly methodSettings: MethodSettings[] = [];
  private readonly modelNames = new Map<string, string>();
  private readonly usagePlans: UsagePlan[] = [];
  private readonly apiKeys: TerraformResource[] = [];
  private readonly quotas: Quotas<keyof ApiQuotas>;
  private readonly renderer: Renderer;
  private readonly policy?: () => readonly Statement[];
  private readonly deployments = new Map<string | undefined, Deployment>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: RestApiProps,
  ) {
    super(scope, id);
    const { apiName, cors, endpoint = { type: "REGIONAL" } } = props;
    this.policy = policyFor(this, props.policy, endpoint, this.routes);
    this.apiName = apiName;
    this.preflights = new Preflights(this, { cors, apiKeySource: props.apiKeySource ?? "HEADER", paths: this.paths });
    this.quotas = new Quotas(this, restApiQuotas, props.quotas);
    const Renderer = renderers[props.definition ?? "resources"];
    this.renderer = new Renderer(this, { apiKeySource: "HEADER", ...props, endpoint, policy: this.policy });
    this.restApiId = this.renderer.restApiId;
    const headers = cors ? errorHeaders(cors) : {};
    for (const response of gatewayResponses({ headers })) this.renderer.addGatewayResponse(response);
    this.stage = this.addStage("Stage", props);
    this.node.addValidation({ validate: () => [...this.check()] });
  }

  /** Adds a stage, which serves the same deployment as the others, or the versions of its own release. */
  addStage(id: string, settings: StageSettings): Stage {
    const { restApiId, apiName } = this;
    const { release, stageName } = settings;
    requireNewStage(this, this.stages, stageName);
    if (release) for (const version of versionsOf(release)) this.deploymentOf(version);
    const stage = new Stage(this, id, {
      ...settings,
      apiName,
      restApiId,
      deployment: this.deploymentOf(release?.stable),
      canaryDeployment: release?.canary && this.deploymentOf(release.canary.version),
    });
    for (const method of this.methodSettings) stage.setMethod(method);
    this.stages.push(stage);
    return stage;
  }

  /**
   * Adds a route, such as `POST` on `/orders`.
   * @throws PropError where the path is malformed, clashes with that of another route or has the method already
   */
  addRoute(httpMethod: HttpMethod, path: string, integration: Integration, options: RouteOptions = {}): void {
    const { body, throttle, cacheTtlSeconds } = options;
    const authorization = options.authorization ?? this.props.authorization ?? "AWS_IAM";
    this.authorizers.add(authorization);
    this.paths.add(httpMethod, path);
    this.requireIntegration(integration);
    const cors = this.preflights.corsOf(httpMethod, path, options.cors);
    const parameters = parametersOf(this, httpMethod, path, options, cors !== undefined);
    const route: RouteDefinition = {
      httpMethod,
      path,
      authorization,
      isApiKeyRequired: options.isApiKeyRequired ?? false,
      integration: cors ? readableAnswers(cors, integration) : integration,
      body: body && modelOf(this, this.modelName(httpMethod, path), `Body of ${httpMethod} ${path}`, body),
      ...parameters,
    };
    this.addDefinition(route);
    const preflight = this.preflights.routeFor(route);
    if (preflight) this.addDefinition(preflight);
    if (throttle || cacheTtlSeconds) {
      const settings = { httpMethod, path, throttle, cacheTtlSeconds: cacheTtlSeconds || undefined };
      this.methodSettings.push(settings);
      for (const stage of this.stages) stage.setMethod(settings);
    }
  }

  /**
   * Takes a plan note of, which does so by itself. The keys come before the deployment: one that was made before its keys has been seen to let
   * calls in without.
   */
  addUsagePlan(plan: UsagePlan, keys: readonly TerraformResource[]): void {
    this.usagePlans.push(plan);
    this.apiKeys.push(...keys);
    this.quotas.warnAbove(
      "methodThrottlesPerPlan",
      plan.boundRoutes.length,
      `The plan ${plan.usagePlanName}`,
      "methods with a throttle of their own",
    );
  }

  /**
   * Refuses names of routes that the API does not have: what is set for one would be lost.
   * @param prop where the names come from, as the person wrote it
   * @throws PropError that says which routes there are
   */
  requireRoutes(prop: string, names: readonly string[]): void {
    const routes = this.paths.names;
    const unknown = names.find((name) => !routes.includes(name));
    if (unknown !== undefined) throw new PropError(this, prop, `for routes of the API: ${routes.join(", ")}`, unknown);
  }

  /** The copy of the API that is a version, or the one that is replaced with every change. */
  private deploymentOf(version?: string): Deployment {
    const known = this.deployments.get(version);
    if (known) return known;
    const { restApiId, renderer, apiKeys } = this;
    const deployment = new Deployment(this, version === undefined ? "Deployment" : `Deployment_${version}`, {
      restApiId,
      parts: () => [...renderer.parts, ...apiKeys],
      version,
    });
    this.deployments.set(version, deployment);
    return deployment;
  }

  private addDefinition(route: RouteDefinition): void {
    this.routes.push(route);
    this.renderer.addRoute(route);
  }

  private requireIntegration(integration: Integration): void {
    // Whoever writes JavaScript has no types that say so.
    const types: readonly string[] = ["AWS", "AWS_PROXY", "MOCK"];
    if (!types.includes(integration.type)) {
      throw new PropError(this, "integration.type", `one of ${types.join(", ")}`, integration.type);
    }
    if (integration.type === "MOCK") return;
    const { timeoutSeconds } = integration;
    requireTimeout(this, timeoutSeconds);
    this.quotas.require("integrationTimeoutSeconds", "timeoutSeconds", timeoutSeconds, "seconds");
  }

  /** What can only be seen when the API is whole. */
  private check(): readonly string[] {
    const { paths, routes, stages, usagePlans, quotas } = this;
    const authorizers = routes.flatMap(({ authorization }) =>
      typeof authorization === "string" ? [] : [authorization.authorizer],
    );
    quotas.warnAbove("resourcesPerApi", paths.resourceCount, "The API", "resources, one for each part of its paths");
    quotas.warnAbove("authorizersPerApi", new Set(authorizers).size, "The API", "authorizers");
    quotas.warnAbove("stagesPerApi", stages.length, "The API", "stages");
    const policyCharacters = this.policy ? policyLength(this, this.policy()) : 0;
    quotas.require("resourcePolicyCharacters", "policy", policyCharacters, "characters of JSON");
    const { apiKeySource = "HEADER", policy } = this.props;
    return findings({ routes, stages, usagePlans, apiKeySource, policy });
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
