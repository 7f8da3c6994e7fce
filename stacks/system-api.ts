import { StageAlarms } from "../constructs/apigateway/alarms";
import { CognitoAuthorizer } from "../constructs/apigateway/authorizers/cognito";
import { RequestAuthorizer } from "../constructs/apigateway/authorizers/request";
import { TokenAuthorizer } from "../constructs/apigateway/authorizers/token";
import type { Authorization, Endpoint, HttpMethod } from "../constructs/apigateway/definition";
import { DomainName } from "../constructs/apigateway/domain-name";
import type { Integration } from "../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../constructs/apigateway/rest-api";
import type { RouteOptions } from "../constructs/apigateway/route-options";
import type { Stage } from "../constructs/apigateway/stage";
import { StageDashboard } from "../constructs/apigateway/stage-dashboard";
import { UsagePlan } from "../constructs/apigateway/usage-plan";
import { WebAclAssociation } from "../constructs/apigateway/web-acl-association";
import { UserPool } from "../constructs/cognito/user-pool";
import { VpcEndpoint } from "../constructs/ec2/vpc-endpoint";
import type { NodeFunction } from "../constructs/lambda/function";
import { PropError, requireInteger } from "../constructs/terraform/props";
import type { Stack } from "../constructs/terraform/stack";
import type { ApiChoices } from "../settings/api";
import type { Environment } from "../settings/schema";
import type { Alarms } from "./alarms";
import { asSet } from "./as-set";
import { consoleUrl } from "./console-url";
import { addTokenAuthorizer, addUserPool, type TokenAuthorizerProps } from "./token-authorizer";

export interface SystemApiProps extends Pick<RestApiProps, "apiName" | "description" | "binaryMediaTypes"> {
  /** What names start with, behind the environment's prefix: `orders`. */
  readonly system: string;
  /** What the settings call the system's API: `orders.api`. */
  readonly settingsName: string;
  readonly environment: Environment;
  readonly choices: ApiChoices;
}

/** What the answers of a route depend on, where they may be kept for others who ask the same. */
export interface Cacheable {
  /** Query parameters and headers, besides the path's parameters: `querystring.page`, `header.Accept`. */
  readonly by: readonly string[];
  /**
   * Seconds that an answer is right for, where that is less than the 3,600 that API Gateway keeps one at most.
   * @default 3600
   */
  readonly forSeconds?: number;
}

interface SystemRouteOptions extends Pick<RouteOptions, "body"> {
  /** @default - answers are for who asked, and settings may not have them kept */
  readonly cacheable?: Cacheable;
}

/** The API of one system, with all that settings choose for it, and what watches over it. */
export class SystemApi {
  readonly api: RestApi;
  private readonly functions: NodeFunction[] = [];
  private readonly cacheable: string[] = [];

  /** @throws PropError for a choice that breaks a rule */
  constructor(
    private readonly stack: Stack,
    private readonly props: SystemApiProps,
  ) {
    this.api = this.asSet(() => this.restApi());
    this.asSet(() => this.addEdges());
  }

  get stage(): Stage {
    return this.api.stage;
  }

  /** Adds a route, with what settings say of it. */
  addRoute(method: HttpMethod, path: string, integration: Integration, options: SystemRouteOptions = {}): void {
    const { methodThrottles = {}, cache, usagePlans = {} } = this.props.choices;
    const { cacheable, ...routeOptions } = options;
    const name = `${method} ${path}`;
    if (cacheable) this.cacheable.push(name);
    const ttlSeconds = cache?.ttlSeconds[name];
    this.asSet(() => {
      requireInteger(this.api, `cache.ttlSeconds of ${name}`, ttlSeconds, 1, cacheable?.forSeconds ?? 3_600);
      this.api.addRoute(method, path, integration, {
        ...routeOptions,
        throttle: methodThrottles[name],
        cacheTtlSeconds: cacheable && ttlSeconds,
        cacheKeyParameters: cacheable?.by,
        isApiKeyRequired: Object.keys(usagePlans).length > 0,
      });
    });
  }

  /** Adds alarms, a dashboard and outputs. All routes must be there by then. */
  watch(alarms: Alarms, functions: readonly NodeFunction[]): void {
    const { stack, stage, api } = this;
    const { system, environment, choices } = this.props;
    const { nameOf, settings } = environment;
    this.asSet(() => {
      api.requireRoutes("methodThrottles", Object.keys(choices.methodThrottles ?? {}));
      this.requireCacheable(Object.keys(choices.cache?.ttlSeconds ?? {}));
    });
    for (const authorizer of this.functions) alarms.addAuthorizer(authorizer);
    const { topic } = alarms;
    new StageAlarms(stack, "ApiAlarms", { stage, namePrefix: nameOf(system), ...settings.alarms, topic });
    new StageDashboard(stack, "Dashboard", {
      stage,
      dashboardName: nameOf(`${system}-api`),
      functions: [...functions, ...this.functions],
    });
    const { region } = settings;
    stack.addOutput("api_id", api.restApiId, "Id of the REST API");
    stack.addOutput("access_log_group", stage.accessLogs.logGroupName, "Access log of the API");
    stack.addOutput("execution_log_group", stage.executionLogs.logGroupName, "Execution log of the API");
    stack.addOutput(
      "api_console_url",
      consoleUrl.api(region, api.restApiId, environment.name),
      "The API's stage in the console",
    );
    stack.addOutput(
      "dashboard_console_url",
      consoleUrl.dashboard(region, nameOf(`${system}-api`)),
      "The API's dashboard in the console",
    );
  }

