import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { strToU8, zipSync } from "fflate";
import { Cloud, type CloudOptions } from "../../local/cloud";
import { sign } from "../../local/iam/sigv4";
import type { ProxyEvent } from "../support/rest-api";
import { scratchFolder } from "../support/scratch-folder";

type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** A reference, as Terraform's JSON has it. */
const ref = (text: string): string => `\${${text}}`;
const allow = (principal: string, more: Block): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: principal }, ...more }],
  });

const echo =
  "exports.handler = async (event) => ({ statusCode: 200, headers: { 'X-Key': event.pathParameters?.key ?? '' }, body: event.body ?? JSON.stringify(event), isBase64Encoded: event.isBase64Encoded });";

/** A function behind an API whose methods are of these authorizations, and a bucket. */
const resources = (integration: Block = { credentials: ref("aws_iam_role.Invoke.arn") }): Blocks => {
  const target = {
    rest_api_id: ref("aws_api_gateway_rest_api.Api.id"),
    resource_id: ref("aws_api_gateway_resource.Key.id"),
  };
  const proxy = {
    type: "AWS_PROXY",
    integration_http_method: "POST",
    uri: ref("aws_lambda_function.Echo.invoke_arn"),
    ...integration,
  };
  return {
    aws_s3_bucket: { Bucket: { bucket: "files-of-mine" } },
    aws_iam_role: {
      Echo: { name: "Echo", assume_role_policy: allow("lambda.amazonaws.com", { Action: "sts:AssumeRole" }) },
      Invoke: {
        name: "Invoke",
        max_session_duration: 7200,
        assume_role_policy: allow("apigateway.amazonaws.com", { Action: "sts:AssumeRole" }),
      },
    },
    aws_iam_role_policy: {
      Invoke: {
        name: "Invoke",
        role: ref("aws_iam_role.Invoke.name"),
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: ref("aws_lambda_function.Echo.arn") },
          ],
        }),
      },
    },
    aws_lambda_function: {
      Echo: {
        function_name: "echo",
        filename: "echo.zip",
        handler: "index.handler",
        runtime: "nodejs24.x",
        role: ref("aws_iam_role.Echo.arn"),
      },
    },
    aws_api_gateway_rest_api: { Api: { name: "files", binary_media_types: ["*/*"] } },
    aws_api_gateway_resource: {
      Files: {
        rest_api_id: target.rest_api_id,
        parent_id: ref("aws_api_gateway_rest_api.Api.root_resource_id"),
        path_part: "files",
      },
      Key: {
        rest_api_id: target.rest_api_id,
        parent_id: ref("aws_api_gateway_resource.Files.id"),
        path_part: "{key+}",
      },
    },
    aws_api_gateway_method: {
      Get: { ...target, http_method: "GET", authorization: "AWS_IAM" },
      Post: { ...target, http_method: "POST", authorization: "NONE" },
    },
    aws_api_gateway_integration: {
      Get: { ...target, http_method: ref("aws_api_gateway_method.Get.http_method"), ...proxy },
      Post: { ...target, http_method: ref("aws_api_gateway_method.Post.http_method"), ...proxy },
    },
    aws_api_gateway_deployment: { D: { rest_api_id: target.rest_api_id } },
    aws_api_gateway_stage: {
      Dev: {
        rest_api_id: target.rest_api_id,
        stage_name: "dev",
        deployment_id: ref("aws_api_gateway_deployment.D.id"),
      },
    },
    aws_cloudwatch_log_metric_filter: {
      Throttled: {
        name: "throttled",
        log_group_name: "group",
        pattern: '{ $.status = "429" }',
        metric_transformation: { namespace: "N", name: "throttled", value: "1" },
      },
    },
    aws_cloudwatch_metric_alarm: { Slow: { alarm_name: "slow", extended_statistic: "p99" } },
  };
};

const running = new Set<Cloud>();
afterEach(async () => {
  await Promise.all([...running].map((cloud) => cloud.stop()));
  running.clear();
});

async function start(resource: Blocks = resources(), options: CloudOptions = {}): Promise<Cloud> {
  const folder = path.join(scratchFolder(), "files-dev");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "echo.zip"), zipSync({ "index.js": strToU8(echo) }));
  const config = {
    provider: { aws: [{ region: "eu-west-1" }] },
    resource,
    output: { url: { value: ref("aws_api_gateway_stage.Dev.invoke_url") } },
  };
  fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify(config));
  const cloud = await Cloud.start([folder], options);
  running.add(cloud);
  return cloud;
}

