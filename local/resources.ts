import type { Resource } from "../terraform/config";
import type { Provider } from "../terraform/evaluate";
import { acceptedResources } from "./accepted-resources";
import type { UsagePlans } from "./api-gateway/usage-plans";
import { AwsError, type Place } from "./aws";
import type { Cognito } from "./cognito/cognito";
import type { DynamoDb } from "./dynamodb/dynamodb";
import type { Iam } from "./iam/iam";
import type { AsyncInvocations } from "./lambda/async-invocations";
import type { EventSourceMappings } from "./lambda/event-source-mappings";
import type { Lambda } from "./lambda/lambda";
import { ResourceArguments } from "./protocol/resource-arguments";
import { type S3, unenforcedOfS3 } from "./s3/s3";
import type { Sns } from "./sns/sns";
import type { Sqs } from "./sqs/sqs";

type Arguments = Readonly<Record<string, unknown>>;
type Attributes = Readonly<Record<string, unknown>>;

export interface Services {
  readonly place: Place;
  readonly iam: Iam;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly dynamodb: DynamoDb;
  readonly lambda: Lambda;
  readonly s3: S3;
  readonly cognito: Cognito;
  readonly mappings: EventSourceMappings;
  readonly asyncInvocations: AsyncInvocations;
  /** Policies of the keys, by ARN. */
  readonly keyPolicies: Map<string, string>;
  /** VPCs of the endpoints that stacks make, by the endpoints' ids. */
  readonly vpcEndpoints: Map<string, string>;
  readonly usagePlans: UsagePlans;
  /** Where stages are served: `http://127.0.0.1:<port>/_aws/execute-api`. */
  readonly executeApi: string;
}

/**
 * What is accepted and changes nothing here, by type. It is told at start: whoever relies on it has to look for it in AWS.
 */
const unenforced: Readonly<Record<string, string>> = {
  ...unenforcedOfS3,
  aws_api_gateway_deployment: "triggers: what is here is always deployed",
  aws_api_gateway_method_settings: "metrics, log levels and the encryption of caches",
  aws_api_gateway_rest_api: "endpoint type, but for PRIVATE",
  aws_api_gateway_stage: "tracing",
  aws_apigatewayv2_api: "whether it is called at its own address alone: it has no other here",
  aws_apigatewayv2_deployment: "triggers: what is here is always deployed",
  aws_apigatewayv2_stage: "metrics and execution logs",
  aws_cloudwatch_log_metric_filter: "patterns: no metric is made",
  aws_cloudwatch_log_group: "retention: logs are kept while the run lasts",
  aws_cloudwatch_metric_alarm: "metrics: no alarm rings",
  aws_cognito_user_pool: "users, passwords and sign-in: a token is given to whoever asks for one",
  aws_cognito_user_pool_client: "sign-in; its scopes, its flow of client credentials and its tokens' lifetimes are",
  aws_cognito_user_pool_domain: "the domain: tokens come from the pool's own address",
  aws_dynamodb_table: "encryption, point-in-time recovery and deletion protection",
  aws_kms_key: "encryption and rotation; the key's policy is",
  aws_lambda_alias: "the version: every one runs the code that is here",
  aws_lambda_function: "memory size, architecture, runtime version and tracing",
  aws_sns_topic: "encryption",
  aws_sqs_queue: "encryption",
  aws_vpc_endpoint: "networks: whoever names the endpoint in x-local-vpc-endpoint comes through it",
};

/** Arguments of the types that no service reads by itself. Any other is an error that names it. */
const modelled: Readonly<Record<string, readonly string[]>> = {
  aws_cloudwatch_log_group: ["name", "retention_in_days", "tags"],
  aws_cloudwatch_log_metric_filter: ["name", "pattern", "log_group_name", "metric_transformation"],
  aws_cloudwatch_metric_alarm: [
    ...[
      "alarm_name",
      "alarm_description",
      "namespace",
      "metric_name",
      "dimensions",
      "statistic",
      "extended_statistic",
      "period",
      "threshold",
    ],
    ...["evaluation_periods", "comparison_operator", "treat_missing_data", "alarm_actions", "ok_actions", "tags"],
  ],
  aws_iam_policy: ["name", "description", "policy", "tags"],
  aws_iam_role: ["name", "description", "assume_role_policy", "max_session_duration", "tags"],
  aws_iam_role_policy: ["name", "role", "policy"],
  aws_iam_role_policy_attachment: ["role", "policy_arn"],
  aws_kms_key: ["description", "enable_key_rotation", "policy", "tags"],
  aws_sqs_queue_policy: ["queue_url", "policy"],
  aws_sqs_queue_redrive_allow_policy: ["queue_url", "redrive_allow_policy"],
  aws_vpc_endpoint: [
    ...["service_name", "vpc_id", "vpc_endpoint_type", "subnet_ids", "security_group_ids", "private_dns_enabled"],
    ...["ip_address_type", "tags"],
  ],
};

