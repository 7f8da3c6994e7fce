import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { openAccess } from "../../support/local";
import { S3Server } from "../../support/s3-server";

const bucket = "objects";
const access = openAccess();
const policy = (Condition?: object): string =>
  JSON.stringify({
    Statement: {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition,
    },
  });
const publicAccess = {
  ...{ block_public_acls: true, ignore_public_acls: false, block_public_policy: false, restrict_public_buckets: true },
};

let server: S3Server;
beforeEach(async () => {
  access.asked.length = 0;
  server = await S3Server.start(access);
  server.s3.createBucket({ bucket });
});
afterEach(() => server.stop());

test("a new bucket has none", async () => {
  const client = server.client();
  const names = [
    client.send(new GetBucketPolicyCommand({ Bucket: bucket })),
    client.send(new GetBucketPolicyStatusCommand({ Bucket: bucket })),
    client.send(new GetBucketCorsCommand({ Bucket: bucket })),
    client.send(new GetPublicAccessBlockCommand({ Bucket: bucket })),
  ].map((answer) => answer.catch(({ name }) => name));
  expect(await Promise.all(names)).toEqual([
    ...["NoSuchBucketPolicy", "NoSuchBucketPolicy", "NoSuchCORSConfiguration"],
    "NoSuchPublicAccessBlockConfiguration",
  ]);
  expect((await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBeUndefined();
});

test("what the stacks set is told, each under its own action", async () => {
  const client = server.client();
  server.s3.setPolicy({ bucket, policy: policy() });
  server.s3.setVersioning({ bucket, versioning_configuration: { status: "Enabled" } });
  server.s3.setPublicAccessBlock({ bucket, ...publicAccess });
  server.s3.setCors({ bucket, cors_rule: { allowed_methods: ["GET"], allowed_origins: ["*"], max_age_seconds: 5 } });
  expect((await client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy).toBe(policy());
  expect((await client.send(new GetBucketPolicyStatusCommand({ Bucket: bucket }))).PolicyStatus).toEqual({
    IsPublic: true,
  });
  expect((await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBe("Enabled");
  expect(
    (await client.send(new GetPublicAccessBlockCommand({ Bucket: bucket }))).PublicAccessBlockConfiguration,
  ).toEqual({ BlockPublicAcls: true, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: true });
  expect((await client.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules).toEqual([
    { AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 5 },
  ]);
  const encryption = await client.send(new GetBucketEncryptionCommand({ Bucket: bucket }));
  expect(encryption.ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
  });
  const ownership = await client.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket }));
  expect(ownership.OwnershipControls?.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
  expect(access.asked.map(({ action, resource }) => [action, resource])).toEqual(
    [
      ...["GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketVersioning", "GetBucketPublicAccessBlock"],
      ...["GetBucketCORS", "GetEncryptionConfiguration", "GetBucketOwnershipControls"],
    ].map((action) => [`s3:${action}`, "arn:aws:s3:::objects"]),
  );
});

test("what is taken away is gone, also where the bucket is", async () => {
  const client = server.client();
  const { s3 } = server;
  s3.setPolicy({ bucket, policy: policy() });
  s3.setVersioning({ bucket, versioning_configuration: { status: "Enabled" } });
  s3.setPublicAccessBlock({ bucket, ...publicAccess });
  s3.setCors({ bucket, cors_rule: { allowed_methods: ["GET"], allowed_origins: ["*"] } });
  const removeAll = () => {
    s3.removePolicy(bucket);
    s3.removeVersioning(bucket);
    s3.removePublicAccessBlock(bucket);
    s3.removeCors(bucket);
  };
  removeAll();
  await expect(client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).rejects.toMatchObject({
    name: "NoSuchBucketPolicy",
  });
  await expect(client.send(new GetBucketCorsCommand({ Bucket: bucket }))).rejects.toMatchObject({
    name: "NoSuchCORSConfiguration",
  });
  expect((await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBe("Suspended");
  s3.deleteBucket(bucket);
  expect(removeAll).not.toThrow();
});
