import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { APIGatewayProxyResult } from "aws-lambda";
import { brokenRules, problemIn } from "../support/answers";
import { BUCKET_NAME, Storage } from "../support/storage";

let storage: Storage;

beforeAll(async () => {
  storage = await Storage.start("read-object", "write-object", "delete-object");
});

afterAll(() => storage.stop());

/** Puts bytes past the API, for what it would not write. */
async function put(key: string, body: Buffer, headers: Record<string, string> = {}): Promise<void> {
  const { "content-type": ContentType, "content-encoding": ContentEncoding } = headers;
  const input = { Bucket: BUCKET_NAME, Key: key, Body: body, ContentType, ContentEncoding };
  await storage.server.client().send(new PutObjectCommand(input));
}

/** Bytes that a client gets by following a redirect. */
async function followed({ headers }: APIGatewayProxyResult): Promise<Buffer> {
  const { pathname, search } = new URL(String(headers?.location));
  const { status, body } = await storage.server.request(pathname + search);
  expect(status).toBe(200);
  return body;
}

test("gives the bytes back, with what S3 knows of them", async () => {
  await storage.write({ key: "a/b", content: "AP+A", encoding: "base64", contentType: "image/x" });
  const { statusCode, headers, body, isBase64Encoded } = await storage.read("a/b");
  expect([statusCode, body, isBase64Encoded]).toEqual([200, "AP+A", true]);
  expect(headers).toEqual({
    "content-type": "image/x",
    etag: storage.stored("a/b")?.etag,
    "last-modified": expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
  });
});

test("gives an empty object back", async () => {
  await storage.write({ key: "empty", content: "" });
  expect(await storage.read("empty")).toMatchObject({ statusCode: 200, body: "", isBase64Encoded: true });
});

test("says how the bytes are encoded, where S3 knows", async () => {
  await put("gzipped", Buffer.from("x"), { "content-encoding": "gzip" });
  expect((await storage.read("gzipped")).headers).toMatchObject({ "content-encoding": "gzip" });
});

test("finds the key in the path, however it was encoded", async () => {
  await storage.write({ key: "folder/", content: "with a slash" });
  await storage.write({ key: "folder", content: "without" });
  const at = async (target: string): Promise<string> =>
    Buffer.from((await storage.request("read-object", { target })).body, "base64").toString();
  expect(await at("/objects/folder/")).toBe("with a slash");
  expect(await at("/objects/folder%2F")).toBe("with a slash");
  expect(await at("/objects/f%6Flder")).toBe("without");
});

test("answers 404 for what is not there, or is deleted", async () => {
  const missing = { status: 404, detail: "There is no object with this key." };
  expect(problemIn(await storage.read("missing"))).toMatchObject(missing);
  await storage.write({ key: "deleted", content: "" });
  await storage.delete("deleted");
  expect(problemIn(await storage.read("deleted"))).toMatchObject(missing);
});

describe("near Lambda's limit of a response", () => {
  /** The largest object whose answer has 6,291,556 bytes at most, by the answer to a small one. */
  async function largest(key: string): Promise<number> {
    await put(key, Buffer.alloc(0), { "content-type": "a/b" });
    const around = JSON.stringify(await storage.read(key)).length;
    return Math.floor((6_291_556 - around) / 4) * 3;
  }

  test("answers with the bytes while they fit", async () => {
    const bytes = await largest("fits");
    const content = Buffer.alloc(bytes, 7);
    await put("fits", content, { "content-type": "a/b" });
    const answer = await storage.read("fits");
    expect(answer.statusCode).toBe(200);
    expect(JSON.stringify(answer).length).toBeLessThanOrEqual(6_291_556);
    expect(content.equals(Buffer.from(answer.body, "base64"))).toBe(true);
  });

  test("redirects beyond, to the same version, whatever is written meanwhile", async () => {
    const bytes = (await largest("too-large")) + 1;
    const content = Buffer.alloc(bytes, 7);
    await put("too-large", content, { "content-type": "a/b" });
    const answer = await storage.read("too-large");
    expect(answer).toMatchObject({ statusCode: 303, body: "", headers: { "cache-control": "no-store" } });
    expect(new URL(String(answer.headers?.location)).searchParams.get("X-Amz-Expires")).toBe("300");
    await storage.write({ key: "too-large", content: "another" });
    expect(content.equals(await followed(answer))).toBe(true);
  });

  test("keeps answering after redirects whose bodies nobody read", async () => {
    await put("huge", Buffer.alloc(8_000_000));
    for (let time = 0; time < 60; time++) expect((await storage.read("huge")).statusCode).toBe(303);
    expect((await storage.read("a/b")).statusCode).toBe(200);
  });
});

test("heeds no condition that only saves bytes, and refuses the others", async () => {
  const { etag } = (await storage.read("a/b")).headers as Record<string, string>;
  const savings = { "If-None-Match": String(etag), "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT" };
  expect((await storage.read("a/b", savings)).statusCode).toBe(200);
  expect(brokenRules(await storage.read("a/b", { "If-Match": String(etag) }))).toEqual({
    "if-match": "is not a condition that this request can be made under",
  });
});

test("refuses a path that names no key", async () => {
  const answer = await storage.request("read-object", { target: "/objects/%FF" });
  expect(brokenRules(answer)).toEqual({ key: "must be UTF-8, percent-encoded" });
});
