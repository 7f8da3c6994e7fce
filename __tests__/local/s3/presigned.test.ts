import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { S3Server } from "../../support/s3-server";

const Bucket = "presigned";
let server: S3Server;
let client: S3Client;
beforeEach(async () => {
  server = await S3Server.start();
  server.s3.createBucket({ bucket: Bucket });
  client = server.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
});
afterEach(() => server.stop());

const upload = (url: string, body: string, headers: Record<string, string> = {}, method = "PUT") =>
  fetch(url, { method, body, headers });

describe("a presigned PUT", () => {
  const signUpload = (input: object = {}, signed: readonly string[] = []) =>
    getSignedUrl(client, new PutObjectCommand({ Bucket, Key: "a b/数.txt", ...input }), {
      expiresIn: 60,
      signableHeaders: new Set(signed),
    });

  test("uploads byte by byte", async () => {
    const url = await signUpload({ ContentType: "text/plain" }, ["content-type"]);
    expect((await upload(url, "bytes", { "content-type": "text/plain" })).status).toBe(200);
    expect(server.s3.objectsOf(Bucket)).toMatchObject([
      { key: "a b/数.txt", body: Buffer.from("bytes"), contentType: "text/plain" },
    ]);
  });

  test("is what the URL says: metadata and condition are in its query", async () => {
    const url = await signUpload({ Metadata: { by: "someone" }, IfNoneMatch: "*" }, ["if-none-match"]);
    const headers = { "if-none-match": "*" };
    expect((await upload(url, "x", headers)).status).toBe(200);
    expect(server.s3.objectsOf(Bucket)[0]?.metadata).toEqual({ by: "someone" });
    expect((await upload(url, "x", headers)).status).toBe(412);
  });

  test("is bound to the type and the length that it was signed for", async () => {
    const url = await signUpload({ ContentType: "text/plain", ContentLength: 5 }, ["content-type", "content-length"]);
    for (const [body, type] of [
      ["bytes", "text/html"],
      ["byte", "text/plain"],
    ] as const) {
      const answer = await upload(url, body, { "content-type": type });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("<Code>SignatureDoesNotMatch</Code>");
    }
    expect((await upload(url, "bytes", { "content-type": "text/plain" })).status).toBe(200);
  });

  test("is refused in another method, for another key, and when it has expired", async () => {
    const url = await signUpload();
    expect((await fetch(url)).status).toBe(403);
    expect((await upload(url.replace(".txt", ".exe"), "x")).status).toBe(403);
    server.clock.skip(61_000);
    const expired = await upload(url, "x");
    expect(expired.status).toBe(403);
    expect(await expired.text()).toContain("<Code>AccessDenied</Code><Message>Request has expired</Message>");
    expect(server.s3.objectsOf(Bucket)).toEqual([]);
  });

  test("by an SDK that signs a checksum of nothing takes no body", async () => {
    client = server.client();
    const answer = await upload(await signUpload(), "bytes");
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("<Code>BadDigest</Code>");
  });

  test("streams of unknown length are refused", async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode("x"));
        controller.close();
      },
    });
    const streamed: RequestInit & { duplex: "half" } = { method: "PUT", body, duplex: "half" };
    const answer = await fetch(await signUpload(), streamed);
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain("<Header>Transfer-Encoding</Header>");
  });
});

test("Signature Version 2 is refused as AWS does, in a URL, a header and a form", async () => {
  const form = new FormData();
  for (const name of ["key", "AWSAccessKeyId", "signature", "policy", "file"]) form.append(name, "x");
  const answers = await Promise.all([
    fetch(`${server.url}/${Bucket}/a?AWSAccessKeyId=AKIDEXAMPLE&Signature=x&Expires=1`),
    fetch(`${server.url}/${Bucket}/a`, { headers: { authorization: "AWS AKIDEXAMPLE:x" } }),
    fetch(`${server.url}/${Bucket}`, { method: "POST", body: form }),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("<Code>InvalidRequest</Code><Message>The authorization mechanism");
  }
});

test("a presigned GET downloads byte by byte, under the name that it was signed for", async () => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  await client.send(new PutObjectCommand({ Bucket, Key: "bytes", Body: body }));
  const input = { Bucket, Key: "bytes", ResponseContentDisposition: 'attachment; filename="a.bin"' };
  const answer = await fetch(await getSignedUrl(client, new GetObjectCommand(input), { expiresIn: 60 }));
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="a.bin"');
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(body);
});
