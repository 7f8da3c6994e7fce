import * as fc from "fast-check";
import { MAX_CONTENT_BYTES } from "../../handlers/schemas/write-object";
import type { Cloud } from "../../local/cloud";
import { type Answer, signedRequest } from "../../local/walks/signed-request";
import { documentOnlyGrants } from "../../policy/document-only-grants";
import { LocalStack } from "../support/local-stack";
import { systemFolder } from "../support/synth";

const stack = new LocalStack(systemFolder("storage", "dev"));
const BUCKET = "dev-storage-123456789012-eu-west-1";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await stack.start();
});
afterAll(() => stack.stopAll());

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly on?: Cloud;
}

const call = (route: string, { body, headers, on = cloud }: Call = {}): Promise<Answer> => {
  const [method = "", path = ""] = route.split(" ");
  const url = `${on.stacks[0]?.outputs.storage_url?.value}${path}`;
  return signedRequest(on, { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) });
};

const pathOf = (key: string): string => `/objects/${encodeURIComponent(key)}`;
const json = ({ body }: Answer) => JSON.parse(body);
const base64 = (bytes: Buffer) => ({ content: bytes.toString("base64"), encoding: "base64" });

describe("an object", () => {
  test("is written, listed, read and deleted, each under the one grant for it", async () => {
    const written = await call("POST /objects", {
      body: { key: "a/b.txt", content: "tea", contentType: "text/plain" },
    });
    expect([written.status, json(written)]).toEqual([
      201,
      { key: "a/b.txt", etag: expect.stringMatching(/^"[0-9a-f]{32}"$/), versionId: expect.any(String), size: 3 },
    ]);
    expect(written.headers.get("location")).toBe("/dev/objects/a%2Fb.txt");

    const listed = await call("GET /objects?prefix=a/");
    expect(json(listed)).toEqual({
      objects: [{ key: "a/b.txt", size: 3, etag: json(written).etag, lastModified: expect.any(String) }],
    });
    const read = await call(`GET ${pathOf("a/b.txt")}`);
    expect([read.status, read.body, read.headers.get("content-type")]).toEqual([200, "tea", "text/plain"]);
    expect(read.headers.get("etag")).toBe(json(written).etag);

    expect((await call(`DELETE ${pathOf("a/b.txt")}`)).status).toBe(204);
    const gone = await call(`GET ${pathOf("a/b.txt")}`);
    expect([gone.status, gone.headers.get("content-type"), json(gone)]).toEqual([
      404,
      "application/problem+json",
      {
        type: "about:blank",
        title: "Not Found",
        status: 404,
        detail: "There is no object with this key.",
        instance: gone.headers.get("x-amzn-requestid"),
      },
    ]);
    expect((await call("GET /objects/never-there")).status).toBe(404);
    expect(cloud.iam.denials()).toEqual([]);
  });

  test("may have any key and any bytes", async () => {
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
    await fc.assert(
      fc.asyncProperty(key, fc.uint8Array({ maxLength: 2_000 }), async (name, content) => {
        // The client here drops these from the path, and a key that climbs above the top is S3's to refuse.
        fc.pre(name !== "." && !name.split("/").includes(".."));
        const bytes = Buffer.from(content);
        expect((await call("POST /objects", { body: { key: name, ...base64(bytes) } })).status).toBe(201);
        const listed = json(await call(`GET /objects?prefix=${encodeURIComponent(name)}&limit=1000`));
        expect(listed.objects.map((object: { key: string }) => object.key)).toContain(name);
        const read = await call(`GET ${pathOf(name)}`);
        expect([read.status, read.bytes.equals(bytes)]).toEqual([200, true]);
      }),
      { numRuns: 40 },
    );
  });

  test.each(["a/../b", "./a", "a//b", "a/", "a%2Fb", "a+b", "a b", "é", "日本", "?x=1#y", "~", "a\\b"])(
    "has the key %s exactly as sent",
    async (key) => {
      expect((await call("POST /objects", { body: { key, content: key } })).status).toBe(201);
      expect(cloud.s3.objectsOf(BUCKET).map((object) => object.key)).toContain(key);
      expect((await call(`GET ${pathOf(key)}`)).body).toBe(key);
    },
  );

  test("of the largest content passes, and one byte more is told the limit and what to do", async () => {
    const write = (length: number) =>
      call("POST /objects", { body: { key: "large", ...base64(Buffer.alloc(length, 7)) } });
    expect((await write(MAX_CONTENT_BYTES)).status).toBe(201);
    expect((await call("GET /objects/large")).bytes.length).toBe(MAX_CONTENT_BYTES);
    const refused = await write(MAX_CONTENT_BYTES + 1);
    expect([refused.status, json(refused).detail]).toEqual([
      413,
      `content must be at most ${MAX_CONTENT_BYTES} bytes, got: ${MAX_CONTENT_BYTES + 1}; upload larger objects with a presigned URL.`,
    ]);
  });

  // No gateway response changes what API Gateway says here: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
  test.each([
    [4_800_000, '{"message":"Request Too Long"}'],
    [11_000_000, "HTTP content length exceeded 10485760 bytes."],
  ])("of %i bytes comes to nobody's function", async (length, text) => {
    const answer = await call("POST /objects", { body: { key: "large", ...base64(Buffer.alloc(length)) } });
    expect([answer.status, answer.body]).toEqual([413, text]);
  });

  test("that Lambda could not hand back is read by a redirect to S3", async () => {
    const body = Buffer.alloc(5_000_000, "x");
    const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
    const { credentials } = cloud.iam.operator();
    const s3 = new S3Client({ endpoint: cloud.endpoint, region: "eu-west-1", forcePathStyle: true, credentials });
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "very large", Body: body }));
    const answer = await call("GET /objects/very%20large");
    expect([answer.status, answer.body]).toEqual([303, ""]);
    const found = await fetch(answer.headers.get("location") ?? "");
    expect([found.status, Buffer.from(await found.arrayBuffer()).equals(body)]).toEqual([200, true]);
    s3.destroy();
  });
});

