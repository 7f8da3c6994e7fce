import type { APIGatewayProxyResult } from "aws-lambda";
import * as fc from "fast-check";
import { brokenKeyRule } from "../../handlers/storage/object-key";
import { brokenRules, problemIn } from "../support/answers";
import { LambdaFunction } from "../support/lambda-function";
import { proxyEvent } from "../support/proxy-event";
import { SigningAccount } from "../support/signing-account";

interface Presigned {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly fields?: Record<string, string>;
  readonly expiresAt: string;
}

const BUCKET_NAME = "files-of-tests";
const KEY_PREFIX = "shared/";
const MAX_UPLOAD_BYTES = 1_000;

let account: SigningAccount;
let generator: LambdaFunction;

beforeAll(async () => {
  account = await SigningAccount.start(BUCKET_NAME, KEY_PREFIX);
  generator = await startGenerator();
});

afterAll(async () => {
  await generator.stop();
  await account.stop();
});

/** An execution environment of its own, in which no session has been made. */
const startGenerator = (): Promise<LambdaFunction> =>
  LambdaFunction.start("handlers/generate-presigned-url.ts", {
    ...account.environment(),
    BUCKET_NAME,
    KEY_PREFIX,
    MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    ALLOWED_ORIGINS: "https://a.example https://b.example",
  });

type Query = Readonly<Record<string, string>>;

function ask(query: Query, headers: Query = {}, from = generator): Promise<APIGatewayProxyResult> {
  return from.invoke(proxyEvent({ target: `/presigned-url?${new URLSearchParams(query)}`, headers }));
}

async function presigned(query: Query): Promise<Presigned> {
  const { statusCode, body } = await ask(query);
  expect([statusCode, body]).toEqual([200, expect.stringContaining("expiresAt")]);
  return JSON.parse(body) as Presigned;
}

const stored = (fileKey: string) => account.s3.objectsOf(BUCKET_NAME).find(({ key }) => key === KEY_PREFIX + fileKey);

/** Code of the error that S3 answers with. */
const codeIn = ({ body }: { readonly body: Buffer }): string | undefined => /<Code>(\w+)</.exec(body.toString())?.[1];

const put = (url: string, body: Buffer | string, headers: Query = {}) =>
  account.send(url, { method: "PUT", headers, body });

/** Uploads by a form, as a browser does: the fields, then the file. */
function post({ url, fields = {} }: Presigned, file: Buffer, changes: Query = {}) {
  const boundary = "----of-the-form";
  const part = (name: string, value: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Object.entries({ ...fields, ...changes }).map(([name, value]) => part(name, value));
  const begin = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="f"\r\ncontent-type: a/b\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head.join("") + begin), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return account.send(url, {
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body,
  });
}

const bytes = Buffer.from([0, 255, 13, 10, 128]);

test("signs an upload and a download that carry any bytes under the prefix", async () => {
  const upload = await presigned({ operation: "upload", fileKey: "a b/ü+%2F.bin" });
  expect(upload).toMatchObject({ method: "PUT", headers: {} });
  expect((await put(upload.url, bytes)).status).toBe(200);
  expect(stored("a b/ü+%2F.bin")?.body).toEqual(bytes);
  const download = await presigned({ operation: "download", fileKey: "a b/ü+%2F.bin" });
  expect(download).toMatchObject({ method: "GET", headers: {} });
  expect((await account.send(download.url, { method: "GET" })).body).toEqual(bytes);
});

test("lets an upload have any content type and length where none is bound", async () => {
  const { url } = await presigned({ operation: "upload", fileKey: "free" });
  expect((await put(url, "<p>", { "content-type": "text/html" })).status).toBe(200);
  expect(stored("free")?.contentType).toBe("text/html");
});

