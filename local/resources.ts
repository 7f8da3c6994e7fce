import { replacingOfUsagePlans } from "./api-gateway/usage-plans";
import { replacingOfCognito } from "./cognito/cognito";
import { replacingOfDynamoDb } from "./dynamodb/dynamodb";
import { replacingOfIam } from "./iam/iam";
import { replacingOfLambda } from "./lambda/lambda";
import type { ResourceIds } from "./resource-ids";
import { RoleChecks } from "./role-checks";
import { replacingOfS3 } from "./s3/s3";
import type { Services } from "./services";
import { replacingOfSns } from "./sns/sns";
import { replacingOfSqs } from "./sqs/sqs";

type Arguments = Readonly<Record<string, unknown>>;
type Attributes = Readonly<Record<string, unknown>>;

/** How resources of a type are made, changed and deleted, of their evaluated arguments. */
interface ResourceType {
  /** Gives what is computed beside the arguments. */
  readonly create: (given: Arguments, ids: ResourceIds) => object;
  /** @default - as `create`: what is made takes the place of what was */
  readonly update?: (given: Arguments, before: Attributes, ids: ResourceIds) => object;
  /** @default - nothing: no service holds it */
  readonly delete?: (before: Attributes) => void;
  /**
   * Makes room for another of the same name; all that it holds stays until `forget`.
   * @default - it stays where it is until it is deleted: another has an id of its own
   */
  readonly setAside?: (before: Attributes) => { readonly putBack: () => void; readonly forget: () => void };
}

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacing: Readonly<Record<string, readonly string[]>> = {
  ...replacingOfCognito,
  ...replacingOfDynamoDb,
  ...replacingOfIam,
  ...replacingOfLambda,
  ...replacingOfS3,
  ...replacingOfSns,
  ...replacingOfSqs,
  ...replacingOfUsagePlans,
  aws_vpc_endpoint: ["service_name", "vpc_id"],
};

const text = (value: unknown): string => String(value);
const optionalText = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));

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

/**
 * The types of resources that services here hold.
 * @param folder the stack's folder, which file names in it are relative to
 */
export function resourceTypes(services: Services, folder: string): Readonly<Record<string, ResourceType>> {
  const { cognito, dynamodb, sns, usagePlans } = services;
  return {
    ...iamTypes(services),
    ...sqsTypes(services),
    ...lambdaTypes(services, folder),
    ...s3Types(services),
    aws_sns_topic: {
      create: (topic) => sns.createTopic(topic),
      update: (topic) => sns.updateTopic(topic),
      delete: ({ arn }) => sns.deleteTopic(text(arn)),
    },
    aws_sns_topic_subscription: {
      create: (subscription) => sns.subscribe(subscription),
      update: (subscription, { arn }) => sns.updateSubscription(text(arn), subscription),
      delete: ({ arn }) => sns.unsubscribe(text(arn)),
    },
    aws_dynamodb_table: {
      create: (table) => dynamodb.createTable(table),
      update: (table) => dynamodb.updateTable(table),
      delete: ({ name }) => dynamodb.deleteTable(text(name)),
      setAside: ({ name }) => ({
        putBack: dynamodb.setAside(text(name)),
        forget: () => dynamodb.forgetAside(text(name)),
      }),
    },
    aws_api_gateway_api_key: {
      create: (key, ids) => usagePlans.putKey(key, ids.ofApi()),
      update: (key, { id }) => usagePlans.putKey(key, text(id)),
      delete: ({ id }) => usagePlans.deleteKey(text(id)),
    },
    aws_api_gateway_usage_plan: {
      create: (plan, ids) => usagePlans.putPlan(plan, ids.ofApi()),
      update: (plan, { id }) => usagePlans.putPlan(plan, text(id)),
      delete: ({ id }) => usagePlans.deletePlan(text(id)),
    },
    aws_api_gateway_usage_plan_key: {
      create: (membership) => usagePlans.addKey(membership),
      delete: (membership) => usagePlans.removeKey(text(membership.key_id), text(membership.usage_plan_id)),
    },
    aws_cognito_user_pool: {
      create: (pool) => cognito.createUserPool(pool),
      update: (pool, { id }) => cognito.updateUserPool(text(id), pool),
      delete: ({ id }) => cognito.deleteUserPool(text(id)),
    },
    aws_cognito_user_pool_client: {
      create: (client) => cognito.createClient(client),
      update: (client, { id }) => cognito.updateClient(text(id), client),
      delete: (client) => cognito.deleteClient(text(client.user_pool_id), text(client.id)),
    },
    aws_cognito_resource_server: {
      create: (server) => cognito.createResourceServer(server),
      delete: (server) => cognito.removeResourceServer(text(server.user_pool_id), text(server.identifier)),
    },
    aws_cognito_user_pool_domain: { create: (domain) => cognito.createDomain(domain) },
    ...otherTypes(services),
  };
}