describe("a condition", () => {
  test("keeps a write from replacing what it does not know", async () => {
    const write = (headers?: Record<string, string>) =>
      call("POST /objects", { body: { key: "once", content: "1" }, headers });
    const first = await write({ "if-none-match": "*" });
    expect(first.status).toBe(201);
    expect((await write({ "if-none-match": "*" })).status).toBe(412);
    expect((await write({ "if-match": json(first).etag })).status).toBe(201);
    expect((await write({ "if-match": '"0123"' })).status).toBe(412);
    expect((await write({ "if-unmodified-since": "Mon, 01 Jan 2024 00:00:00 GMT" })).status).toBe(400);
    const missing = await call("POST /objects", {
      body: { key: "none", content: "1" },
      headers: { "if-match": '"0123"' },
    });
    expect(missing.status).toBe(404);
  });

  test("keeps a delete from taking what it does not know", async () => {
    const { etag } = json(await call("POST /objects", { body: { key: "kept", content: "1" } }));
    expect((await call("DELETE /objects/kept", { headers: { "if-match": '"0123"' } })).status).toBe(412);
    expect((await call("GET /objects/kept")).body).toBe("1");
    expect((await call("DELETE /objects/kept", { headers: { "if-match": etag } })).status).toBe(204);
  });
});

describe("pages", () => {
  test("list all objects once, in the order of their bytes", async () => {
    const keys = Array.from({ length: 7 }, (_, at) => `page/${at}`);
    for (const key of keys) await call("POST /objects", { body: { key, content: "" } });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = json(
        await call(`GET /objects?prefix=page/&limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
      );
      expect(page.objects.length).toBeLessThanOrEqual(3);
      found.push(...page.objects.map((object: { key: string }) => object.key));
      cursor = page.cursor;
    } while (cursor);
    expect(found).toEqual(keys);
  });

  test("of buckets name the account's", async () => {
    expect(json(await call("GET /buckets")).buckets).toEqual([
      { name: BUCKET, createdAt: expect.any(String), region: "eu-west-1" },
    ]);
  });

  test.each(["GET /objects?limit=0", "GET /objects?limit=1001", "GET /objects?cursor=x", "GET /buckets?page=2"])(
    "%s is a 400 that names the parameter",
    async (route) => {
      const answer = await call(route);
      expect([answer.status, json(answer).errors]).toEqual([
        400,
        [{ field: expect.any(String), rule: expect.any(String) }],
      ]);
    },
  );
});

describe("the bucket", () => {
  test("is closed to whoever does not sign", async () => {
    await call("POST /objects", { body: { key: "closed", content: "x" } });
    const answer = await fetch(`${cloud.endpoint}/${BUCKET}/closed`);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
  });

  test("and the API are closed to unsigned requests, in the API's own words", async () => {
    const answer = await fetch(`${cloud.stacks[0]?.outputs.storage_url?.value}/objects`);
    expect([answer.status, answer.headers.get("content-type"), await answer.json()]).toEqual([
      403,
      "application/problem+json",
      {
        title: "Missing Authentication Token",
        detail: "There is no such route, or the request is not signed or carries no token.",
        message: "Missing Authentication Token",
        requestId: expect.any(String),
      },
    ]);
  });
});

describe("each grant", () => {
  test("is used by a request, or stands in the list of those that only the documents ask for", async () => {
    const documented = new Set(documentOnlyGrants.map(({ policy }) => policy));
    const unused = cloud.iam.grants().filter(({ uses, policy }) => uses === 0 && !documented.has(policy));
    expect(unused.map(({ role, action }) => [role, action])).toEqual([]);
  });

  test("is one of these", () => {
    expect(stack.grantedActions).toEqual([
      "lambda:InvokeFunction",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:ListAllMyBuckets",
      "s3:ListBucket",
      "s3:PutObject",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
  });

  test.each(stack.grantedActions)("%s, taken away, is named where it is missed", async (action) => {
    await stack.expectMissed(action, async (on) => {
      const { credentials } = on.iam.operator();
      const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
      const s3 = new S3Client({ endpoint: on.endpoint, region: "eu-west-1", forcePathStyle: true, credentials });
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "big", Body: Buffer.alloc(5_000_000) }));
      s3.destroy();
      await call("GET /buckets", { on });
      await call("POST /objects", { on, body: { key: "k", content: "v" }, headers: { "if-match": '"0"' } });
      await call("GET /objects", { on });
      await call("GET /objects/k", { on });
      const redirect = await call("GET /objects/big", { on });
      if (redirect.status === 303) await fetch(redirect.headers.get("location") ?? "");
      await call("DELETE /objects/k", { on });
    });
  });
});
