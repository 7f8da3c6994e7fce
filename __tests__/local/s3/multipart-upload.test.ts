import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { checksumOf } from "../../../local/s3/checksums";
import { S3Server } from "../../support/s3-server";

const target = { Bucket: "big", Key: "a/b" };
const large = Buffer.alloc(5 * 1024 * 1024, "x");
let server: S3Server;
let client: S3Client;
beforeEach(async () => {
  server = await S3Server.start();
  server.s3.createBucket({ bucket: target.Bucket });
  client = server.client();
});
afterEach(() => server.stop());

async function begin(input: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId = "" } = await client.send(new CreateMultipartUploadCommand({ ...target, ...input }));
  return UploadId;
}

async function upload(UploadId: string, bodies: readonly Buffer[], input: object = {}): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const part = await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ...input }));
    const { ETag, ChecksumCRC32, ChecksumSHA256 } = part;
    parts.push({ PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 });
  }
  return parts;
}

const complete = (UploadId: string, Parts: CompletedPart[], input: object = {}) =>
  client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...input }));
const stored = () => server.s3.objectsOf(target.Bucket);

test("parts become one object, with what was said at the beginning", async () => {
  const UploadId = await begin({ ContentType: "text/plain", Metadata: { a: "b" } });
  const parts = await upload(UploadId, [large, Buffer.from("end")]);
  expect(stored()).toEqual([]);
  const whole = Buffer.concat([large, Buffer.from("end")]);
  expect(await complete(UploadId, parts)).toMatchObject({
    Bucket: "big",
    Key: "a/b",
    ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/),
    ChecksumCRC64NVME: checksumOf("CRC64NVME", whole).value,
    ChecksumType: "FULL_OBJECT",
  });
  expect(stored()).toMatchObject([{ key: "a/b", contentType: "text/plain", metadata: { a: "b" } }]);
  expect(stored()[0]?.body.equals(whole)).toBe(true);
  await expect(complete(UploadId, parts)).rejects.toMatchObject({ name: "NoSuchUpload" });
});

test.each([
  ["CRC32", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
] as const)("a checksum %s is of the parts' own", async (ChecksumAlgorithm, ChecksumType) => {
  const UploadId = await begin({ ChecksumAlgorithm });
  const parts = await upload(UploadId, [large, Buffer.from("end")], { ChecksumAlgorithm });
  const answer = await complete(UploadId, parts);
  expect(answer).toMatchObject({ ChecksumType, [`Checksum${ChecksumAlgorithm}`]: expect.stringMatching(/-2$/) });
  const read = await client.send(new GetObjectCommand({ ...target, ChecksumMode: "ENABLED" }));
  expect(read).toMatchObject({ ChecksumType });
  await read.Body?.transformToByteArray();
});

test("a checksum of the whole is verified", async () => {
  const ChecksumAlgorithm = "CRC32";
  const UploadId = await begin({ ChecksumAlgorithm, ChecksumType: "FULL_OBJECT" });
  const parts = await upload(UploadId, [Buffer.from("text")], { ChecksumAlgorithm });
  const wrong = { ChecksumCRC32: "AAAAAA==", ChecksumType: "FULL_OBJECT" };
  await expect(complete(UploadId, parts, wrong)).rejects.toMatchObject({ name: "BadDigest" });
  const ChecksumCRC32 = checksumOf("CRC32", Buffer.from("text")).value;
  expect(await complete(UploadId, parts, { ChecksumCRC32, ChecksumType: "FULL_OBJECT" })).toMatchObject({
    ChecksumCRC32,
  });
});

test("an upload depends on conditions when it is completed", async () => {
  const [first, second] = [await begin(), await begin()];
  const parts = await upload(first, [Buffer.from("text")]);
  await upload(second, [Buffer.from("text")]);
  await complete(first, parts, { IfNoneMatch: "*" });
  await expect(complete(second, parts, { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
  await complete(second, parts, { IfMatch: stored()[0]?.etag });
});

test("what is aborted is gone", async () => {
  const UploadId = await begin();
  await client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
  await expect(upload(UploadId, [Buffer.from("x")])).rejects.toMatchObject({ name: "NoSuchUpload" });
  const again = new AbortMultipartUploadCommand({ ...target, UploadId });
  await expect(client.send(again)).rejects.toMatchObject({ name: "NoSuchUpload" });
});

describe("what is refused", () => {
  test("parts below 5 MiB, but for the last", async () => {
    const UploadId = await begin();
    const parts = await upload(UploadId, [large.subarray(1), Buffer.from("x")]);
    await expect(complete(UploadId, parts)).rejects.toMatchObject({ name: "EntityTooSmall", ProposedSize: "5242879" });
  });

  test.each([0, 10_001])("the part number %s", async (PartNumber) => {
    const part = new UploadPartCommand({ ...target, UploadId: await begin(), PartNumber, Body: "x" });
    await expect(client.send(part)).rejects.toMatchObject({ name: "InvalidArgument" });
  });

  test("parts out of order, of another ETag or checksum, or none", async () => {
    const UploadId = await begin();
    const [one = {}, two = {}] = await upload(UploadId, [large, Buffer.from("x")]);
    await expect(complete(UploadId, [two, one])).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete(UploadId, [{ ...one, ETag: '"a"' }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(complete(UploadId, [{ ...one, PartNumber: 3 }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(complete(UploadId, [{ ...one, ChecksumSHA1: "AA==" }])).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(complete(UploadId, [])).rejects.toMatchObject({ name: "MalformedXML" });
    expect(stored()).toEqual([]);
  });

  test("an upload of another key", async () => {
    const UploadId = await begin();
    const parts = await upload(UploadId, [Buffer.from("x")]);
    await expect(complete(UploadId, parts, { Key: "other" })).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  test.each([
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
  ] as const)("a checksum %s of type %s", async (ChecksumAlgorithm, ChecksumType) => {
    await expect(begin({ ChecksumAlgorithm, ChecksumType })).rejects.toMatchObject({ name: "InvalidRequest" });
  });
});