const urlOf = (cloud: Cloud, key: string): string => `${cloud.stacks[0]?.outputs.url?.value}/files/${key}`;

/** Calls the API as the operator. */
async function get(cloud: Cloud, key: string): Promise<Response> {
  const url = urlOf(cloud, key);
  const { host, pathname, search } = new URL(url);
  const request = { method: "GET", path: `${pathname}${search}`, headers: { host }, body: Buffer.alloc(0) };
  const scope = { region: "eu-west-1", service: "execute-api", now: Date.now() };
  return fetch(url, { headers: sign(request, cloud.iam.operator().credentials, scope) });
}

const clientOptions = (cloud: Cloud) => ({
  endpoint: cloud.endpoint,
  region: "eu-west-1",
  credentials: cloud.iam.operator().credentials,
  maxAttempts: 1,
});

describe("a function behind an API", () => {
  test("gets a signed request through the integration's role, and nothing is denied", async () => {
    const cloud = await start();
    const response = await get(cloud, "a%2Fb/c?x=1");
    expect([response.status, response.headers.get("x-key")]).toEqual([200, "a%2Fb/c"]);
    const { headers, requestContext, queryStringParameters } = (await response.json()) as ProxyEvent;
    expect(queryStringParameters).toEqual({ x: "1" });
    expect(headers).toMatchObject({ Host: new URL(cloud.endpoint).host });
    expect(requestContext.identity).toMatchObject({
      accessKey: cloud.iam.operator().credentials.accessKeyId,
      userArn: "arn:aws:sts::123456789012:assumed-role/local-operator/local",
      sourceIp: "127.0.0.1",
    });
    expect(cloud.iam.grants()).toContainEqual(expect.objectContaining({ action: "lambda:InvokeFunction", uses: 1 }));
    expect(cloud.iam.denials().filter(({ action }) => !action.startsWith("logs:"))).toEqual([]);
  });

  test("gets and gives back any bytes, unsigned where the method wants no signature", async () => {
    const cloud = await start();
    const body = randomBytes(1_000_000);
    const response = await fetch(urlOf(cloud, "a"), { method: "POST", body });
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  test("is not called for a request that is not signed", async () => {
    const cloud = await start();
    expect((await fetch(urlOf(cloud, "a"))).status).toBe(403);
    expect(cloud.lambda.logsOf("echo")).toEqual([]);
  });

  test("refuses an event over 6 MB with 413", async () => {
    const response = await fetch(urlOf(await start(), "a"), { method: "POST", body: Buffer.alloc(4_800_000) });
    expect([response.status, await response.json()]).toEqual([413, { message: "Request Too Long" }]);
  });

  test("is not called by a role that may not, and what would allow it is told", async () => {
    const { aws_iam_role_policy: _, ...without } = resources();
    const cloud = await start(without);
    expect((await get(cloud, "a")).status).toBe(500);
    expect(cloud.iam.denials()).toContainEqual(
      expect.objectContaining({
        action: "lambda:InvokeFunction",
        resource: "arn:aws:lambda:eu-west-1:123456789012:function:echo",
        remedy: expect.stringContaining("Give Invoke the statement"),
      }),
    );
  });
});

describe("a function behind an API without a role", () => {
  const withPermission = (permission?: Block): Blocks => ({
    ...resources({}),
    ...(permission && {
      aws_lambda_permission: {
        Api: {
          function_name: ref("aws_lambda_function.Echo.function_name"),
          action: "lambda:InvokeFunction",
          principal: "apigateway.amazonaws.com",
          ...permission,
        },
      },
    }),
  });
  const executionArn = ref("aws_api_gateway_rest_api.Api.execution_arn");

  test.each<[string, Block | undefined, number]>([
    ["let in by its own policy", {}, 200],
    ["let in for every method and path of the API", { source_arn: `${executionArn}/*/*` }, 200],
    [
      "let in for the method and path",
      { source_arn: `${executionArn}/dev/GET/files/*`, source_account: "123456789012" },
      200,
    ],
    ["not let in", undefined, 500],
    ["let in for another method", { source_arn: `${executionArn}/*/POST/files/*` }, 500],
    ["let in for another API", { source_arn: "arn:aws:execute-api:eu-west-1:123456789012:other/*" }, 500],
    ["let in for another account", { source_account: "111111111111" }, 500],
    ["let in for another service", { principal: "s3.amazonaws.com" }, 500],
  ])("%s", async (_, permission, status) => {
    expect((await get(await start(withPermission(permission)), "a")).status).toBe(status);
  });

  test.each<[string, Block, string]>([
    [
      "a version that is not there",
      { qualifier: "1" },
      "aws_lambda_permission.Api: Function not found: arn:aws:lambda:eu-west-1:123456789012:function:echo:1",
    ],
    ["no principal", { principal: null }, "principal must be given"],
    [
      "no function",
      { function_name: "none" },
      "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:none",
    ],
  ])("refuses a permission of %s at start", async (_, permission, message) => {
    await expect(start(withPermission(permission))).rejects.toThrow(message);
  });
});

describe("S3", () => {
  test("takes and gives 20 MB whole, and quickly", async () => {
    const cloud = await start();
    const s3 = new S3Client(clientOptions(cloud));
    const body = randomBytes(20_000_000);
    await s3.send(new PutObjectCommand({ Bucket: "files-of-mine", Key: "a b/é", Body: body }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "files-of-mine", Key: "a b/é" }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    expect(cloud.s3.objectsOf("files-of-mine").map(({ key, body: stored }) => [key, stored.length])).toEqual([
      ["a b/é", body.length],
    ]);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: "files-of-mine" }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(["a b/é"]);
  });

  test("answers what is unsigned, in its own words", async () => {
    const response = await fetch(`${(await start()).endpoint}/files-of-mine/a`);
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining("<Code>AccessDenied</Code>"),
    ]);
  });

  test("is who answers a signature of version 2", async () => {
    const headers = { authorization: "AWS AKIDEXAMPLE:x" };
    const response = await fetch(`${(await start()).endpoint}/files-of-mine/a`, { headers });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("Please use AWS4-HMAC-SHA256."),
    ]);
  });

  test("says what it does not do", async () => {
    const s3 = new S3Client(clientOptions(await start()));
    await expect(s3.send(new CreateBucketCommand({ Bucket: "another" }))).rejects.toThrow(
      "PUT of a bucket is not modelled by the local run. It knows HeadBucket",
    );
  });
});

