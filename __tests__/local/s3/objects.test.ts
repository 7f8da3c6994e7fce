import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { S3Server } from "../../support/s3-server";

const Bucket = "objects";
let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start();
  server.s3.createBucket({ bucket: Bucket });
});
afterEach(() => server.stop());

const put = (input: Partial<PutObjectCommandInput> = {}) =>
  server.client().send(new PutObjectCommand({ Bucket, Key: "key", Body: "text", ...input }));
const get = (input: Partial<GetObjectCommandInput> = {}) =>
  server.client().send(new GetObjectCommand({ Bucket, Key: "key", ...input }));
const textOf = async (input: Partial<GetObjectCommandInput> = {}) => (await get(input)).Body?.transformToString();
const head = (input: Partial<GetObjectCommandInput> = {}) =>
  server.client().send(new HeadObjectCommand({ Bucket, Key: "key", ...input }));
const enableVersioning = (status = "Enabled") =>
  server.s3.setVersioning({ bucket: Bucket, versioning_configuration: [{ status }] });
const refusal = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });

describe("an object", () => {
  test("with any key and any bytes is listed and read as it was written", async () => {
    const client = server.client();
    const key = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
    const property = fc.asyncProperty(key, fc.uint8Array({ maxLength: 300 }), async (Key, bytes) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
      const listing = new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: "url", MaxKeys: 1 });
      const { Contents } = await client.send(listing);
      expect(decodeURIComponent(Contents?.[0]?.Key?.replace(/\+/g, " ") ?? "")).toBe(Key);
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(Buffer.from(bytes));
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test.each([
    "..",
    "./a",
    "../../a",
    "a/../b",
    "/a",
    "//",
    "a//b",
    "a/",
    "%2F",
    "a+b c",
    "é?#&=",
    "\u0001",
    "\r\n",
    "*",
  ])("has the key %j exactly", async (Key) => {
    await put({ Key, Body: Key });
    expect(server.s3.objectsOf(Bucket).map(({ key }) => key)).toEqual([Key]);
    expect(await textOf({ Key })).toBe(Key);
  });

  test("has a key of 1,024 bytes at most, in UTF-8", async () => {
    await put({ Key: "é".repeat(512) });
    await expect(put({ Key: `${"é".repeat(512)}a` })).rejects.toMatchObject({
      ...refusal("KeyTooLongError", 400),
      Size: "1025",
      MaxSizeAllowed: "1024",
    });
  });

  test("comes back with what was said of it", async () => {
    const description = {
      ContentType: "text/plain; charset=utf-8",
      CacheControl: "no-store",
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: "identity",
      ContentLanguage: "ga",
      Metadata: { plain: "a b" },
    };
    const { ETag } = await put(description);
    expect(ETag).toBe('"1cb251ec0d568de6a929b520c4aed8d1"');
    const answer = await get();
    expect(answer).toMatchObject({ ...description, ETag, ContentLength: 4 });
    expect(answer).toMatchObject({ AcceptRanges: "bytes", ServerSideEncryption: "AES256" });
    expect(answer.VersionId).toBeUndefined();
    expect(Math.abs(Date.now() - Number(answer.LastModified))).toBeLessThan(5_000);
    expect(await head()).toMatchObject({ ...description, ETag, ContentLength: 4 });
  });

  test("is binary/octet-stream where nobody says what it is", async () => {
    await server.request(`/${Bucket}/key`, { method: "PUT", body: "x" });
    expect((await get()).ContentType).toBe("binary/octet-stream");
  });

  test("has metadata of 2 KB at most", async () => {
    await put({ Metadata: { a: "x".repeat(2047) } });
    await expect(put({ Metadata: { a: "x".repeat(2048) } })).rejects.toMatchObject(refusal("MetadataTooLarge", 400));
  });

  test("arrives whole as a stream, and with its checksum", async () => {
    const Body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
    await put({ Body, ContentLength: 7, ContentEncoding: "identity" });
    const answer = await get({ ChecksumMode: "ENABLED" });
    expect(await answer.Body?.transformToString()).toBe("one two");
    expect(answer).toMatchObject({
      ContentEncoding: "identity",
      ChecksumCRC32: "zQeJLw==",
      ChecksumType: "FULL_OBJECT",
    });
  });

  test.each<[Partial<PutObjectCommandInput>, string, string]>([
    [{ ACL: "public-read" }, "AccessControlListNotSupported", "The bucket does not allow ACLs"],
    [{ StorageClass: "GLACIER" }, "NotImplemented", "The storage class GLACIER is not modelled by the local run"],
    [{ ServerSideEncryption: "aws:kms" }, "NotImplemented", "The encryption aws:kms is not modelled by the local run"],
    [{ Tagging: "a=b" }, "NotImplemented", "x-amz-tagging of PutObject is not modelled by the local run"],
    [{ ChecksumAlgorithm: "CRC32", ChecksumCRC32: "AAAAAA==" }, "BadDigest", "The CRC32 you specified did not match"],
    [{ ChecksumSHA256: "AAAA" }, "InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid."],
    [{ ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }, "BadDigest", "The Content-MD5 you specified did not match what"],
    [{ ContentMD5: "x" }, "InvalidDigest", "The Content-MD5 you specified was invalid."],
    [{ ExpectedBucketOwner: "210987654321" }, "AccessDenied", "Access Denied"],
  ])("is refused with %j", async (input, name, message) => {
    await expect(put(input)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect(server.s3.objectsOf(Bucket)).toEqual([]);
  });

  test.each<[Record<string, string>, number, string]>([
    [{ "transfer-encoding": "chunked" }, 501, "<Header>Transfer-Encoding</Header>"],
    [{ "x-amz-checksum-xxhash3": "AA==" }, 501, "The checksum algorithm xxhash3 is not modelled by the local run"],
    [{ "x-amz-sdk-checksum-algorithm": "CRC32" }, 400, "no corresponding x-amz-checksum-* or x-amz-trailer headers"],
    [{ "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "AA==" }, 400, "Expecting a single x-amz-checksum-"],
    [{ "x-amz-copy-source": "/objects/a", "x-amz-tagging": "a=b" }, 501, "x-amz-tagging of CopyObject is not modelled"],
    [{ "content-encoding": "aws-chunked" }, 400, "<Code>IncompleteBody</Code>"],
  ])("is refused with the headers %j", async (headers, status, text) => {
    const answer = await server.request(`/${Bucket}/key`, { method: "PUT", body: "x", headers });
    expect(answer).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});

describe("aws-chunked", () => {
  const chunked = (body: string, headers: Record<string, string> = {}) =>
    server.request(`/${Bucket}/key`, {
      method: "PUT",
      body,
      headers: { "content-encoding": "aws-chunked,gzip", "x-amz-decoded-content-length": "3", ...headers },
    });

  test("is put together, and leaves the other encodings", async () => {
    expect((await chunked("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")).status).toBe(200);
    expect(server.s3.objectsOf(Bucket)[0]?.body.toString()).toBe("abc");
    expect((await head()).ContentEncoding).toBe("gzip");
  });

  test.each<[string, Record<string, string>, string]>([
    ["4\r\nabcd\r\n0\r\n\r\n", {}, "IncompleteBody"],
    ["3\r\nabc\r\n", {}, "IncompleteBody"],
    ["3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n", {}, "InvalidRequest"],
    ["3\r\nabc\r\n0\r\n\r\n", { "x-amz-trailer": "x-amz-checksum-crc32" }, "InvalidRequest"],
    ["3\r\nabc\r\n0\r\nx-a:b\r\n\r\n", { "x-amz-trailer": "x-a" }, "NotImplemented"],
    [
      "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
      { "x-amz-trailer": "x-amz-checksum-crc32" },
      "BadDigest",
    ],
  ])("is refused as %j with %j", async (body, headers, code) => {
    expect((await chunked(body, headers)).text).toContain(`<Code>${code}</Code>`);
  });

  test("has the checksum of its trailer", async () => {
    const headers = { "x-amz-trailer": "x-amz-checksum-crc32" };
    const answer = await chunked("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n", headers);
    expect(answer).toMatchObject({ status: 200, headers: { "x-amz-checksum-crc32": "NSRBwg==" } });
  });
});

describe("reading", () => {
  test.each<[string, string, string | undefined]>([
    ["bytes=0-1", "te", "bytes 0-1/4"],
    ["bytes=1-", "ext", "bytes 1-3/4"],
    ["bytes=-2", "xt", "bytes 2-3/4"],
    ["bytes=-9", "text", "bytes 0-3/4"],
    ["bytes=3-9", "t", "bytes 3-3/4"],
    ["bytes=2-1", "text", undefined],
    ["bytes=0-0,2-2", "text", undefined],
    ["lines=1-2", "text", undefined],
  ])("the range %s gives %s", async (Range, text, ContentRange) => {
    await put();
    const answer = await get({ Range });
    expect(await answer.Body?.transformToString()).toBe(text);
    expect(answer.ContentRange).toBe(ContentRange);
    expect(answer.$metadata.httpStatusCode).toBe(ContentRange ? 206 : 200);
  });

  test.each(["bytes=4-", "bytes=-0"])("the range %s is refused", async (Range) => {
    await put();
    await expect(get({ Range })).rejects.toMatchObject({ ...refusal("InvalidRange", 416), ActualObjectSize: "4" });
  });

  test("depends on conditions, the ETag before the time", async () => {
    const { ETag } = await put();
    const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    expect(await textOf({ IfMatch: ETag, IfUnmodifiedSince: past })).toBe("text");
    expect(await textOf({ IfNoneMatch: '"other"', IfModifiedSince: future })).toBe("text");
    expect(await textOf({ IfMatch: "*" })).toBe("text");
    const failed = refusal("PreconditionFailed", 412);
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ ...failed, Condition: "If-Match" });
    await expect(get({ IfUnmodifiedSince: past })).rejects.toMatchObject({
      ...failed,
      Condition: "If-Unmodified-Since",
    });
    for (const unchanged of [{ IfNoneMatch: ETag }, { IfNoneMatch: "*" }, { IfModifiedSince: future }]) {
      await expect(get(unchanged)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    }
    await expect(head({ IfMatch: '"other"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });

  test("may name headers of the answer, if it is signed", async () => {
    await put({ ContentType: "text/plain" });
    const overridden = { ResponseContentType: "text/html", ResponseContentDisposition: 'attachment; filename="é"' };
    expect(await get(overridden)).toMatchObject({
      ContentType: "text/html",
      ContentDisposition: 'attachment; filename="é"',
    });
    const answer = await server.request(`/${Bucket}/key?response-content-type=text%2Fhtml`);
    expect(answer).toMatchObject({
      status: 400,
      text: expect.stringContaining("cannot be used for anonymous GET requests"),
    });
    await expect(get({ ResponseContentDisposition: "数" })).rejects.toMatchObject(refusal("InvalidArgument", 400));
    await expect(get({ ResponseContentType: "a\nb" })).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  test("of what is not there says so, in the body of GET alone", async () => {
    await expect(get({ Key: "a & b" })).rejects.toMatchObject({ ...refusal("NoSuchKey", 404), Key: "a & b" });
    await expect(head()).rejects.toMatchObject(refusal("NotFound", 404));
    await expect(get({ Bucket: "nowhere" })).rejects.toMatchObject(refusal("NoSuchBucket", 404));
    const answer = await server.request("/objects/a%20b?x-id=GetObject");
    expect(answer.text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>NoSuchKey<\/Code><Message>The specified key does not exist.<\/Message><Key>a b<\/Key><Resource>\/objects\/a%20b<\/Resource><RequestId>[0-9A-F]{16}<\/RequestId><\/Error>$/,
    );
    expect(answer.headers).toMatchObject({ "content-type": "application/xml", "x-amz-request-id": expect.any(String) });
    expect(await server.request("/objects/x", { method: "HEAD" })).toMatchObject({ status: 404, text: "" });
  });

  test.each(["/objects/%", "/objects/%ff", "/objects?prefix=%zz"])("%s is no address", async (path) => {
    expect(await server.request(path)).toMatchObject({ status: 400, text: expect.stringContaining("InvalidURI") });
  });
});

describe("writing on a condition", () => {
  test("If-None-Match: * writes what is new only", async () => {
    await put({ IfNoneMatch: "*" });
    const refused = put({ IfNoneMatch: "*" });
    await expect(refused).rejects.toMatchObject({ ...refusal("PreconditionFailed", 412), Condition: "If-None-Match" });
    await server.client().send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    await put({ IfNoneMatch: "*" });
  });

  test("If-Match writes over what it knows only", async () => {
    await expect(put({ IfMatch: '"a"' })).rejects.toMatchObject(refusal("NoSuchKey", 404));
    const { ETag } = await put();
    await put({ IfMatch: ETag, Body: "other" });
    await expect(put({ IfMatch: ETag })).rejects.toMatchObject({
      ...refusal("PreconditionFailed", 412),
      Condition: "If-Match",
    });
    expect(await textOf()).toBe("other");
  });

  test.each([{ IfMatch: "*" }, { IfNoneMatch: '"a"' }, { IfMatch: '"a"', IfNoneMatch: "*" }])(
    "%j is not something that S3 does",
    async (input) => {
      await expect(put(input)).rejects.toMatchObject(refusal("NotImplemented", 501));
    },
  );
});

describe("deleting", () => {
  const remove = (input: object = {}) =>
    server.client().send(new DeleteObjectCommand({ Bucket, Key: "key", ...input }));

  test("what is not there succeeds", async () => {
    const answer = await remove();
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(answer.DeleteMarker).toBeUndefined();
  });

  test("without versioning is for good", async () => {
    await put();
    await remove();
    await expect(get()).rejects.toMatchObject(refusal("NoSuchKey", 404));
    expect(server.s3.objectsOf(Bucket)).toEqual([]);
  });

  test("on a condition deletes what it knows only", async () => {
    await expect(remove({ IfMatch: "*" })).rejects.toMatchObject(refusal("NoSuchKey", 404));
    const { ETag } = await put();
    await expect(remove({ IfMatch: '"a"' })).rejects.toMatchObject(refusal("PreconditionFailed", 412));
    await expect(remove({ IfMatch: ETag, VersionId: "null" })).rejects.toMatchObject(refusal("NotImplemented", 501));
    await remove({ IfMatch: ETag });
    await put();
    await remove({ IfMatch: "*" });
    expect(server.s3.objectsOf(Bucket)).toEqual([]);
  });

  test("several tells of each", async () => {
    await put({ Key: "a\r&" });
    await put({ Key: "b" });
    const Objects = [{ Key: "a\r&" }, { Key: "b", ETag: '"other"' }, { Key: "c" }];
    const { Deleted, Errors } = await server.client().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([{ Key: "a\r&" }, { Key: "c" }]);
    expect(Errors).toMatchObject([{ Key: "b", Code: "PreconditionFailed" }]);
    const quiet = { Objects: [{ Key: "b" }], Quiet: true };
    expect((await server.client().send(new DeleteObjectsCommand({ Bucket, Delete: quiet }))).Deleted).toBeUndefined();
    expect(server.s3.objectsOf(Bucket)).toEqual([]);
  });

  const crc32 = { "x-amz-checksum-crc32": "AAAAAA==" };
  test.each<[string, Record<string, string>, string]>([
    ["<Delete><Object><Key>a</Key></Object></Delete>", {}, "Missing required header for this request"],
    ["", crc32, "MalformedXML"],
  ])("refuses %j with %j", async (body, headers, text) => {
    const answer = await server.request(`/${Bucket}?delete`, { method: "POST", body, headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(text) });
  });

  test.each([
    "<Delete></Delete>",
    "<Delete><Object><Key>a</Key></Object>",
    "<Other/>",
    "<!DOCTYPE a><Delete><Object><Key>a</Key></Object></Delete>",
    "<Delete><Object><Key>&nope;</Key></Object></Delete>",
    "<Delete><Object><VersionId>a</VersionId></Object></Delete>",
    `<Delete>${"<Object><Key>a</Key></Object>".repeat(1001)}</Delete>`,
  ])("refuses %.60j as malformed", async (body) => {
    const { createHash } = await import("node:crypto");
    const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
    const answer = await server.request(`/${Bucket}?delete`, { method: "POST", body, headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("<Code>MalformedXML</Code>") });
  });
});

describe("versions", () => {
  const versions = async () => {
    const { Versions = [], DeleteMarkers = [] } = await server
      .client()
      .send(new ListObjectVersionsCommand({ Bucket, Prefix: "key" }));
    return { Versions, DeleteMarkers };
  };

  test("are kept, and read by their ids", async () => {
    enableVersioning();
    const [one, two] = [await put({ Body: "one" }), await put({ Body: "two" })];
    expect(one.VersionId).toMatch(/^[\w-]{32}$/);
    expect(await get()).toMatchObject({ VersionId: two.VersionId });
    expect(await textOf({ VersionId: one.VersionId })).toBe("one");
    expect((await versions()).Versions.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two.VersionId, true],
      [one.VersionId, false],
    ]);
  });

  test("lie beneath a delete marker, and come back when it is deleted", async () => {
    enableVersioning();
    const { VersionId } = await put();
    const marker = await server.client().send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    const gone = await server.request("/objects/key");
    expect(gone).toMatchObject({
      status: 404,
      headers: { "x-amz-delete-marker": "true", "x-amz-version-id": marker.VersionId },
    });
    const direct = await server.request(`/objects/key?versionId=${marker.VersionId}`);
    expect(direct).toMatchObject({ status: 405, headers: { allow: "DELETE", "x-amz-delete-marker": "true" } });
    expect(await textOf({ VersionId })).toBe("text");
    await put({ IfNoneMatch: "*", Key: "key", Body: "new" });
    expect((await versions()).DeleteMarkers).toMatchObject([{ Key: "key", IsLatest: false }]);
    const deleteMarker = new DeleteObjectCommand({ Bucket, Key: "key", VersionId: marker.VersionId });
    expect(await server.client().send(deleteMarker)).toMatchObject({ DeleteMarker: true });
    expect((await versions()).DeleteMarkers).toEqual([]);
  });

  test("can be deleted for good", async () => {
    enableVersioning();
    const [one, two] = [await put({ Body: "one" }), await put({ Body: "two" })];
    await server.client().send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId: two.VersionId }));
    expect(await textOf()).toBe("one");
    await server.client().send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId: one.VersionId }));
    expect(await versions()).toEqual({ Versions: [], DeleteMarkers: [] });
  });

  test("of a bucket whose versioning is suspended are one called null", async () => {
    await put({ Body: "before" });
    enableVersioning();
    const kept = await put({ Body: "kept" });
    enableVersioning("Suspended");
    await put({ Body: "after" });
    expect((await versions()).Versions.map(({ VersionId }) => VersionId)).toEqual(["null", kept.VersionId]);
    expect(await textOf({ VersionId: "null" })).toBe("after");
    await server.client().send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    expect((await versions()).DeleteMarkers).toMatchObject([{ VersionId: "null", IsLatest: true }]);
    expect(await textOf({ VersionId: kept.VersionId })).toBe("kept");
  });

  test.each<[string, string, number]>([
    ["x", "InvalidArgument", 400],
    ["A".repeat(32), "NoSuchVersion", 404],
  ])("with the id %s are refused", async (VersionId, name, status) => {
    enableVersioning();
    await put();
    await expect(get({ VersionId })).rejects.toMatchObject(refusal(name, status));
  });
});