  private restApi(): RestApi {
    const { stack, props } = this;
    const { environment, choices } = props;
    const { settings } = environment;
    return new RestApi(stack, "Api", {
      apiName: props.apiName,
      description: props.description,
      binaryMediaTypes: props.binaryMediaTypes,
      stageName: environment.name,
      throttle: settings.api.throttle,
      executionLogLevel: settings.api.executionLogLevel,
      logRetentionInDays: settings.logRetentionInDays,
      definition: choices.definition,
      authorization: this.authorization(),
      endpoint: this.endpoint(),
      policy: choices.policy,
      cors:
        choices.allowOrigins && choices.allowOrigins.length > 0 ? { allowOrigins: choices.allowOrigins } : undefined,
      variables: choices.variables,
      cache: choices.cache && { sizeGb: choices.cache.sizeGb },
      release: choices.release,
      minimumCompressionSizeBytes: choices.minimumCompressionSizeBytes,
      quotas: choices.quotas,
    });
  }

  /** What stands before the API, and who may come how often. */
  private addEdges(): void {
    const { stack, props } = this;
    const { system, environment, choices } = props;
    for (const [plan, { keys, ...bounds }] of Object.entries(choices.usagePlans ?? {})) {
      const usagePlan = new UsagePlan(stack, `UsagePlan_${plan}`, {
        api: this.api,
        stage: this.stage,
        usagePlanName: environment.nameOf(`${system}-${plan}`),
        description: `Who may call ${props.apiName} on the plan ${plan}, and how often`,
        keys,
        ...bounds,
      });
      usagePlan.addKeyOutputs(`api_key_${plan.replaceAll("-", "_")}`);
    }
    if (choices.webAclArn) {
      new WebAclAssociation(stack, "WebAcl", { stage: this.stage, webAclArn: choices.webAclArn });
    }
    if (choices.domain) {
      const domain = new DomainName(stack, "Domain", { stage: this.stage, ...choices.domain });
      stack.addOutput("domain_url", domain.url, "The API under its own name");
      stack.addOutput("domain_target", domain.targetDomainName, "Where the record for that name must lead");
    }
  }

  private asSet<Made>(make: () => Made): Made {
    return asSet(this.props.settingsName, this.props.environment, make);
  }

  private requireCacheable(names: readonly string[]): void {
    const wrong = names.find((name) => !this.cacheable.includes(name));
    if (wrong === undefined) return;
    const rule = `for routes whose answers can be kept: ${this.cacheable.join(", ") || "none"}`;
    throw new PropError(this.api, "cache.ttlSeconds", rule, wrong);
  }

  private endpoint(): Endpoint | undefined {
    const { privateEndpoint } = this.props.choices;
    if (!privateEndpoint) return undefined;
    if ("vpcEndpointIds" in privateEndpoint) return { type: "PRIVATE", ...privateEndpoint };
    const { vpcEndpointId } = new VpcEndpoint(this.stack, "VpcEndpoint", {
      service: "execute-api",
      endpointName: this.props.environment.nameOf(`${this.props.system}-api`),
      ...privateEndpoint,
    });
    return { type: "PRIVATE", vpcEndpointIds: [vpcEndpointId] };
  }

  private authorization(): Authorization {
    const { authorization = { type: "AWS_IAM" } } = this.props.choices;
    switch (authorization.type) {
      case "AWS_IAM":
      case "NONE":
        return authorization.type;
      case "COGNITO_USER_POOLS": {
        const { userPoolArns = [], scopes, ttlSeconds } = authorization;
        const [first, ...others] = userPoolArns.map((arn, at) => UserPool.fromArn(this.stack, `UserPool${at}`, arn));
        const userPools = first
          ? ([first, ...others] as const)
          : ([addUserPool(this.stack, this.props.system, this.props.environment).userPool] as const);
        const authorizer = new CognitoAuthorizer({ authorizerName: "users", userPools: [...userPools], ttlSeconds });
        return { authorizer, scopes };
      }
      case "TOKEN": {
        const { handler, role } = this.authorizer("authorize-token", authorization);
        const { ttlSeconds } = authorization;
        return { authorizer: new TokenAuthorizer({ authorizerName: "tokens", handler, role, ttlSeconds }) };
      }
      case "REQUEST": {
        const { ttlSeconds, tokenSource = "method.request.header.Authorization", claimSources = {} } = authorization;
        const { handler, role } = this.authorizer("authorize-request", authorization, {
          TOKEN_SOURCE: tokenSource,
          CLAIM_SOURCES: Object.entries(claimSources)
            .map((pair) => pair.join("="))
            .join(" "),
        });
        const identitySources = [...new Set([tokenSource, ...Object.values(claimSources)])];
        return {
          authorizer: new RequestAuthorizer({ authorizerName: "requests", handler, role, identitySources, ttlSeconds }),
        };
      }
    }
  }

  /** The function that decides, and the role that API Gateway invokes it under. */
  private authorizer(
    entry: TokenAuthorizerProps["entry"],
    tokens: TokenAuthorizerProps["tokens"],
    variables?: TokenAuthorizerProps["variables"],
  ) {
    const { system, environment } = this.props;
    const authorizer = addTokenAuthorizer(this.stack, { system, environment, entry, tokens, variables });
    this.functions.push(authorizer.handler);
    return authorizer;
  }
}
