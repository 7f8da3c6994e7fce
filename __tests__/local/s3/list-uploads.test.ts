import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListPartsCommand,
  PutObjectCommand,
  paginateListParts,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { openAccess } from "../../support/local";
import { S3Server } from "../../support/s3-server";

const Bucket = "objects";

let server: S3Server;
let client: S3Client;
const access = openAccess();
beforeEach(async () => {
  access.asked.length = 0;
  server = await S3Server.start(access);
  client = server.client();
  server.s3.createBucket({ bucket: Bucket });
});
afterEach(() => server.stop());

const begin = async (Key: string) =>
  (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId ?? "";

describe("ListParts", () => {
  const upload = async () => {
    const UploadId = await begin("a b");
    for (const PartNumber of [3, 1, 2]) {
      await client.send(
        new UploadPartCommand({ Bucket, Key: "a b", UploadId, PartNumber, Body: "x".repeat(PartNumber) }),
      );
    }
    return { Bucket, Key: "a b", UploadId };
  };

  test("tells the parts in the order of their numbers", async () => {
    const { Parts, IsTruncated } = await client.send(new ListPartsCommand(await upload()));
    expect([Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), IsTruncated]).toEqual([
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      false,
    ]);
    expect(access.asked.at(-1)).toMatchObject({
      action: "s3:ListMultipartUploadParts",
      resource: "arn:aws:s3:::objects/a b",
    });
  });

  test("tells them page by page", async () => {
    const pages: unknown[] = [];
    for await (const { Parts } of paginateListParts({ client, pageSize: 2 }, await upload())) {
      pages.push(Parts?.map(({ PartNumber }) => PartNumber));
    }
    expect(pages).toEqual([[1, 2], [3]]);
  });

  test("is refused for an upload that there is not", async () => {
    await expect(client.send(new ListPartsCommand({ Bucket, Key: "a", UploadId: "x" }))).rejects.toMatchObject({
      name: "NoSuchUpload",
    });
  });
});

test("ListMultipartUploads tells what is under way, by key, page by page", async () => {
  await begin("b");
  await begin("a/1");
  const aborted = await begin("a/2");
  const list = (input = {}) => client.send(new ListMultipartUploadsCommand({ Bucket, ...input }));
  expect((await list()).Uploads?.map(({ Key }) => Key)).toEqual(["a/1", "a/2", "b"]);
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "a/2", UploadId: aborted }));
  expect((await list({ Prefix: "a/" })).Uploads?.map(({ Key }) => Key)).toEqual(["a/1"]);
  const first = await list({ MaxUploads: 1 });
  expect([first.IsTruncated, first.NextKeyMarker]).toEqual([true, "a/1"]);
  const second = await list({ KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker });
  expect(second.Uploads?.map(({ Key }) => Key)).toEqual(["b"]);
  expect(access.asked.at(-1)).toMatchObject({ action: "s3:ListBucketMultipartUploads" });
});

describe("ListObjects, version 1", () => {
  beforeEach(async () => {
    for (const Key of ["a", "b/1", "b/2", "c d", "e/1"]) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
  });
  const list = (input = {}) => client.send(new ListObjectsCommand({ Bucket, ...input }));

  test("tells the objects with their owner", async () => {
    const { Contents, IsTruncated, NextMarker } = await list();
    expect(Contents?.map(({ Key }) => Key)).toEqual(["a", "b/1", "b/2", "c d", "e/1"]);
    expect(Contents?.[0]).toMatchObject({ Size: 1, Owner: { ID: "123456789012" }, StorageClass: "STANDARD" });
    expect([IsTruncated, NextMarker]).toEqual([false, undefined]);
    expect(access.asked.at(-1)).toMatchObject({ action: "s3:ListBucket", context: { "s3:prefix": "" } });
  });

  test("goes on behind a marker, which is told where there is a delimiter", async () => {
    const first = await list({ MaxKeys: 2 });
    expect([first.IsTruncated, first.NextMarker]).toEqual([true, undefined]);
    expect((await list({ Marker: "b/1" })).Contents?.map(({ Key }) => Key)).toEqual(["b/2", "c d", "e/1"]);
    const rolled = await list({ MaxKeys: 2, Delimiter: "/" });
    expect([rolled.NextMarker, rolled.CommonPrefixes]).toEqual(["b/", [{ Prefix: "b/" }]]);
    const rest = await list({ Delimiter: "/", Marker: rolled.NextMarker });
    expect([rest.Contents?.map(({ Key }) => Key), rest.CommonPrefixes]).toEqual([["c d"], [{ Prefix: "e/" }]]);
  });

  test("rolls up what is left of a prefix behind a marker within it", async () => {
    const { CommonPrefixes } = await list({ Delimiter: "/", Marker: "b/1" });
    expect(CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["b/", "e/"]);
    expect((await list({ Delimiter: "/", Marker: "b/2" })).CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["e/"]);
  });
});