test("binds content type and length into the signature of an upload", async () => {
  const upload = await presigned({
    operation: "upload",
    fileKey: "bound",
    contentType: "image/png",
    contentLength: "5",
  });
  expect(upload.headers).toEqual({ "content-type": "image/png", "content-length": "5" });
  const send = (body: string, headers: Query) => put(upload.url, body, headers);
  expect(codeIn(await send("12345", { "content-type": "text/html" }))).toBe("SignatureDoesNotMatch");
  expect(codeIn(await send("12345", {}))).toMatch(/SignatureDoesNotMatch|AccessDenied/);
  expect(codeIn(await send("123456", { "content-type": "image/png" }))).toBe("SignatureDoesNotMatch");
  expect(codeIn(await send("1234", { "content-type": "image/png" }))).toBe("SignatureDoesNotMatch");
  expect(stored("bound")).toBeUndefined();
  expect((await send("12345", upload.headers)).status).toBe(200);
  expect(stored("bound")?.contentType).toBe("image/png");
});

test("binds an empty body", async () => {
  const { url, headers } = await presigned({ operation: "upload", fileKey: "empty", contentLength: "0" });
  expect(codeIn(await put(url, "1"))).toBe("SignatureDoesNotMatch");
  expect((await put(url, "", headers)).status).toBe(200);
});

