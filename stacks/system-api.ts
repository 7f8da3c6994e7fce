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
import { UserPoolClient } from "../constructs/cognito/user-pool-client";
import { VpcEndpoint } from "../constructs/ec2/vpc-endpoint";
import { Role } from "../constructs/iam/role";
import { NodeFunction } from "../constructs/lambda/function";
import type { Stack } from "../constructs/terraform/stack";
import type { ApiChoices } from "../settings/api";
import type { Environment } from "../settings/schema";
import type { Alarms } from "./alarms";
import { consoleUrl } from "./console-url";

export interface SystemApiProps extends Pick<RestApiProps, "apiName" | "description" | "binaryMediaTypes"> {
  /** What names start with, behind the environment's prefix: `orders`. */
  readonly system: string;
  /** What the settings call the system's API: `orders.api`. */
  readonly settingsName: string;
  readonly environment: Environment;
  readonly choices: ApiChoices;
}

type Tokens = Extract<NonNullable<ApiChoices["authorization"]>, { type: "TOKEN" | "REQUEST" }>;

/** The API of one system, with all that settings choose for it, and what watches over it. */
export class SystemApi {
  readonly api: RestApi;
  private readonly functions: NodeFunction[] = [];

  constructor(
    private readonly stack: Stack,
    private readonly props: SystemApiProps,
  ) {
    const { system, environment, choices } = props;
    const { settings } = environment;
    this.api = new RestApi(stack, "Api", {
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

  get stage(): Stage {
    return this.api.stage;
  }

  /** Adds a route, with what settings say of it. */
  addRoute(method: HttpMethod, path: string, integration: Integration, options: Pick<RouteOptions, "body"> = {}): void {
    const { methodThrottles = {}, cache, usagePlans = {} } = this.props.choices;
    const name = `${method} ${path}`;
    this.api.addRoute(method, path, integration, {
      ...options,
      throttle: methodThrottles[name],
      cacheTtlSeconds: cache?.ttlSeconds[name],
      isApiKeyRequired: Object.keys(usagePlans).length > 0,
    });
  }

  /** Adds alarms, a dashboard and outputs. All routes must be there by then. */
  watch(alarms: Alarms, functions: readonly NodeFunction[]): void {
    const { stack, stage, api } = this;
    const { system, settingsName, environment, choices } = this.props;
    const { nameOf, settings } = environment;
    api.requireRoutes(`${settingsName}.methodThrottles`, Object.keys(choices.methodThrottles ?? {}));
    api.requireRoutes(`${settingsName}.cache.ttlSeconds`, Object.keys(choices.cache?.ttlSeconds ?? {}));
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
        const userPools = first ? ([first, ...others] as const) : ([this.userPool().userPool] as const);
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
        const identitySources = [tokenSource, ...Object.values(claimSources)];
        return {
          authorizer: new RequestAuthorizer({ authorizerName: "requests", handler, role, identitySources, ttlSeconds }),
        };
      }
    }
  }

  /** The function that decides, and the role that API Gateway invokes it under. */
  private authorizer(name: string, tokens: Tokens, environment: Readonly<Record<string, string>> = {}) {
    const { nameOf, settings } = this.props.environment;
    const { system } = this.props;
    const issued = tokens.issuer ? { issuer: tokens.issuer, audience: tokens.audience ?? [] } : this.ownIssuer();
    const handler = new NodeFunction(this.stack, "Authorizer", {
      functionName: nameOf(`${system}-${name}`),
      description: `Decides who may call the API of ${system}`,
      entry: `handlers/${name}.ts`,
      roleName: nameOf(`Lambda-Authorize-${system}`),
      environment: {
        ISSUER: issued.issuer,
        AUDIENCE: issued.audience.join(" "),
        ...(tokens.requiredScope && { REQUIRED_SCOPE: tokens.requiredScope }),
        ...environment,
      },
      logRetentionInDays: settings.logRetentionInDays,
    });
    this.functions.push(handler);
    const role = new Role(this.stack, "ApiGatewayInvokeAuthorizer", {
      roleName: nameOf(`APIGateway-InvokeAuthorizer-${system}`),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: `Lets API Gateway ask who may call the API of ${system}`,
    });
    return { handler, role };
  }

  private ownIssuer(): { readonly issuer: string; readonly audience: readonly string[] } {
    const { userPool, client } = this.userPool();
    return { issuer: userPool.issuer, audience: [client.clientId] };
  }

  /** A pool of the system's own, with an app that its users sign in to. */
  private userPool(): { readonly userPool: UserPool; readonly client: UserPoolClient } {
    const { environment, system } = this.props;
    const userPool = new UserPool(this.stack, "Users", {
      userPoolName: environment.nameOf(`${system}-users`),
      isDeletionProtected: environment.settings.isDeletionProtected,
    });
    const clientName = environment.nameOf(`${system}-app`);
    const client = new UserPoolClient(this.stack, "UsersClient", { userPool, clientName });
    this.stack.addOutput("user_pool_id", userPool.userPoolId, "Pool of the users that may call the API");
    this.stack.addOutput("user_pool_client_id", client.clientId, "App that users sign in to");
    return { userPool, client };
  }
}
