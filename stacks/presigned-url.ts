import type { Construct } from "constructs";
import { LambdaIntegration } from "../constructs/apigateway/integrations/lambda";
import { Role } from "../constructs/iam/role";
import { NodeFunction } from "../constructs/lambda/function";
import { Bucket } from "../constructs/s3/bucket";
import type { BackendConfig } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import type { Environment } from "../settings/schema";
import { Alarms } from "./alarms";
import { consoleUrl } from "./console-url";
import { SystemApi } from "./system-api";

export interface PresignedUrlProps {
  readonly environment: Environment;
  readonly backend: BackendConfig;
}

/** `GET /presigned-url` → `GeneratePresignedURLFunction`, which signs as another role; the client then talks to the bucket by itself. */
export class PresignedUrlStack extends Stack {
  constructor(scope: Construct, id: string, { environment, backend }: PresignedUrlProps) {
    const { settings } = environment;
    super(scope, id, { region: settings.region, accountId: settings.accountId, tags: settings.tags, backend });
    const name = (documentedName: string): string => environment.nameOf(documentedName);
    const { logRetentionInDays } = settings;
    const { api: choices, keyPrefix, maxUploadBytes, noncurrentVersionDays } = settings.presignedUrl;
    const { allowOrigins = [] } = choices;

    const bucket = new Bucket(this, "Files", {
      bucketNamePrefix: name("presigned-url").toLowerCase(),
      noncurrentVersionDays,
      isDeletionProtected: settings.isDeletionProtected,
      allowOrigins,
    });
    const signerName = name("S3-PresignedURL-Signer");
    const generate = new NodeFunction(this, "GeneratePresignedUrl", {
      functionName: name("GeneratePresignedURLFunction"),
      description: "Signs URLs that read or write one object for a while",
      entry: "handlers/generate-presigned-url.ts",
      roleName: name("Lambda-GeneratePresignedURL"),
      environment: {
        BUCKET_NAME: bucket.bucketName,
        KEY_PREFIX: keyPrefix,
        MAX_UPLOAD_BYTES: String(maxUploadBytes),
        ALLOWED_ORIGINS: allowOrigins.join(" "),
        // By name: the role trusts this function's, so it is made after it.
        SIGNING_ROLE_ARN: `arn:${this.partition}:iam::${this.account}:role/${signerName}`,
      },
      logRetentionInDays,
    });
    // A URL can do what its signer can, and dies with the signer's session: so the signer is a role of its own, whose session's end is known.
    const signer = new Role(this, "Signer", {
      roleName: signerName,
      assumedBy: { AWS: generate.role.roleArn },
      description: "Signs URLs for objects; assumed by GeneratePresignedURLFunction alone",
    });
    signer.grant("UseObjects", [
      { actions: ["s3:GetObject", "s3:PutObject"], resources: [`${bucket.bucketArn}/${keyPrefix}*`] },
    ]);

    const invoker = new Role(this, "ApiGatewayInvokeLambda", {
      roleName: name("APIGatewayInvokePresignedURLRole"),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway invoke GeneratePresignedURLFunction",
    });
    const api = new SystemApi(this, {
      system: "presigned-url",
      settingsName: "presignedUrl.api",
      environment,
      choices,
      apiName: name("presigned-url-api"),
      description: "Gives URLs to upload and download objects with",
    });
    api.addRoute("GET", "/presigned-url", new LambdaIntegration({ handler: generate, role: invoker }));

    const alarms = new Alarms(this, "presigned-url", environment);
    alarms.addFunction(generate, "generate-presigned-url");
    api.watch(alarms, [generate]);

    const { region } = settings;
    this.addOutput(
      "presigned_url_url",
      `${api.stage.invokeUrl}/presigned-url`,
      "GET a URL here: ?operation=upload&fileKey=…, signed with SigV4",
    );
    this.addOutput("bucket_name", bucket.bucketName, "Bucket that the URLs read and write");
    this.addOutput("bucket_arn", bucket.bucketArn, "ARN of the bucket");
    this.addOutput("signing_role_arn", signer.roleArn, "Role that signs the URLs");
    this.addOutput("function_name", generate.functionName, "Function that signs");
    this.addOutput("alarm_topic_arn", alarms.topic.topicArn, "Topic that is told of alarms");
    this.addOutput("function_log_group", generate.logGroup.logGroupName, "Log of the function");
    this.addOutput("bucket_console_url", consoleUrl.bucket(region, bucket.bucketName), "The bucket in the console");
  }
}
