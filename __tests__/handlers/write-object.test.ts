import { MAX_CONTENT_BYTES } from "../../handlers/schemas/write-object";
import { parseObject } from "../../handlers/write-object";
import { brokenRules, problemIn } from "../support/answers";
import { Storage } from "../support/storage";

let storage: Storage;

beforeAll(async () => {
  storage = await Storage.start("write-object");
});

afterAll(() => storage.stop());

test("writes text, and says under which ETag and version", async () => {
  const { statusCode, headers, body } = await storage.write({ key: "a b/ü+%2F.txt", content: "grüße" });
  const object = storage.stored("a b/ü+%2F.txt");
  expect(object?.body.toString()).toBe("grüße");
  expect(object?.contentType).toBe("text/plain; charset=utf-8");
  expect(statusCode).toBe(201);
  expect(headers).toMatchObject({
    location: "/dev/objects/a%20b%2F%C3%BC%2B%252F.txt",
    etag: object?.etag,
    "content-type": "application/json",
  });
  expect(JSON.parse(body)).toEqual({
    key: "a b/ü+%2F.txt",
    etag: object?.etag,
    versionId: object?.versionId,
    size: 7,
  });
});

test("writes bytes that come as base64, under the content type that is given", async () => {
  await storage.write({ key: "bytes", content: "AP+A", encoding: "base64", contentType: "image/x; a=b" });
  expect(storage.stored("bytes")).toMatchObject({ body: Buffer.from([0, 255, 128]), contentType: "image/x; a=b" });
  await storage.write({ key: "bytes", content: "", encoding: "base64" });
  expect(storage.stored("bytes")).toMatchObject({ body: Buffer.alloc(0), contentType: "application/octet-stream" });
});

test.each([
  "a/../b",
  "./a",
  "../a",
  "..",
  ".",
  "a//b",
  "/a",
  "a/",
  "//",
  "%2F",
  "%2e%2e/",
  "+",
  "a ",
  " a",
  "?#&",
  "\\",
])("writes to the key '%s' exactly", async (key) => {
  expect((await storage.write({ key, content: key })).statusCode).toBe(201);
  expect(storage.stored(key)?.body.toString()).toBe(key);
});

describe("under conditions", () => {
  test("writes only what is new with If-None-Match: *", async () => {
    const ifNew = { "If-None-Match": "*" };
    expect((await storage.write({ key: "new", content: "1" }, ifNew)).statusCode).toBe(201);
    expect(problemIn(await storage.write({ key: "new", content: "2" }, ifNew)).status).toBe(412);
    expect(storage.stored("new")?.body.toString()).toBe("1");
  });

  test("writes over what it knows with If-Match", async () => {
    const { headers } = await storage.write({ key: "known", content: "1" });
    const ifKnown = { "if-match": String(headers?.etag) };
    expect((await storage.write({ key: "known", content: "2" }, ifKnown)).statusCode).toBe(201);
    expect(problemIn(await storage.write({ key: "known", content: "3" }, ifKnown)).status).toBe(412);
    expect(storage.stored("known")?.body.toString()).toBe("2");
  });

  test("finds nothing to write over with If-Match", async () => {
    const answer = await storage.write({ key: "missing", content: "" }, { "if-match": '"0"' });
    expect(problemIn(answer)).toMatchObject({ status: 404, detail: "There is no object with this key." });
  });

  test.each([
    [{ "If-Match": "abc" }, { "if-match": 'must be an ETag in double quotes, such as "d41d8cd9"' }],
    [{ "If-Match": "*" }, { "if-match": 'must be an ETag in double quotes, such as "d41d8cd9"' }],
    [{ "If-Match": 'W/"a"' }, { "if-match": 'must be an ETag in double quotes, such as "d41d8cd9"' }],
    [{ "If-Match": '"a", "b"' }, { "if-match": 'must be an ETag in double quotes, such as "d41d8cd9"' }],
    [{ "If-None-Match": '"a"' }, { "if-none-match": "must be *" }],
    [{ "If-Match": '"a"', "If-None-Match": "*" }, { "if-none-match": "must not stand beside if-match" }],
    [
      { "If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT" },
      { "if-unmodified-since": "is not a condition that this request can be made under" },
    ],
    [{ "If-Range": '"a"' }, { "if-range": "is not a condition that this request can be made under" }],
  ])("refuses %j, which nobody would heed", async (headers, rules) => {
    expect(brokenRules(await storage.write({ key: "refused", content: "" }, headers))).toEqual(rules);
    expect(storage.stored("refused")).toBeUndefined();
  });
});