test("STS says who calls, and gives sessions of roles that trust the caller", async () => {
  const { aws_iam_role: roles, ...others } = resources();
  const cloud = await start({
    ...others,
    aws_iam_role: {
      ...roles,
      Signing: {
        name: "Signing",
        assume_role_policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }],
        }),
      },
    },
  });
  const sts = new STSClient(clientOptions(cloud));
  expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
    "arn:aws:sts::123456789012:assumed-role/local-operator/local",
  );
  const RoleArn = "arn:aws:iam::123456789012:role/Signing";
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "me" }));
  expect(Credentials?.AccessKeyId).toMatch(/^ASIA/);
});

test("a client of the Query protocol can read why its signature is refused", async () => {
  const stranger = { accessKeyId: "AKIDSTRANGER", secretAccessKey: "x" };
  const sts = new STSClient({ ...clientOptions(await start()), credentials: stranger });
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
    name: "InvalidClientTokenId",
    message: "The security token included in the request is invalid.",
  });
});

test("another service is named, with those that there are", async () => {
  const { endpoint, iam } = await start();
  const headers = { host: new URL(endpoint).host };
  const request = { method: "GET", path: "/", headers, body: Buffer.alloc(0) };
  const scope = { region: "eu-west-1", service: "kms", now: Date.now() };
  const response = await fetch(endpoint, { headers: sign(request, iam.operator().credentials, scope) });
  expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
    501,
    "kms is not part of the local run; what is: sqs, sns, dynamodb, sts, lambda, logs, s3",
  ]);
});

test("tells what of these it accepts and does not enforce", async () => {
  expect((await start()).stacks[0]?.unenforced).toEqual(
    expect.arrayContaining([
      "aws_cloudwatch_log_metric_filter: patterns: no metric is made",
      "aws_cloudwatch_metric_alarm: metrics: no alarm rings",
    ]),
  );
});
