import type { Construct } from "constructs";
import type { HttpMethod } from "../constructs/apigateway/definition";
import { LambdaIntegration } from "../constructs/apigateway/integrations/lambda";
import type { Statement } from "../constructs/iam/policy-document";
import { Role } from "../constructs/iam/role";
import { NodeFunction } from "../constructs/lambda/function";
import { Bucket } from "../constructs/s3/bucket";
import type { BackendConfig } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import type { Environment } from "../settings/schema";
import { Alarms } from "./alarms";
import { consoleUrl } from "./console-url";
import { type Cacheable, SystemApi } from "./system-api";

export interface StorageProps {
  readonly environment: Environment;
  readonly backend: BackendConfig;
}

/** One route with the function behind it, and all that this function may do. */
interface Operation {
  readonly id: string;
  readonly route: readonly [HttpMethod, string];
  readonly name: string;
  readonly description: string;
  readonly roleName: string;
  readonly grant: readonly Statement[];
  readonly usesBucket: boolean;
  /** @default - answers are not kept */
  readonly cacheable?: Cacheable;
}

function operationsOn({ bucketArn }: Bucket): readonly Operation[] {
  const objects = [`${bucketArn}/*`];
  // S3 asks for GetObject, too, where a write or a delete is bound to an ETag: whoever may compare learns something of the object.
  // Who may not list a bucket is not told that an object is missing: S3 then answers 403 in place of 404.
  const list = { actions: ["s3:ListBucket"], resources: [bucketArn] };
  return [
    {
      id: "ListBuckets",
      route: ["GET", "/buckets"],
      name: "list-buckets",
      description: "Lists the account's buckets",
      roleName: "Lambda-S3-ListBuckets",
      grant: [{ actions: ["s3:ListAllMyBuckets"], resources: ["*"] }],
      usesBucket: false,
      cacheable: { by: ["querystring.limit", "querystring.cursor"] },
    },
    {
      id: "ListObjects",
      route: ["GET", "/objects"],
      name: "list-objects",
      description: "Lists the objects of the bucket",
      roleName: "Lambda-S3-ListObjects",
      grant: [list],
      usesBucket: true,
      cacheable: { by: ["querystring.prefix", "querystring.limit", "querystring.cursor"] },
    },
    {
      id: "WriteObject",
      route: ["POST", "/objects"],
      name: "write-object",
      description: "Writes an object to the bucket",
      roleName: "Lambda-S3-WriteObject",
      grant: [{ actions: ["s3:PutObject", "s3:GetObject"], resources: objects }],
      usesBucket: true,
    },
    {
      id: "ReadObject",
      route: ["GET", "/objects/{key+}"],
      name: "read-object",
      description: "Reads an object of the bucket",
      roleName: "Lambda-S3-ReadObject",
      grant: [{ actions: ["s3:GetObject", "s3:GetObjectVersion"], resources: objects }, list],
      usesBucket: true,
      // A large object's answer leads to a URL, which is good for 300 seconds. Conditions are refused, and must not be answered out of the cache.
      cacheable: { by: ["header.If-Match", "header.If-Unmodified-Since"], forSeconds: 240 },
    },
    {
      id: "DeleteObject",
      route: ["DELETE", "/objects/{key+}"],
      name: "delete-object",
      description: "Deletes an object of the bucket",
      roleName: "Lambda-S3-DeleteObject",
      grant: [{ actions: ["s3:DeleteObject", "s3:GetObject"], resources: objects }],
      usesBucket: true,
    },
  ];
}

/** `/buckets` and `/objects` → one function for each method → the account's buckets, and the objects of one bucket. */
export class StorageStack extends Stack {
  constructor(scope: Construct, id: string, { environment, backend }: StorageProps) {
    const { settings } = environment;
    super(scope, id, { region: settings.region, accountId: settings.accountId, tags: settings.tags, backend });
    const name = (documentedName: string): string => environment.nameOf(documentedName);
    const { logRetentionInDays } = settings;
    const { allowOrigins = [] } = settings.storage.api;

    const bucket = new Bucket(this, "Objects", {
      bucketNamePrefix: name("storage").toLowerCase(),
      noncurrentVersionDays: settings.storage.noncurrentVersionDays,
      isDeletionProtected: settings.isDeletionProtected,
    });
    const invoker = new Role(this, "ApiGatewayInvokeLambda", {
      roleName: name("APIGatewayInvokeLambdaRole"),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway invoke the functions of the storage API",
    });
    const api = new SystemApi(this, {
      system: "storage",
      settingsName: "storage.api",
      environment,
      choices: settings.storage.api,
      apiName: name("storage-api"),
      description: "Lists, reads and writes objects",
      // Objects are bytes of any type.
      binaryMediaTypes: ["*/*"],
    });
    const alarms = new Alarms(this, "storage", environment);
    const functions: NodeFunction[] = [];
    for (const operation of operationsOn(bucket)) {
      const { route } = operation;
      const variables = {
        ...(operation.usesBucket && { BUCKET_NAME: bucket.bucketName }),
        ...(allowOrigins.length > 0 && { ALLOWED_ORIGINS: allowOrigins.join(" ") }),
      };
      const handler = new NodeFunction(this, operation.id, {
        functionName: name(operation.name),
        description: operation.description,
        entry: `handlers/${operation.name}.ts`,
        roleName: name(operation.roleName),
        environment: Object.keys(variables).length > 0 ? variables : undefined,
        // API Gateway waits 29 seconds. An object of 6 MB comes and goes in base64, in the same memory.
        timeoutSeconds: 28,
        memorySizeMb: 1_024,
        logRetentionInDays,
      });
      handler.role.grant(operation.id, operation.grant);
      api.addRoute(...route, new LambdaIntegration({ handler, role: invoker }), { cacheable: operation.cacheable });
      alarms.addFunction(handler, operation.name);
      functions.push(handler);
    }
    api.watch(alarms, functions);

    const { region } = settings;
    this.addOutput("storage_url", api.stage.invokeUrl, "Objects are at /objects below, requests signed with SigV4");
    this.addOutput("bucket_name", bucket.bucketName, "Bucket that holds the objects");
    this.addOutput("bucket_arn", bucket.bucketArn, "ARN of the bucket");
    this.addOutput("alarm_topic_arn", alarms.topic.topicArn, "Topic that is told of alarms");
    for (const handler of functions) {
      const output = handler.node.id.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
      this.addOutput(`${output}_function_name`, handler.functionName, `Function behind ${handler.node.id}`);
      this.addOutput(
        `${output}_log_group`,
        handler.logGroup.logGroupName,
        `Log of the function behind ${handler.node.id}`,
      );
    }
    this.addOutput("bucket_console_url", consoleUrl.bucket(region, bucket.bucketName), "The bucket in the console");
  }
}
