import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { AwsError } from "../../../local/aws";
import { openAccess } from "../../support/local";
import { S3Server } from "../../support/s3-server";

const [Bucket, Other] = ["objects", "others"];

let server: S3Server;
let client: S3Client;
let asked: { action: string; resource: string }[];
let refused: RegExp | undefined;
beforeEach(async () => {
  refused = undefined;
  const access = openAccess(({ action, resource }) => {
    if (refused?.test(`${action} ${resource}`)) throw new AwsError("AccessDeniedException", "no", 403);
  });
  asked = access.asked;
  server = await S3Server.start(access);
  client = server.client();
  server.s3.createBucket({ bucket: Bucket });
  server.s3.createBucket({ bucket: Other });
  server.s3.setVersioning({ bucket: Other, versioning_configuration: { status: "Enabled" } });
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "a b/ü+",
      Body: "tea",
      ContentType: "text/plain",
      Metadata: { kind: "green" },
    }),
  );
  asked.length = 0;
});
afterEach(() => server.stop());

const source = `${Bucket}/${encodeURIComponent("a b/ü+")}`;
const copy = (input: Partial<CopyObjectCommandInput> = {}) =>
  client.send(new CopyObjectCommand({ Bucket: Other, Key: "copy", CopySource: source, ...input }));
const read = async (Key: string, from = Other) => {
  const answer = await client.send(new GetObjectCommand({ Bucket: from, Key, ChecksumMode: "ENABLED" }));
  return { ...answer, text: await answer.Body?.transformToString() };
};

describe("CopyObject", () => {
  test("copies bytes, headers and metadata", async () => {
    const { CopyObjectResult, VersionId } = await copy();
    expect(CopyObjectResult).toMatchObject({ ETag: '"7239ea2b5dc943f61f3c0a0276c20974"' });
    expect(await read("copy")).toMatchObject({
      ...{ text: "tea", ContentType: "text/plain", Metadata: { kind: "green" }, VersionId },
    });
  });

  test("takes other headers and metadata where it is told to replace them", async () => {
    await copy({ MetadataDirective: "REPLACE", ContentType: "text/html", Metadata: { kind: "black" } });
    expect(await read("copy")).toMatchObject({ ContentType: "text/html", Metadata: { kind: "black" }, text: "tea" });
    await copy({ Key: "kept", ContentType: "text/html", Metadata: { kind: "black" } });
    expect(await read("kept")).toMatchObject({ ContentType: "text/plain", Metadata: { kind: "green" } });
  });

  test("makes a checksum of the kind that is asked for", async () => {
    const { CopyObjectResult } = await copy({ ChecksumAlgorithm: "SHA256" });
    expect(CopyObjectResult?.ChecksumSHA256).toBe((await read("copy")).ChecksumSHA256);
    expect(CopyObjectResult?.ChecksumSHA256).toHaveLength(44);
  });

  test("copies the version that is named, be it deleted since", async () => {
    const put = (Body: string) => client.send(new PutObjectCommand({ Bucket: Other, Key: "v", Body }));
    const { VersionId } = await put("first");
    await put("second");
    const marker = await client.send(new DeleteObjectCommand({ Bucket: Other, Key: "v" }));
    const answer = await copy({ CopySource: `${Other}/v?versionId=${VersionId}` });
    expect([answer.CopySourceVersionId, (await read("copy")).text]).toEqual([VersionId, "first"]);
    await expect(copy({ CopySource: `${Other}/v` })).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(copy({ CopySource: `${Other}/v?versionId=${marker.VersionId}` })).rejects.toMatchObject({
      name: "InvalidRequest",
      message: "The source of a copy request may not specifically refer to a delete marker by version id.",
    });
  });

  test("takes the permission to read there and to write here", async () => {
    await copy();
    expect(asked).toMatchObject([
      { action: "s3:PutObject", resource: "arn:aws:s3:::others/copy", context: { "s3:x-amz-copy-source": source } },
      { action: "s3:GetObject", resource: "arn:aws:s3:::objects/a b/ü+" },
    ]);
    for (const lacking of [/PutObject .*others/, /GetObject .*objects/]) {
      refused = lacking;
      await expect(copy({ Key: "denied" })).rejects.toMatchObject({ name: "AccessDenied" });
    }
    expect(server.s3.objectsOf(Other).map(({ key }) => key)).toEqual(["copy"]);
  });

  test("asks for the version's own permission", async () => {
    const { VersionId } = await copy();
    asked.length = 0;
    await copy({ Key: "again", CopySource: `${Other}/copy?versionId=${VersionId}` });
    expect(asked[1]).toMatchObject({ action: "s3:GetObjectVersion", context: { "s3:versionid": VersionId } });
  });

  test.each<[Partial<CopyObjectCommandInput>, string]>([
    [{ CopySourceIfMatch: '"x"' }, "PreconditionFailed"],
    [{ CopySourceIfNoneMatch: '"7239ea2b5dc943f61f3c0a0276c20974"' }, "PreconditionFailed"],
    [{ CopySourceIfUnmodifiedSince: new Date(0) }, "PreconditionFailed"],
    [{ CopySource: "nowhere/a" }, "NoSuchBucket"],
    [{ CopySource: `${Bucket}/b` }, "NoSuchKey"],
    [{ CopySource: `${Bucket}/b?versionId=${"v".repeat(32)}` }, "NoSuchVersion"],
    [{ CopySource: "no-key" }, "InvalidArgument"],
    [{ CopySource: "arn:aws:s3:eu-west-1:1:accesspoint/a/object/b" }, "InvalidArgument"],
    [{ CopySource: `${Bucket}/%zz` }, "InvalidArgument"],
    [{ ExpectedSourceBucketOwner: "210987654321" }, "AccessDenied"],
    [{ ServerSideEncryption: "aws:kms" }, "NotImplemented"],
    [{ MetadataDirective: "KEEP" as "COPY" }, "InvalidArgument"],
    [{ IfNoneMatch: "x" }, "NotImplemented"],
  ])("is refused with %j: %s", async (input, name) => {
    await expect(copy(input)).rejects.toMatchObject({ name });
    expect(server.s3.objectsOf(Other)).toEqual([]);
  });

  test.each<Partial<CopyObjectCommandInput>>([
    { CopySourceIfMatch: '"7239ea2b5dc943f61f3c0a0276c20974"' },
    { CopySourceIfNoneMatch: '"x"' },
    { CopySourceIfModifiedSince: new Date(0) },
  ])("is done with %j", async (input) => {
    await copy(input);
    expect((await read("copy")).text).toBe("tea");
  });

  test("of an object to itself must change something", async () => {
    const itself = { Bucket, Key: "a b/ü+" };
    await expect(copy(itself)).rejects.toMatchObject({
      name: "InvalidRequest",
      message: expect.stringContaining("This copy request is illegal because it is trying to copy an object to itself"),
    });
    await copy({ ...itself, MetadataDirective: "REPLACE", ContentType: "text/html" });
    expect(await read("a b/ü+", Bucket)).toMatchObject({ ContentType: "text/html", Metadata: {}, text: "tea" });
  });
});

