import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type AccessRequest, AwsError, anonymous } from "../../../local/aws";
import { Iam } from "../../../local/iam/iam";
import { clock, openAccess, place, someone } from "../../support/local";
import { S3Server } from "../../support/s3-server";

const Bucket = "guarded";
const bucketArn = "arn:aws:s3:::guarded";
const object = (key: string) => `${bucketArn}/${key}`;

/** Actions that are refused, whoever asks. */
const refused = new Set<string>();
const access = openAccess(({ action, resource }) => {
  if (!refused.has(action)) return;
  throw new AwsError("AccessDeniedException", `not authorized to perform: ${action} on resource: ${resource}`, 403);
});
let server: S3Server;
let client: S3Client;
beforeEach(async () => {
  refused.clear();
  server = await S3Server.start(access);
  server.s3.createBucket({ bucket: Bucket });
  client = server.client();
  await client.send(new PutObjectCommand({ Bucket, Key: "there", Body: "x" }));
  access.asked.length = 0;
});
afterEach(() => server.stop());

const asked = () => access.asked.map(({ action, resource }) => [action, resource]);
const contextOf = (action: string): AccessRequest["context"] =>
  access.asked.find((request) => request.action === action)?.context;
const etag = '"9dd4e461268c8034f5c8564e155c67a6"';