describe("refuses, field by field", () => {
  test.each([
    ["no JSON", "{", { body: "must be JSON" }],
    ["no body", "", { body: "must be JSON" }],
    ["a list", "[]", { body: "must be a JSON object" }],
    ["nothing in it", "{}", { key: "is required", content: "is required" }],
    ["other types", { key: 1, content: null }, { key: "must be a string", content: "must be a string" }],
    ["an empty key", { key: "", content: "" }, { key: "must be 1–1024 bytes of UTF-8" }],
    ["a long key", { key: "é".repeat(513), content: "" }, { key: "must be 1–1024 bytes of UTF-8, got: 1026" }],
    ["a control character", { key: "a\n", content: "" }, { key: "must not have control characters" }],
    [
      "half a surrogate pair",
      { key: "\ud800", content: "\udfff" },
      {
        key: "must be well-formed Unicode, without half a surrogate pair",
        content: "must be well-formed Unicode; other bytes are sent with the encoding base64",
      },
    ],
    [
      "other properties",
      '{"key":"k","content":"","acl":1,"__proto__":2}',
      {
        acl: "is not a property of an object to write",
      },
    ],
    ["another encoding", { key: "k", content: "", encoding: "hex" }, { encoding: "must be utf-8 or base64" }],
    [
      "no media type",
      { key: "k", content: "", contentType: "text" },
      { contentType: "must be a media type, such as text/plain" },
    ],
  ])("%s", async (_, body, rules) => {
    expect(brokenRules(await storage.write(body))).toMatchObject(JSON.parse(JSON.stringify(rules)));
  });

  test.each(["A", "AA", "AAA", "AA=", "AA==\n", " AAAA", "AB==", "AA-_", "AAAA=", "é", "A===", "===="])(
    "'%s' as base64",
    async (content) => {
      expect(brokenRules(await storage.write({ key: "k", content, encoding: "base64" }))).toEqual({
        content: "must be base64 with padding, without blanks",
      });
    },
  );

  test("a body that is not UTF-8", async () => {
    const body = Buffer.from([0x22, 0xff, 0x22]);
    const answer = await storage.request("write-object", { target: "/objects", method: "POST", body });
    expect(brokenRules(answer)).toEqual({ body: "must be UTF-8" });
  });
});

test("takes a content up to the limit, and says what to do with more", async () => {
  const content = (bytes: number) => Buffer.alloc(bytes, 255).toString("base64");
  const largest = { key: "large", encoding: "base64", content: content(MAX_CONTENT_BYTES) };
  expect((await storage.write(largest)).statusCode).toBe(201);
  expect(storage.stored("large")?.body).toHaveLength(MAX_CONTENT_BYTES);
  expect(problemIn(await storage.write({ ...largest, content: content(MAX_CONTENT_BYTES + 1) }))).toMatchObject({
    status: 413,
    detail: "content must be at most 3459072 bytes, got: 3459073; upload larger objects with a presigned URL.",
  });
  expect(() => parseObject(JSON.stringify({ key: "text", content: "é".repeat(MAX_CONTENT_BYTES) }))).toThrow(
    "content must be at most 3459072 bytes, got: 6918144",
  );
});

describe("answers the largest oddities in the shape of a problem", () => {
  const LARGE = 4_000_000;
  const names = Array.from({ length: 300_000 }, (_, at) => `"p${at}":1`).join(",");
  test.each<[string, string, object]>([
    ["very many properties", `{${names}}`, { key: "is required", p0: "is not a property of an object to write" }],
    [
      "a very long name",
      `{"${"n".repeat(LARGE)}":1}`,
      { ["n".repeat(100)]: "is not a property of an object to write" },
    ],
    ["very deep nesting", "[".repeat(LARGE / 2) + "]".repeat(LARGE / 2), { body: "must be a JSON object" }],
    [
      "a very long content type",
      JSON.stringify({ key: "k", content: "", contentType: `a/b; c="${"\\a".repeat(LARGE / 2)}` }),
      { contentType: "must have at most 255 characters" },
    ],
    [
      "a very long key",
      JSON.stringify({ key: "k".repeat(LARGE), content: "" }),
      { key: "must be 1–1024 bytes of UTF-8" },
    ],
    [
      "very long base64 that is none",
      JSON.stringify({ key: "k", content: "A".repeat(LARGE + 1), encoding: "base64" }),
      { content: "must be base64 with padding, without blanks" },
    ],
  ])("%s", async (_, body, rules) => {
    const answer = await storage.write(body);
    expect(brokenRules(answer)).toMatchObject(rules);
    expect(answer.body.length).toBeLessThan(10_000);
  });
});

test("asks S3 for nothing but the writing, and for reading where a condition is on the ETag", () => {
  const actions = new Set(storage.access.asked.map(({ action }) => action));
  for (const action of actions) expect(["s3:PutObject", "s3:GetObject", "s3:ListBucket"]).toContain(action);
});
