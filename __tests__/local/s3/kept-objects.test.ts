import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { BucketContents, type ContentChange } from "../../../local/s3/bucket-contents";
import type { S3 } from "../../../local/s3/s3";
import { KeptRuns } from "../../support/kept-runs";
import { S3Server } from "../../support/s3-server";

const Bucket = "objects";
const servers: S3Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** The next run, with the bucket, versioned unless it says otherwise. */
async function next(runs: KeptRuns, status = "Enabled") {
  const server = await S3Server.start(undefined, runs.next());
  servers.push(server);
  server.s3.createBucket({ bucket: Bucket });
  server.s3.setVersioning({ bucket: Bucket, versioning_configuration: { status } });
  return { s3: server.s3, client: server.client() };
}

test("objects are there in the next run, byte by byte, with what was said of them", async () => {
  const runs = new KeptRuns();
  const before = await next(runs);
  const body = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => (at * 7) % 251));
  await before.client.send(
    new PutObjectCommand({ Bucket, Key: "big", Body: body, ContentType: "image/png", Metadata: { a: "b" } }),
  );
  await before.client.send(new PutObjectCommand({ Bucket, Key: "empty", Body: Buffer.alloc(0) }));
  const described = (s3: S3) => s3.objectsOf(Bucket).map(({ body: _, ...object }) => object);
  const held = described(before.s3);
  for (const run of ["the next", "one after a snapshot"]) {
    const { s3, client } = await next(runs);
    expect([run, described(s3)]).toEqual([run, held]);
    expect(s3.objectsOf(Bucket).map(({ body: kept }) => kept.equals(body) || kept.length)).toEqual([true, 0]);
    const answer = await client.send(new HeadObjectCommand({ Bucket, Key: "big", ChecksumMode: "ENABLED" }));
    expect(answer).toMatchObject({ ContentType: "image/png", Metadata: { a: "b" }, ChecksumCRC32: expect.any(String) });
  }
});

test("versions and delete markers stay, and what is deleted for good stays away", async () => {
  const runs = new KeptRuns();
  const { client } = await next(runs);
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket, Key: "a", Body }));
  const [first, , third] = [await put("1"), await put("2"), await put("3")];
  await client.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: first?.VersionId }));
  const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  const later = await next(runs);
  const { Versions, DeleteMarkers } = await later.client.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toHaveLength(2);
  expect(Versions?.[0]?.VersionId).toBe(third?.VersionId);
  expect(DeleteMarkers).toMatchObject([{ IsLatest: true, VersionId: marker.VersionId }]);
  await later.client.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: marker.VersionId }));
  expect((await next(runs)).s3.objectsOf(Bucket).map(({ body }) => String(body))).toEqual(["3"]);
});

test("an upload under way goes on, and is one object in the run after that", async () => {
  const runs = new KeptRuns();
  const { client } = await next(runs);
  const upload = { Bucket, Key: "a" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...upload, ContentType: "text/plain" }));
  const big = Buffer.alloc(5 * 1024 * 1024, "x");
  await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: big }));
  const later = (await next(runs)).client;
  await later.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 2, Body: "y" }));
  const { Parts } = await later.send(new ListPartsCommand({ ...upload, UploadId }));
  await later.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
  for (const run of ["the next", "one after a snapshot"]) {
    const { s3, client: last } = await next(runs);
    const [object] = s3.objectsOf(Bucket);
    expect([run, object?.body.equals(Buffer.concat([big, Buffer.from("y")])), object?.contentType]).toEqual([
      ...[run, true, "text/plain"],
    ]);
    await expect(last.send(new ListPartsCommand({ ...upload, UploadId }))).rejects.toMatchObject({
      name: "NoSuchUpload",
    });
  }
});

test("a bucket's objects are told of while no stack makes it, and gone once it was deleted", async () => {
  const runs = new KeptRuns();
  const { client } = await next(runs);
  await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
  const without = await S3Server.start(undefined, runs.next());
  servers.push(without);
  expect(without.s3.unclaimed()).toEqual(["bucket objects: 1 keys"]);
  const { s3 } = await next(runs);
  expect(s3.unclaimed()).toEqual([]);
  s3.deleteBucket(Bucket);
  s3.deleteBucket(Bucket);
  expect((await next(runs)).s3.objectsOf(Bucket)).toEqual([]);
});

test("an update of a bucket keeps what it holds", async () => {
  const { s3, client } = await next(new KeptRuns());
  await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
  expect(s3.updateBucket({ bucket: Bucket, tags: { a: "b" } })).toMatchObject({ id: Bucket });
  expect(s3.objectsOf(Bucket)).toHaveLength(1);
  expect(() => s3.updateBucket({ bucket: "other" })).toThrow(
    "aws_s3_bucket of other: there is no bucket of this name to update.",
  );
});

const content = fc.integer({ min: 0, max: 3 }).map((size) => ({
  body: Buffer.alloc(size, "x"),
  etag: '"e"',
  checksum: { algorithm: "CRC32" as const, value: "v", type: "FULL_OBJECT" as const },
}));
const key = fc.constantFrom("a", "b");
const versionId = fc.constantFrom("null", "1", "2");
const uploadId = fc.constantFrom("u", "v");
const version = fc
  .record({ key, versionId, lastModified: fc.constant(1_000), content: fc.option(content, { nil: undefined }) })
  .map(({ content: given, ...rest }) => ({
    ...rest,
    ...(given && { content: { ...given, headers: {}, metadata: {} } }),
  }));
const change: fc.Arbitrary<ContentChange> = fc.oneof(
  version.map((put) => ({ put })),
  fc.record({ removed: fc.record({ key, versionId }) }),
  fc.record({ removed: fc.record({ key }) }),
  fc.record({ uploadId, key }).map((begun) => ({
    begun: {
      ...begun,
      ...{ description: { headers: {}, metadata: {} }, algorithm: "CRC32" as const },
      ...{ checksumType: "FULL_OBJECT" as const, begunAt: 0 },
    },
  })),
  fc.tuple(uploadId, fc.integer({ min: 1, max: 2 }), content).map(([id, partNumber, part]) => ({
    part: { uploadId: id, partNumber, lastModified: 0, ...part },
  })),
  fc.record({ aborted: fc.record({ uploadId }) }),
  fc.constant({ emptied: true as const }),
);

test("whatever happens to buckets, the next run has what this one had", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("one", "two"), change), { maxLength: 20 }), (changes) => {
      const runs = new KeptRuns();
      const before = new BucketContents(runs.next());
      for (const [bucket, one] of changes) before.commit(bucket, one);
      const after = new BucketContents(runs.next());
      const afterSnapshot = new BucketContents(runs.next());
      for (const bucket of ["one", "two"]) {
        expect(after.of(bucket)).toEqual(before.of(bucket));
        expect(afterSnapshot.of(bucket)).toEqual(before.of(bucket));
      }
    }),
    { numRuns: 50 },
  );
});