test.each([
  ["plain.txt", `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
  ['né"w\\%41;.txt'.replace("\\", ""), `attachment; filename="n__w_41;.txt"; filename*=UTF-8''n%C3%A9%22w%2541%3B.txt`],
  ["😀'(*)", `attachment; filename="_'(*)"; filename*=UTF-8''%F0%9F%98%80%27%28%2A%29`],
])("makes a download be saved as %s", async (fileName, disposition) => {
  await put((await presigned({ operation: "upload", fileKey: "named" })).url, bytes);
  const { url } = await presigned({ operation: "download", fileKey: "named", fileName });
  expect((await account.send(url, { method: "GET" })).headers["content-disposition"]).toBe(disposition);
});

describe("signs a form", () => {
  test("whose size S3 bounds, on both sides of the bound", async () => {
    const form = await presigned({ operation: "upload-form", fileKey: "form" });
    expect(form).toMatchObject({ method: "POST", headers: {}, fields: { key: "shared/form" } });
    expect(codeIn(await post(form, Buffer.alloc(MAX_UPLOAD_BYTES + 1)))).toBe("EntityTooLarge");
    expect(stored("form")).toBeUndefined();
    expect((await post(form, Buffer.alloc(MAX_UPLOAD_BYTES))).status).toBe(204);
    expect(stored("form")?.body).toHaveLength(MAX_UPLOAD_BYTES);
    expect((await post(form, Buffer.alloc(0))).status).toBe(204);
  });

  test("whose content type and length S3 enforces where they are given", async () => {
    const form = await presigned({
      operation: "upload-form",
      fileKey: "exact",
      contentType: "image/png",
      contentLength: "5",
    });
    expect(codeIn(await post(form, bytes, { "Content-Type": "text/html" }))).toBe("AccessDenied");
    expect(codeIn(await post(form, Buffer.alloc(4)))).toBe("EntityTooSmall");
    expect(codeIn(await post(form, bytes, { key: "shared/other" }))).toBe("AccessDenied");
    expect((await post(form, bytes)).status).toBe(204);
    expect(stored("exact")).toMatchObject({ body: bytes, contentType: "image/png" });
  });
});

test("any key and any bytes survive an upload and a download", async () => {
  const keys = fc
    .array(
      fc.oneof(
        fc.constantFrom("/", "..", "%2F", "+", " ", "&", "?", "#", "$", "\\"),
        fc.string({ unit: "binary", maxLength: 5 }),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((parts) => parts.join(""))
    .filter((key) => !brokenKeyRule(key));
  await fc.assert(
    fc.asyncProperty(keys, fc.uint8Array({ maxLength: 100 }), fc.boolean(), async (fileKey, content, byForm) => {
      const body = Buffer.from(content);
      if (byForm) {
        expect((await post(await presigned({ operation: "upload-form", fileKey }), body)).status).toBe(204);
      } else {
        expect((await put((await presigned({ operation: "upload", fileKey })).url, body)).status).toBe(200);
      }
      const { url } = await presigned({ operation: "download", fileKey });
      expect((await account.send(url, { method: "GET" })).body.equals(body)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

describe("a URL is good for nothing else", () => {
  test("not for another method, key or expiry", async () => {
    await put((await presigned({ operation: "upload", fileKey: "mine" })).url, bytes);
    const { url } = await presigned({ operation: "download", fileKey: "mine", expiresIn: "60" });
    for (const tampered of [url.replace("mine", "other"), url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")]) {
      expect(codeIn(await account.send(tampered, { method: "GET" }))).toBe("SignatureDoesNotMatch");
    }
    expect(codeIn(await put(url, bytes))).toBe("SignatureDoesNotMatch");
  });

  test("its session could neither read for an upload nor leave the prefix", async () => {
    const from = await startGenerator();
    const calls = account.assumed.length;
    await ask({ operation: "upload", fileKey: "x" }, {}, from);
    await ask({ operation: "download", fileKey: "x" }, {}, from);
    await from.stop();
    const policies = account.assumed.slice(calls).map((call) => JSON.parse(call.get("Policy") ?? ""));
    const allowing = (Action: string) => ({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action, Resource: `arn:aws:s3:::${BUCKET_NAME}/${KEY_PREFIX}*` }],
    });
    expect(policies).toEqual([allowing("s3:PutObject"), allowing("s3:GetObject")]);
  });
});

describe("says when a URL ends", () => {
  const signed = ({ url }: Presigned): { at: number; seconds: number } => {
    const { searchParams } = new URL(url);
    const date = (searchParams.get("X-Amz-Date") ?? "").replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5");
    return { at: Date.parse(date), seconds: Number(searchParams.get("X-Amz-Expires")) };
  };

  test.each(["1", "900", "3589"])("after the %s s that it was asked for", async (expiresIn) => {
    const url = await presigned({ operation: "upload", fileKey: "x", expiresIn });
    expect(signed(url).seconds).toBe(Number(expiresIn));
    expect(Date.parse(url.expiresAt)).toBe(signed(url).at + Number(expiresIn) * 1000);
  });

  test("after an hour, or a few seconds before with the session that signed it", async () => {
    const url = await presigned({ operation: "download", fileKey: "x" });
    const { at, seconds } = signed(url);
    expect(seconds).toBeGreaterThanOrEqual(3590);
    expect(seconds).toBeLessThanOrEqual(3600);
    expect(Date.parse(url.expiresAt)).toBe(at + seconds * 1000);
  });

  test("that is a form not after the session that signed it", async () => {
    const { fields, expiresAt } = await presigned({ operation: "upload-form", fileKey: "x" });
    const [accessKeyId = ""] = fields?.["X-Amz-Credential"]?.split("/") ?? [];
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(account.iam.sessionOf(accessKeyId)?.expiration ?? 0);
  });

  test("and then S3 refuses it, as it does a form", async () => {
    const other = await SigningAccount.start(BUCKET_NAME, KEY_PREFIX);
    const from = await LambdaFunction.start("handlers/generate-presigned-url.ts", {
      ...other.environment(),
      BUCKET_NAME,
      KEY_PREFIX,
      MAX_UPLOAD_BYTES: "1000",
    });
    const query = { fileKey: "x", expiresIn: "60" };
    const url = JSON.parse((await ask({ operation: "upload", ...query }, {}, from)).body) as Presigned;
    const form = JSON.parse((await ask({ operation: "upload-form", ...query }, {}, from)).body) as Presigned;
    const policy = JSON.parse(Buffer.from(form.fields?.Policy ?? "", "base64").toString());
    expect(Date.parse(policy.expiration)).toBe(Date.parse(form.expiresAt));
    expect((await other.send(url.url, { method: "PUT", body: "1" })).status).toBe(200);
    other.clock.skip(62_000);
    expect(codeIn(await other.send(url.url, { method: "PUT", body: "2" }))).toBe("AccessDenied");
    expect(other.s3.objectsOf(BUCKET_NAME)[0]?.body.toString()).toBe("1");
    await from.stop();
    await other.stop();
  });
});

test("makes one session for each kind of access, and keeps it", async () => {
  const from = await startGenerator();
  const calls = account.assumed.length;
  for (const operation of ["upload", "download", "upload-form", "upload", "download"]) {
    expect((await ask({ operation, fileKey: "x" }, {}, from)).statusCode).toBe(200);
  }
  expect(account.assumed.length - calls).toBe(2);
  expect(account.assumed.at(-1)?.get("DurationSeconds")).toBe("3600");
  await from.stop();
});

describe("refuses", () => {
  const upload = { operation: "upload", fileKey: "x" };
  const download = { operation: "download", fileKey: "x" };
  const notInteger = "must be a whole number of seconds, 1–3600";
  const notLength = "must be a whole number of bytes, 0–1000";
  const notName = "must be 1–255 characters without control characters and slashes";
  const notType = "must be a media type, such as image/png";

  test.each([{}, { operation: "delete" }, { operation: "" }, { operation: "Upload", fileKey: "x" }])(
    "%j as an invalid operation",
    async (query) => {
      const problem = problemIn(await ask(query as Query));
      expect(problem).toMatchObject({ status: 400, detail: "Invalid operation", message: "Invalid operation" });
    },
  );

  test.each<[Query, Query]>([
    [{ operation: "upload" }, { fileKey: "is required" }],
    [{ ...upload, fileKey: "" }, { fileKey: "must be 1–1017 bytes of UTF-8, got: 0" }],
    [{ ...upload, fileKey: "é".repeat(509) }, { fileKey: "must be 1–1017 bytes of UTF-8, got: 1018" }],
    [{ ...upload, fileKey: "a\n" }, { fileKey: "must not have control characters" }],
    [
      { ...upload, operation: "upload-form", fileKey: "a${filename}" },
      { fileKey: "must not have ${filename} in it, which a form replaces" },
    ],
    [
      { ...upload, operation: "upload-form", contentType: 'a/b; c="${filename}"' },
      { contentType: "must not have ${filename} in it, which a form replaces" },
    ],
    [{ ...upload, expiresIn: "0" }, { expiresIn: notInteger }],
    [{ ...upload, expiresIn: "3601" }, { expiresIn: notInteger }],
    [{ ...upload, expiresIn: "1.5" }, { expiresIn: notInteger }],
    [{ ...upload, contentLength: "1001" }, { contentLength: notLength }],
    [{ ...upload, contentLength: "-1" }, { contentLength: notLength }],
    [{ ...upload, contentType: "png" }, { contentType: notType }],
    [{ ...upload, contentType: "a/b\r\nx: y" }, { contentType: notType }],
    [{ ...upload, fileName: "a" }, { fileName: "is not for upload" }],
    [{ ...upload, operation: "upload-form", fileName: "a" }, { fileName: "is not for upload-form" }],
    [
      { ...download, contentType: "a/b", contentLength: "1" },
      { contentType: "is not for download", contentLength: "is not for download" },
    ],
    [{ ...download, fileName: "" }, { fileName: notName }],
    [{ ...download, fileName: "a/b" }, { fileName: notName }],
    [{ ...download, fileName: "a\u0000" }, { fileName: notName }],
    [{ ...download, fileName: "a".repeat(256) }, { fileName: notName }],
  ])("%j", async (query, rules) => {
    expect(brokenRules(await ask(query))).toEqual(rules);
  });

  test("the longest of each only when it is longer", async () => {
    const longest = { ...download, fileKey: "a".repeat(1017), fileName: "a".repeat(255), expiresIn: "3600" };
    expect((await ask(longest)).statusCode).toBe(200);
    expect((await ask({ ...upload, contentLength: "1000" })).statusCode).toBe(200);
  });
});

describe("in a browser", () => {
  const good = { operation: "upload", fileKey: "x" };
  test.each<[string, Query]>([
    ["answers", good],
    ["problems", { operation: "x" }],
  ])("%s are for the pages of each origin that is allowed", async (_, query) => {
    for (const origin of ["https://a.example", "https://b.example"]) {
      const { headers } = await ask(query, { Origin: origin });
      expect(headers).toMatchObject({
        "access-control-allow-origin": origin,
        vary: "Origin",
        "cache-control": "no-store",
      });
      expect(headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });

  test.each(["https://c.example", "https://a.example.evil", "null", ""])("and of no other: '%s'", async (origin) => {
    const { headers } = await ask(good, { origin });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    expect(headers).toMatchObject({ vary: "Origin" });
  });
});