describe("what each operation takes to be allowed", () => {
  test.each<[string, (client: S3Client) => Promise<unknown>, readonly [action: string, resource: string][]]>([
    ["ListBuckets", (s3) => s3.send(new ListBucketsCommand({})), [["s3:ListAllMyBuckets", "*"]]],
    ["HeadBucket", (s3) => s3.send(new HeadBucketCommand({ Bucket })), [["s3:ListBucket", bucketArn]]],
    [
      "GetBucketLocation",
      (s3) => s3.send(new GetBucketLocationCommand({ Bucket })),
      [["s3:GetBucketLocation", bucketArn]],
    ],
    ["ListObjectsV2", (s3) => s3.send(new ListObjectsV2Command({ Bucket })), [["s3:ListBucket", bucketArn]]],
    [
      "ListObjectVersions",
      (s3) => s3.send(new ListObjectVersionsCommand({ Bucket })),
      [["s3:ListBucketVersions", bucketArn]],
    ],
    ["GetObject", (s3) => s3.send(new GetObjectCommand({ Bucket, Key: "there" })), [["s3:GetObject", object("there")]]],
    [
      "HeadObject",
      (s3) => s3.send(new HeadObjectCommand({ Bucket, Key: "there" })),
      [["s3:GetObject", object("there")]],
    ],
    [
      "GetObject of a version",
      (s3) => s3.send(new GetObjectCommand({ Bucket, Key: "there", VersionId: "null" })),
      [["s3:GetObjectVersion", object("there")]],
    ],
    [
      "PutObject",
      (s3) => s3.send(new PutObjectCommand({ Bucket, Key: "a*/b", Body: "x" })),
      [["s3:PutObject", object("a*/b")]],
    ],
    [
      "PutObject with If-None-Match",
      (s3) => s3.send(new PutObjectCommand({ Bucket, Key: "new", Body: "x", IfNoneMatch: "*" })),
      [["s3:PutObject", object("new")]],
    ],
    [
      "PutObject with If-Match",
      (s3) => s3.send(new PutObjectCommand({ Bucket, Key: "there", Body: "x", IfMatch: etag })),
      [
        ["s3:PutObject", object("there")],
        ["s3:GetObject", object("there")],
      ],
    ],
    [
      "DeleteObject",
      (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: "there" })),
      [["s3:DeleteObject", object("there")]],
    ],
    [
      "DeleteObject of a version",
      (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: "there", VersionId: "null" })),
      [["s3:DeleteObjectVersion", object("there")]],
    ],
    [
      "DeleteObject with an ETag",
      (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: "there", IfMatch: etag })),
      [
        ["s3:DeleteObject", object("there")],
        ["s3:GetObject", object("there")],
      ],
    ],
    [
      "DeleteObject with If-Match: *",
      (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: "there", IfMatch: "*" })),
      [["s3:DeleteObject", object("there")]],
    ],
    [
      "DeleteObjects",
      (s3) =>
        s3.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }, { Key: "b", VersionId: "null" }] } }),
        ),
      [
        ["s3:DeleteObject", object("a")],
        ["s3:DeleteObjectVersion", object("b")],
      ],
    ],
    [
      "a multipart upload",
      async (s3) => {
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "big" }));
        await s3.send(new UploadPartCommand({ Bucket, Key: "big", UploadId, PartNumber: 1, Body: "x" }));
        await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "big", UploadId }));
      },
      [
        ["s3:PutObject", object("big")],
        ["s3:PutObject", object("big")],
        ["s3:AbortMultipartUpload", object("big")],
      ],
    ],
  ])("%s", async (_, run, expected) => {
    await run(client);
    expect(asked()).toEqual(expected);
    expect(access.asked.every(({ caller }) => caller.principalArn === someone.principalArn)).toBe(true);
    for (const [action] of expected) {
      refused.clear();
      refused.add(action);
      const outcome = await run(client).catch((error: { $metadata: object }) => error);
      // Of a batch, each object has its own outcome.
      if (!outcome || !("Errors" in (outcome as object))) {
        expect(outcome).toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
    }
  });

  test("refusals are S3's AccessDenied with IAM's sentence", async () => {
    refused.add("s3:GetObject");
    const sentence = "not authorized to perform: s3:GetObject on resource: arn:aws:s3:::guarded/there";
    await expect(client.send(new GetObjectCommand({ Bucket, Key: "there" }))).rejects.toMatchObject({
      name: "AccessDenied",
      message: sentence,
    });
    expect(await server.request("/guarded/there", { method: "HEAD" })).toMatchObject({ status: 403, text: "" });
  });

  test.each(["missing", "deleted"])("of what is %s, only who may list the bucket hears", async (Key) => {
    server.s3.setVersioning({ bucket: Bucket, versioning_configuration: { status: "Enabled" } });
    if (Key === "deleted") await client.send(new DeleteObjectCommand({ Bucket, Key }));
    const get = () => client.send(new GetObjectCommand({ Bucket, Key }));
    await expect(get()).rejects.toMatchObject({ name: "NoSuchKey" });
    refused.add("s3:ListBucket");
    await expect(get()).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("s3:ListBucket"),
    });
    const head = new HeadObjectCommand({ Bucket, Key });
    await expect(client.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  test("each object of a batch is decided about by itself", async () => {
    refused.add("s3:DeleteObjectVersion");
    const Objects = [{ Key: "there", VersionId: "null" }, { Key: "other" }];
    expect(await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).toMatchObject({
      Deleted: [{ Key: "other" }],
      Errors: [{ Key: "there", VersionId: "null", Code: "AccessDenied" }],
    });
    expect(server.s3.objectsOf(Bucket)).toHaveLength(1);
  });
});

describe("what a policy can ask for", () => {
  test("how a listing is narrowed", async () => {
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a/", Delimiter: "/", MaxKeys: 7 }));
    expect(contextOf("s3:ListBucket")).toMatchObject({
      "s3:prefix": "a/",
      "s3:delimiter": "/",
      "s3:max-keys": "7",
      "s3:authType": "REST-HEADER",
      "s3:signatureversion": "AWS4-HMAC-SHA256",
      "s3:ResourceAccount": "123456789012",
    });
  });

  test("how something is written, and which version is read", async () => {
    await client.send(
      new PutObjectCommand({ Bucket, Key: "a", Body: "x", IfNoneMatch: "*", ACL: "bucket-owner-full-control" }),
    );
    expect(contextOf("s3:PutObject")).toMatchObject({
      "s3:if-none-match": "*",
      "s3:x-amz-acl": "bucket-owner-full-control",
      "s3:ObjectCreationOperation": "true",
    });
    await client.send(new GetObjectCommand({ Bucket, Key: "there", VersionId: "null" }));
    expect(contextOf("s3:GetObjectVersion")).toMatchObject({ "s3:versionid": "null" });
  });

  test("how old the signature of a presigned URL is", async () => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "there" }), { expiresIn: 3600 });
    server.clock.skip(600_000);
    expect((await fetch(url)).status).toBe(200);
    const { "s3:authType": authType, "s3:signatureAge": age } = contextOf("s3:GetObject") ?? {};
    expect(authType).toBe("REST-QUERY-STRING");
    expect(Number(age)).toBeGreaterThan(599_000);
    expect(Number(age)).toBeLessThan(700_000);
  });

  test("the bucket's own policy comes along", async () => {
    const policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: object("*") },
    });
    server.s3.setPolicy({ bucket: Bucket, policy });
    await client.send(new GetObjectCommand({ Bucket, Key: "there" }));
    expect(access.asked[0]).toMatchObject({ resourcePolicy: policy });
  });
});