function iamTypes({ iam }: Services): Readonly<Record<string, ResourceType>> {
  const roleOf = (role: Arguments) => ({
    roleName: text(role.name),
    assumeRolePolicy: text(role.assume_role_policy),
    ...(role.max_session_duration != null && { maxSessionDuration: Number(role.max_session_duration) }),
  });
  const policyOf = (policy: Arguments) => ({ policyName: text(policy.name), document: text(policy.policy) });
  return {
    aws_iam_role: {
      create: (role) => {
        const { arn, uniqueId } = iam.identities.putRole(roleOf(role));
        return { arn, id: role.name, unique_id: uniqueId };
      },
      update: (role) => {
        const { arn, uniqueId } = iam.identities.updateRole(roleOf(role));
        return { arn, id: role.name, unique_id: uniqueId };
      },
      delete: ({ name }) => iam.deleteRole(text(name)),
    },
    aws_iam_policy: {
      create: (policy) => {
        const { arn } = iam.identities.putPolicy(policyOf(policy));
        return { arn, id: arn };
      },
      update: (policy) => {
        const { arn } = iam.identities.updatePolicy(policyOf(policy));
        return { arn, id: arn };
      },
      delete: ({ arn }) => iam.identities.deletePolicy(text(arn)),
    },
    aws_iam_role_policy: {
      create: (policy) => {
        iam.identities.putInlinePolicy(text(policy.role), text(policy.name), text(policy.policy));
        return { id: `${policy.role}:${policy.name}` };
      },
      delete: ({ role, name }) => iam.identities.removeInlinePolicy(text(role), text(name)),
    },
    aws_iam_role_policy_attachment: {
      create: (attachment) => {
        iam.identities.attach(text(attachment.role), text(attachment.policy_arn));
        return { id: `${attachment.role}-${attachment.policy_arn}` };
      },
      delete: (attachment) => iam.identities.detach(text(attachment.role), text(attachment.policy_arn)),
    },
  };
}

function sqsTypes({ iam, sqs }: Services): Readonly<Record<string, ResourceType>> {
  return {
    aws_sqs_queue: {
      create: (queue) => sqs.createQueue(queue),
      update: (queue) => sqs.updateQueue(queue),
      delete: ({ url }) => sqs.deleteQueue(text(url)),
    },
    aws_sqs_queue_policy: {
      create: (policy) => {
        iam.requirePolicy(text(policy.policy));
        sqs.setPolicy(text(policy.queue_url), text(policy.policy));
        return { id: policy.queue_url };
      },
      delete: (policy) => sqs.removePolicy(text(policy.queue_url)),
    },
    aws_sqs_queue_redrive_allow_policy: {
      create: (policy) => {
        sqs.setRedriveAllowPolicy(text(policy.queue_url), text(policy.redrive_allow_policy));
        return { id: policy.queue_url };
      },
      delete: (policy) => sqs.removeRedriveAllowPolicy(text(policy.queue_url)),
    },
  };
}

function s3Types({ iam, s3 }: Services): Readonly<Record<string, ResourceType>> {
  return {
    aws_s3_bucket: {
      create: (bucket) => s3.createBucket(bucket),
      update: (bucket) => s3.updateBucket(bucket),
      delete: ({ bucket }) => s3.deleteBucket(text(bucket)),
    },
    aws_s3_bucket_policy: {
      create: (policy) => {
        iam.requirePolicy(text(policy.policy));
        return s3.setPolicy(policy);
      },
      delete: ({ bucket }) => s3.removePolicy(text(bucket)),
    },
    aws_s3_bucket_versioning: {
      create: (versioning) => s3.setVersioning(versioning),
      delete: ({ bucket }) => s3.removeVersioning(text(bucket)),
    },
    aws_s3_bucket_cors_configuration: {
      create: (cors) => s3.setCors(cors),
      delete: ({ bucket }) => s3.removeCors(text(bucket)),
    },
    aws_s3_bucket_public_access_block: {
      create: (block) => s3.setPublicAccessBlock(block),
      delete: ({ bucket }) => s3.removePublicAccessBlock(text(bucket)),
    },
    aws_s3_bucket_ownership_controls: { create: (controls) => s3.setOwnershipControls(controls) },
    aws_s3_bucket_server_side_encryption_configuration: { create: (encryption) => s3.setEncryption(encryption) },
    aws_s3_bucket_lifecycle_configuration: { create: (lifecycle) => s3.setLifecycle(lifecycle) },
  };
}