describe("UploadPartCopy", () => {
  const begin = async () =>
    (await client.send(new CreateMultipartUploadCommand({ Bucket: Other, Key: "whole" }))).UploadId ?? "";
  const part = (UploadId: string, PartNumber: number, CopySourceRange?: string) =>
    client.send(
      new UploadPartCopyCommand({
        Bucket: Other,
        Key: "whole",
        UploadId,
        PartNumber,
        CopySource: source,
        CopySourceRange,
      }),
    );

  test("puts an object together from another, and from a range of it", async () => {
    const big = Buffer.alloc(5 * 1024 * 1024, "x");
    await client.send(new PutObjectCommand({ Bucket, Key: "big", Body: big }));
    const UploadId = await begin();
    const first = await client.send(
      new UploadPartCopyCommand({ Bucket: Other, Key: "whole", UploadId, PartNumber: 1, CopySource: `/${Bucket}/big` }),
    );
    const second = await part(UploadId, 2, "bytes=1-2");
    const Parts = [first, second].map(({ CopyPartResult }, at) => ({ PartNumber: at + 1, ETag: CopyPartResult?.ETag }));
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket: Other, Key: "whole", UploadId, MultipartUpload: { Parts } }),
    );
    const { body } = server.s3.objectsOf(Other)[0] ?? {};
    expect(body?.equals(Buffer.concat([big, Buffer.from("ea")]))).toBe(true);
    expect(asked.map(({ action }) => action)).toContain("s3:GetObject");
  });

  test.each([
    ["bytes=1-", "The x-amz-copy-source-range value must be of the form bytes=first-last"],
    ["bytes=2-1", "The x-amz-copy-source-range value must be of the form bytes=first-last"],
    ["bytes=0-3", "Range specified is not valid for source object of size: 3"],
  ])("is refused with the range %s", async (range, message) => {
    await expect(part(await begin(), 1, range)).rejects.toMatchObject({
      name: "InvalidArgument",
      message: expect.stringContaining(message),
    });
  });

  test("takes the last byte", async () => {
    expect((await part(await begin(), 1, "bytes=0-2")).CopyPartResult?.ETag).toBe('"7239ea2b5dc943f61f3c0a0276c20974"');
  });

  test("is refused for an upload that there is not, and without a grant", async () => {
    await expect(part("x", 1)).rejects.toMatchObject({ name: "NoSuchUpload" });
    refused = /GetObject /;
    await expect(part(await begin(), 1)).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

test("an object has no tags, which are told to who may ask", async () => {
  const answer = await server.request(`/${Bucket}/a%20b/%C3%BC%2B?tagging`);
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining("<TagSet></TagSet>")]);
  expect(asked[0]).toMatchObject({ action: "s3:GetObjectTagging" });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key: "b" }))).rejects.toMatchObject({ name: "NotFound" });
});