describe("who did not sign", () => {
  const allowAll = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: object("*") },
  });

  test("is anonymous, and decided about like everybody", async () => {
    expect((await server.request("/guarded/there")).text).toBe("x");
    expect(access.asked[0]).toMatchObject({ caller: { ...anonymous, sourceIp: "127.0.0.1" }, action: "s3:GetObject" });
    expect(access.asked[0]?.context).not.toHaveProperty("s3:authType");
  });

  test("never sees the account's buckets", async () => {
    expect(await server.request("/")).toMatchObject({ status: 403, text: expect.stringContaining("AccessDenied") });
    expect(access.asked).toEqual([]);
  });

  test("is kept out by restrict_public_buckets where the policy is public", async () => {
    server.s3.setPolicy({ bucket: Bucket, policy: allowAll });
    expect((await server.request("/guarded/there")).status).toBe(200);
    server.s3.setPublicAccessBlock({ bucket: Bucket, restrict_public_buckets: true });
    expect((await server.request("/guarded/there")).status).toBe(403);
    await client.send(new GetObjectCommand({ Bucket, Key: "there" }));
  });

  test("is told what is wrong with a signature, whatever the bucket allows", async () => {
    const wrong = server.client({ credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "another" } });
    await expect(wrong.send(new GetObjectCommand({ Bucket, Key: "there" }))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe("with IAM to decide", () => {
  const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
  const iam = new Iam({ place, clock });
  iam.identities.putRole({
    roleName: "someone",
    assumeRolePolicy: document({
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    }),
  });
  const grant = (...actions: readonly string[]) =>
    iam.identities.putInlinePolicy(
      "someone",
      "S3",
      document({ Effect: "Allow", Action: actions, Resource: [bucketArn, object("*")] }),
    );
  let decided: S3Server;
  beforeEach(async () => {
    decided = await S3Server.start(iam);
    decided.s3.createBucket({ bucket: Bucket });
  });
  afterEach(() => decided.stop());
  const send = (Key: string) => decided.client().send(new GetObjectCommand({ Bucket, Key }));

  test("a role does what its policies grant", async () => {
    grant("s3:PutObject", "s3:GetObject");
    await decided.client().send(new PutObjectCommand({ Bucket, Key: "a*?${x}", Body: "x" }));
    expect(await (await send("a*?${x}")).Body?.transformToString()).toBe("x");
    await expect(send("missing")).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::guarded"),
    });
    grant("s3:GetObject", "s3:ListBucket");
    await expect(send("missing")).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(decided.client().send(new DeleteObjectCommand({ Bucket, Key: "a" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  test("a bucket's policy keeps others out, and lets nobody in whom it does not name", async () => {
    grant("s3:GetObject", "s3:ListBucket", "s3:PutObject");
    await decided.client().send(new PutObjectCommand({ Bucket, Key: "there", Body: "x" }));
    expect((await decided.request("/guarded/there")).status).toBe(403);
    const Resource = object("*");
    const policy = document(
      { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource },
      { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: object("secret/*") },
    );
    decided.s3.setPolicy({ bucket: Bucket, policy });
    expect((await decided.request("/guarded/there")).text).toBe("x");
    await expect(send("secret/a")).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("with an explicit deny in a resource-based policy"),
    });
  });
});