function lambdaTypes(services: Services, folder: string): Readonly<Record<string, ResourceType>> {
  const { asyncInvocations, iam, lambda, mappings } = services;
  const checks = new RoleChecks(services);
  const arnOf = ({ function_name: named, qualifier }: Arguments) => lambda.arnOf(text(named), optionalText(qualifier));
  return {
    aws_lambda_function: {
      create: (handler) => {
        checks.forFunction(handler);
        return lambda.createFunction(withReachableIssuers(handler), folder);
      },
      update: (handler) => {
        checks.forFunction(handler);
        return lambda.updateFunction(withReachableIssuers(handler), folder);
      },
      delete: (handler) => lambda.deleteFunction(text(handler.function_name)),
    },
    aws_lambda_alias: {
      create: (alias) => lambda.createAlias(alias),
      update: (alias) => lambda.updateAlias(alias),
      delete: (alias) => lambda.deleteAlias(text(alias.function_name), text(alias.name)),
    },
    aws_lambda_permission: {
      create: (permission) => {
        const made = lambda.addPermission(permission);
        iam.requirePolicy(lambda.policyOf(arnOf(permission)));
        return made;
      },
      delete: (permission) => lambda.removePermission(arnOf(permission), text(permission.statement_id)),
    },
    aws_lambda_event_source_mapping: {
      create: (mapping, ids) => {
        checks.forMapping(mapping);
        return mappings.create(mapping, ids.uuid());
      },
      update: (mapping, { uuid, arn, enabled }) => {
        checks.forMapping(mapping);
        mappings.update(mapping, { uuid: text(uuid), isSwitched: mapping.enabled !== enabled });
        return { id: uuid, uuid, arn };
      },
      delete: ({ uuid }) => mappings.delete(text(uuid)),
    },
    aws_lambda_function_event_invoke_config: {
      create: (config) => {
        const { id, onFailure } = asyncInvocations.configure(config);
        checks.forFailures(config, onFailure);
        return { id };
      },
      update: (config) => {
        const { id, onFailure } = asyncInvocations.reconfigure(config);
        checks.forFailures(config, onFailure);
        return { id };
      },
      delete: (config) => asyncInvocations.forget(text(config.function_name), optionalText(config.qualifier)),
    },
  };
}

function otherTypes({ iam, keyPolicies, place, vpcEndpoints }: Services): Readonly<Record<string, ResourceType>> {
  const arnOf = (service: string, resource: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.accountId}:${resource}`;
  return {
    aws_vpc_endpoint: {
      create: (endpoint, ids) => {
        const id = `vpce-${ids.hexadecimal(17)}`;
        vpcEndpoints.set(id, text(endpoint.vpc_id));
        return { id, arn: arnOf("ec2", `vpc-endpoint/${id}`) };
      },
      delete: ({ id }) => vpcEndpoints.delete(text(id)),
    },
    aws_cloudwatch_log_metric_filter: { create: ({ name }) => ({ id: name }) },
    aws_cloudwatch_log_group: { create: ({ name }) => ({ id: name, arn: arnOf("logs", `log-group:${name}`) }) },
    aws_cloudwatch_metric_alarm: {
      create: ({ alarm_name: name }) => ({ id: name, arn: arnOf("cloudwatch", `alarm:${name}`) }),
    },
    aws_kms_key: {
      create: (key, ids) => {
        const keyId = ids.uuid();
        const arn = arnOf("kms", `key/${keyId}`);
        iam.requirePolicy(text(key.policy));
        keyPolicies.set(arn, text(key.policy));
        return { id: keyId, key_id: keyId, arn };
      },
      delete: ({ arn }) => keyPolicies.delete(text(arn)),
    },
  };
}
