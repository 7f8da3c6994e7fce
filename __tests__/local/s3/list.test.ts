import {
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { S3Server } from "../../support/s3-server";

const Bucket = "listed";
let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start();
  server.s3.createBucket({ bucket: Bucket });
});
afterEach(() => server.stop());

async function fill(keys: readonly string[]): Promise<void> {
  const client = server.client();
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
}
const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  server.client().send(new ListObjectsV2Command({ Bucket, ...input }));
/** Keys and common prefixes of all pages, page by page. */
async function pages(pageSize: number, input: Partial<ListObjectsV2CommandInput> = {}) {
  const found: string[][] = [];
  for await (const { Contents = [], CommonPrefixes = [] } of paginateListObjectsV2(
    { client: server.client(), pageSize },
    { Bucket, ...input },
  )) {
    found.push([...Contents.map(({ Key }) => `${Key}`), ...CommonPrefixes.map(({ Prefix }) => `${Prefix} (prefix)`)]);
  }
  return found;
}

describe("objects", () => {
  test("are listed in the order of their UTF-8 bytes", async () => {
    await fill(["b", "a", "B", "\u{10000}", "\uFFFD", "é", "a/b"]);
    expect(await pages(1000)).toEqual([["B", "a", "a/b", "b", "é", "\uFFFD", "\u{10000}"]]);
  });

  test("are listed page by page, each once", async () => {
    await fill(["a", "b", "c", "d", "e"]);
    expect(await pages(2)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(await pages(5)).toEqual([["a", "b", "c", "d", "e"]]);
    expect(await list({ MaxKeys: 2 })).toMatchObject({ KeyCount: 2, MaxKeys: 2, IsTruncated: true });
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(await list({ MaxKeys: 9999 })).toMatchObject({ KeyCount: 5, MaxKeys: 1000, IsTruncated: false });
  });

  test("are told with size, time and ETag, and their owner to whoever asks", async () => {
    await fill(["a"]);
    const described = { Key: "a", Size: 1, ETag: '"0cc175b9c0f1b6a831c399e269772661"', StorageClass: "STANDARD" };
    expect((await list()).Contents).toMatchObject([{ ...described, LastModified: expect.any(Date) }]);
    expect((await list({ FetchOwner: true })).Contents).toMatchObject([{ Owner: { ID: "123456789012" } }]);
  });

  test("behind a delimiter are rolled up, whatever the size of the pages", async () => {
    await fill(["a", "b/1", "b/2", "b/c/3", "d/", "e"]);
    const all = ["a", "b/ (prefix)", "d/ (prefix)", "e"].sort();
    for (const size of [1, 2, 3, 1000]) {
      expect((await pages(size, { Delimiter: "/" })).flat().sort()).toEqual(all);
    }
    expect(await pages(1000, { Delimiter: "/", Prefix: "b/" })).toEqual([["b/1", "b/2", "b/c/ (prefix)"]]);
    expect(await pages(1000, { Delimiter: "/", Prefix: "b" })).toEqual([["b/ (prefix)"]]);
    expect(await pages(1000, { Delimiter: "/", StartAfter: "b/1" })).toEqual([["e", "b/ (prefix)", "d/ (prefix)"]]);
    expect(await pages(1000, { Prefix: "nothing" })).toEqual([[]]);
  });

  test("are listed from behind a key", async () => {
    await fill(["a", "b", "c"]);
    expect(await pages(1000, { StartAfter: "a" })).toEqual([["b", "c"]]);
    expect(await pages(1, { StartAfter: "aa" })).toEqual([["b"], ["c"]]);
  });

  test("come with encoded keys to whoever asks", async () => {
    await fill(["a b/(c)~*é+"]);
    expect(await list({ EncodingType: "url", Delimiter: "/", Prefix: "a b/" })).toMatchObject({
      Contents: [{ Key: "a+b/%28c%29%7E*%C3%A9%2B" }],
      Prefix: "a+b/",
      EncodingType: "url",
    });
  });

  test("have references for control characters in their keys", async () => {
    await fill(["a\u0001\r\n&"]);
    const { text } = await server.request("/listed?list-type=2");
    expect(text).toContain("<Key>a&#x1;&#xd;\n&amp;</Key>");
  });

  test.each([
    ["max-keys=-1", "Provided max-keys not an integer or within integer range"],
    ["max-keys=x", "Provided max-keys not an integer or within integer range"],
    ["max-keys=2147483648", "Provided max-keys not an integer or within integer range"],
    ["continuation-token=", "The continuation token provided is incorrect"],
    ["continuation-token=x!", "The continuation token provided is incorrect"],
    ["encoding-type=xml", "Invalid Encoding Method specified in Request"],
  ])("are not listed with %s", async (query, message) => {
    const answer = await server.request(`/listed?list-type=2&${query}`);
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) });
  });
});

describe("versions", () => {
  test("are listed by key, newest first, and never cut within a key", async () => {
    server.s3.setVersioning({ bucket: Bucket, versioning_configuration: { status: "Enabled" } });
    await fill(["a", "b", "b", "c/d"]);
    const client = server.client();
    const first = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "b" });
    expect(first.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
      ["a", true],
      ["b", true],
      ["b", false],
    ]);
    const rest = new ListObjectVersionsCommand({ Bucket, KeyMarker: "b", Delimiter: "/", EncodingType: "url" });
    expect(await client.send(rest)).toMatchObject({ IsTruncated: false, CommonPrefixes: [{ Prefix: "c/" }] });
  });
});

describe("buckets", () => {
  test("are listed page by page, and by prefix", async () => {
    for (const bucket of ["bbb", "aaa", "abc"]) server.s3.createBucket({ bucket });
    const client = server.client();
    const all = await client.send(new ListBucketsCommand({}));
    expect(all.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion])).toEqual([
      ["aaa", undefined],
      ["abc", undefined],
      ["bbb", undefined],
      ["listed", undefined],
    ]);
    expect(all).toMatchObject({ Owner: { ID: "123456789012" } });
    const first = await client.send(new ListBucketsCommand({ MaxBuckets: 1, Prefix: "a" }));
    expect(first).toMatchObject({ Buckets: [{ Name: "aaa", BucketRegion: "eu-west-1" }], Prefix: "a" });
    const { ContinuationToken } = first;
    const second = await client.send(new ListBucketsCommand({ MaxBuckets: 1, Prefix: "a", ContinuationToken }));
    expect(second.Buckets).toMatchObject([{ Name: "abc" }]);
    expect(second.ContinuationToken).toBeUndefined();
    expect((await client.send(new ListBucketsCommand({ BucketRegion: "us-east-1" }))).Buckets ?? []).toEqual([]);
  });
});