const text = (value: unknown): string => String(value);
/** Ids as AWS makes them for APIs and their parts: ten letters and digits, here by counting, so that a run can be read again. */
const countedId = (prefix: string, count: number): string =>
  `${prefix}${String(count).padStart(10 - prefix.length, "0")}`;

/** A function's arguments with `http` for the `https` that AWS's issuers have: those here speak no TLS. */
function withReachableIssuers(handler: Arguments): Arguments {
  const reachable = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replaceAll(/https:\/\/(127\.0\.0\.1:\d+\/_aws\/cognito\/)/g, "http://$1");
    if (Array.isArray(value)) return value.map(reachable);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reachable(inner)]));
  };
  return { ...handler, environment: reachable(handler.environment) };
}

/** Makes the resources of one stack, each in the service that it belongs to. */
export class LocalProvider implements Provider {
  /** Evaluated resources of API Gateway, which are put together once all are there. */
  readonly apiResources: Resource[] = [];
  /** Those of HTTP and WebSocket APIs. */
  readonly apiV2Resources: Resource[] = [];
  /** What of this stack is not enforced, a sentence for each type. */
  readonly unenforced = new Set<string>();
  private readonly types: Readonly<Record<string, (given: Arguments) => Attributes>>;

  /**
   * @param folder the stack's folder, which file names in it are relative to
   * @param count numbers the ids of API Gateway over all stacks
   */
  constructor(
    private readonly services: Services,
    folder: string,
    private readonly count: () => number,
  ) {
    const { iam, sqs, sns, dynamodb, lambda, mappings, asyncInvocations, s3, cognito, usagePlans } = services;
    this.types = {
      aws_iam_role: (role) => {
        const { arn, uniqueId } = iam.putRole({
          roleName: text(role.name),
          assumeRolePolicy: text(role.assume_role_policy),
          ...(role.max_session_duration != null && { maxSessionDuration: Number(role.max_session_duration) }),
        });
        return { arn, id: role.name, unique_id: uniqueId };
      },
      aws_iam_policy: (policy) => {
        const { arn } = iam.putPolicy({ policyName: text(policy.name), document: text(policy.policy) });
        return { arn, id: arn };
      },
      aws_iam_role_policy: (policy) => {
        iam.putInlinePolicy(text(policy.role), text(policy.name), text(policy.policy));
        return { id: `${policy.role}:${policy.name}` };
      },
      aws_iam_role_policy_attachment: (attachment) => {
        iam.attach(text(attachment.role), text(attachment.policy_arn));
        return { id: `${attachment.role}-${attachment.policy_arn}` };
      },
      aws_sqs_queue: (queue) => sqs.createQueue(queue),
      aws_sqs_queue_policy: (policy) => {
        iam.requirePolicy(text(policy.policy));
        sqs.setPolicy(text(policy.queue_url), text(policy.policy));
        return { id: policy.queue_url };
      },
      aws_sqs_queue_redrive_allow_policy: (policy) => {
        sqs.setRedriveAllowPolicy(text(policy.queue_url), text(policy.redrive_allow_policy));
        return { id: policy.queue_url };
      },
      aws_sns_topic: (topic) => sns.createTopic(topic),
      aws_sns_topic_subscription: (subscription) => sns.subscribe(subscription),
      aws_dynamodb_table: (table) => dynamodb.createTable(table),
      aws_lambda_function: (handler) => {
        if ((handler.tracing_config as { mode?: string } | undefined)?.mode === "Active") {
          this.requireRole(text(handler.role), ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
        }
        return lambda.createFunction(withReachableIssuers(handler), folder);
      },
      aws_lambda_alias: (alias) => lambda.createAlias(alias),
      aws_lambda_permission: (permission) => {
        const made = lambda.addPermission(permission);
        const { function_name: named, qualifier } = permission;
        iam.requirePolicy(
          lambda.policyOf(lambda.arnOf(text(named), qualifier === undefined ? undefined : text(qualifier))),
        );
        return made;
      },
      aws_api_gateway_api_key: (key) => usagePlans.createKey(key, countedId("k", count())),
      aws_api_gateway_usage_plan: (plan) => usagePlans.createPlan(plan, countedId("p", count())),
      aws_api_gateway_usage_plan_key: (membership) => usagePlans.addKey(membership),
      aws_lambda_event_source_mapping: (mapping) => {
        const [arn, role] = [text(mapping.event_source_arn), lambda.roleOf(text(mapping.function_name)).principalArn];
        if (arn.includes(":sqs:")) {
          this.requireRole(role, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn);
          this.requireVisibility(arn, lambda.timeoutOf(text(mapping.function_name)));
        } else {
          this.requireRole(role, ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"], arn);
          this.requireRole(role, ["dynamodb:ListStreams"], "*");
        }
        return mappings.create(mapping);
      },
      aws_lambda_function_event_invoke_config: (config) => {
        const { id, onFailure } = asyncInvocations.configure(config);
        const role = lambda.roleOf(lambda.arnOf(text(config.function_name))).principalArn;
        if (onFailure) this.requireRole(role, ["sqs:SendMessage"], onFailure);
        return { id };
      },
      aws_s3_bucket: (bucket) => s3.createBucket(bucket),
      aws_s3_bucket_policy: (policy) => {
        iam.requirePolicy(text(policy.policy));
        return s3.setPolicy(policy);
      },
      aws_s3_bucket_versioning: (versioning) => s3.setVersioning(versioning),
      aws_s3_bucket_cors_configuration: (cors) => s3.setCors(cors),
      aws_s3_bucket_public_access_block: (block) => s3.setPublicAccessBlock(block),
      aws_s3_bucket_ownership_controls: (controls) => s3.setOwnershipControls(controls),
      aws_s3_bucket_server_side_encryption_configuration: (encryption) => s3.setEncryption(encryption),
      aws_s3_bucket_lifecycle_configuration: (lifecycle) => s3.setLifecycle(lifecycle),
      aws_cognito_user_pool: (pool) => cognito.createUserPool(pool),
      aws_cognito_user_pool_client: (client) => cognito.createClient(client),
      aws_cognito_resource_server: (server) => cognito.createResourceServer(server),
      aws_cognito_user_pool_domain: (domain) => cognito.createDomain(domain),
      aws_vpc_endpoint: (endpoint) => {
        const id = `vpce-${String(count()).padStart(17, "0")}`;
        services.vpcEndpoints.set(id, text(endpoint.vpc_id));
        return { id, arn: this.arn("ec2", `vpc-endpoint/${id}`) };
      },
      aws_cloudwatch_log_metric_filter: (filter) => ({ id: filter.name }),
      aws_cloudwatch_log_group: (group) => ({ id: group.name, arn: this.arn("logs", `log-group:${group.name}`) }),
      aws_cloudwatch_metric_alarm: (alarm) => ({
        id: alarm.alarm_name,
        arn: this.arn("cloudwatch", `alarm:${alarm.alarm_name}`),
      }),
      aws_kms_key: (key) => {
        const keyId = `00000000-0000-4000-8000-${String(count()).padStart(12, "0")}`;
        const arn = this.arn("kms", `key/${keyId}`);
        iam.requirePolicy(text(key.policy));
        services.keyPolicies.set(arn, text(key.policy));
        return { id: keyId, key_id: keyId, arn };
      },
    };
  }

  create(resource: Resource): Attributes {
    const { type, address, attributes } = resource;
    const known = modelled[type];
    if (known) new ResourceArguments(type, attributes, known);
    if (unenforced[type]) this.unenforced.add(`${type}: ${unenforced[type]}`);
    const accepted = acceptedResources[type];
    if (accepted) {
      new ResourceArguments(type, attributes, accepted.arguments);
      this.unenforced.add(`${type}: ${accepted.unenforced}`);
      const arn = (service: string, named: string) => this.arn(service, named);
      return accepted.attributes(attributes, { place: this.services.place, count: this.count(), arn });
    }
    if (type.startsWith("aws_api_gateway_") && !(type in this.types)) return this.createApiPart(resource);
    if (type.startsWith("aws_apigatewayv2_")) return this.createApiV2Part(resource);
    const make = this.types[type];
    if (!make) {
      throw new Error(
        `${address} is of a type that the local run does not know. Add ${type} to local/resources.ts, or run without its stack`,
      );
    }
    try {
      return make(attributes);
    } catch (error) {
      throw new Error(`${address}: ${(error as Error).message}`);
    }
  }

  read({ type, address, attributes }: Resource): Attributes {
    const { accountId, partition, region } = this.services.place;
    switch (type) {
      case "aws_caller_identity":
        return {
          account_id: accountId,
          id: accountId,
          arn: `arn:${partition}:iam::${accountId}:root`,
          user_id: accountId,
        };
      case "aws_partition":
        return { partition, id: partition, dns_suffix: "amazonaws.com" };
      case "aws_region":
        return { region, name: region, id: region };
      case "aws_vpc_endpoint_service": {
        const serviceName = `com.amazonaws.${region}.${attributes.service}`;
        return { service_name: serviceName, id: serviceName };
      }
      default:
        throw new Error(`${address} is of a type that the local run does not know. Add ${type} to local/resources.ts`);
    }
  }

  /** The parts of an API are only named here; what they mean is local/api-gateway/'s. */
  private createApiPart(resource: Resource): Attributes {
    const computed = this.apiPart(resource);
    this.apiResources.push({ ...resource, attributes: { ...resource.attributes, ...computed } });
    return computed;
  }

  private apiPart({ type, attributes }: Resource): Attributes {
    const id = countedId(type === "aws_api_gateway_rest_api" ? "api" : "r", this.count());
    switch (type) {
      case "aws_api_gateway_rest_api":
        return { id, root_resource_id: countedId("root", this.count()), execution_arn: this.arn("execute-api", id) };
      case "aws_api_gateway_stage":
        this.services.usagePlans.addStage(text(attributes.rest_api_id), text(attributes.stage_name));
        if (attributes.canary_settings)
          this.unenforced.add(
            "aws_api_gateway_stage: a canary's own deployment: it serves the routes that the stage serves, with variables of its own",
          );
        return {
          arn: this.apiGatewayArn(`restapis/${attributes.rest_api_id}/stages/${attributes.stage_name}`),
          id: `ags-${attributes.rest_api_id}-${attributes.stage_name}`,
          invoke_url: `${this.services.executeApi}/${attributes.rest_api_id}/${attributes.stage_name}`,
          execution_arn: this.arn("execute-api", `${attributes.rest_api_id}/${attributes.stage_name}`),
        };
      default:
        return { id };
    }
  }

  /** The parts of an HTTP or WebSocket API; what they mean is local/api-gateway-v2/'s. */
  private createApiV2Part(resource: Resource): Attributes {
    const computed = this.apiV2Part(resource);
    this.apiV2Resources.push({ ...resource, attributes: { ...resource.attributes, ...computed } });
    return computed;
  }

  private apiV2Part({ type, attributes }: Resource): Attributes {
    const id = countedId(type === "aws_apigatewayv2_api" ? "api" : "v", this.count());
    switch (type) {
      case "aws_apigatewayv2_api":
        return {
          id,
          arn: this.apiGatewayArn(`apis/${id}`),
          api_endpoint: this.apiEndpoint(id, attributes.protocol_type),
          execution_arn: this.arn("execute-api", id),
        };
      case "aws_apigatewayv2_stage": {
        const [apiId, name] = [text(attributes.api_id), text(attributes.name)];
        const api = this.apiV2Resources.find(({ attributes: made }) => made.id === apiId);
        return {
          id: name,
          arn: this.apiGatewayArn(`apis/${apiId}/stages/${name}`),
          invoke_url: `${this.apiEndpoint(apiId, api?.attributes.protocol_type)}/${name === "$default" ? "" : name}`,
          execution_arn: this.arn("execute-api", `${apiId}/${name}`),
        };
      }
      default:
        return { id };
    }
  }

  /** WebSockets here are without TLS, as everything is. */
  private apiEndpoint(apiId: string, protocolType: unknown): string {
    const url = `${this.services.executeApi}/${apiId}`;
    return protocolType === "WEBSOCKET" ? url.replace(/^http/, "ws") : url;
  }

  /**
   * Lambda does not make a function or a mapping whose role cannot do what it takes to run it.
   * @throws AwsError that names the first action that is missing
   */
  private requireRole(roleArn: string, actions: readonly string[], resource: string): void {
    const { caller } = this.services.iam.assume(roleArn, "lambda.amazonaws.com");
    for (const action of actions) {
      const resourcePolicy = action.startsWith("sqs:") ? this.services.sqs.policyOf(resource) : undefined;
      this.services.iam.authorize({ caller, action, resource, resourcePolicy });
    }
  }

  /** @throws AwsError as Lambda does for a queue whose messages come back while they are still worked on */
  private requireVisibility(queueArn: string, timeout: number): void {
    const visibility = this.services.sqs.visibilityOf(queueArn);
    if (visibility >= timeout) return;
    const message = `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`;
    throw new AwsError("InvalidParameterValueException", message);
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
