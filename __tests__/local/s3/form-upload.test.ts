import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { AwsError } from "../../../local/aws";
import { openAccess } from "../../support/local";
import { S3Server } from "../../support/s3-server";

const Bucket = "forms";
const access = openAccess(({ caller }) => {
  if (caller.isAnonymous) throw new AwsError("AccessDeniedException", "Access Denied", 403);
});
let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start(access);
  server.s3.createBucket({ bucket: Bucket });
});
afterEach(() => server.stop());

const presign = (options: Partial<PresignedPostOptions> = {}) =>
  createPresignedPost(server.client(), { Bucket, Key: "up/key", Expires: 60, ...options });

interface Posted {
  readonly fields?: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  readonly file?: string | Uint8Array;
  readonly filename?: string;
}

async function post(options: Partial<PresignedPostOptions> = {}, posted: Posted = {}) {
  const { url, fields } = await presign(options);
  const { without = [], file = "content", filename = "name.txt" } = posted;
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...posted.fields })) {
    if (!without.includes(name)) form.append(name, value);
  }
  form.append("file", new Blob([file]), filename);
  const answer = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const stored = () => server.s3.objectsOf(Bucket);

describe("a presigned POST", () => {
  test("uploads a file byte by byte", async () => {
    const file = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { status, headers, text } = await post({ Fields: { "Content-Type": "image/png" } }, { file });
    expect([status, text]).toEqual([204, ""]);
    expect(headers.get("location")).toBe(`${server.url}/forms/up%2Fkey`);
    expect(stored()).toMatchObject([{ key: "up/key", body: Buffer.from(file), contentType: "image/png" }]);
    expect(headers.get("etag")).toBe(stored()[0]?.etag);
    expect(access.asked.at(-1)).toMatchObject({
      action: "s3:PutObject",
      resource: "arn:aws:s3:::forms/up/key",
      context: { "s3:authType": "POST" },
    });
  });

  test("takes line ends and what looks like a delimiter into the file", async () => {
    const file = "\r\n--x\r\n\r\n--\r\n";
    await post({}, { file });
    expect(stored()[0]?.body.toString()).toBe(file);
  });

  test("may leave the name to the browser, without its folders", async () => {
    await post({ Key: "up/${filename}" }, { filename: "C:\\a\\数.txt" });
    expect(stored().map(({ key }) => key)).toEqual(["up/数.txt"]);
  });

  test("answers as the form asks", async () => {
    const created = await post({ Fields: { success_action_status: "201" } });
    expect(created.status).toBe(201);
    expect(created.text).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${server.url}/forms/up%2Fkey</Location><Bucket>forms</Bucket><Key>up/key</Key><ETag>&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;</ETag></PostResponse>`,
    );
    expect((await post({ Fields: { success_action_status: "200" } })).status).toBe(200);
    expect((await post({ Fields: { success_action_status: "404" } })).status).toBe(204);
    const redirected = await post({ Fields: { success_action_redirect: "https://a.example/done?x=1" } });
    expect(redirected.status).toBe(303);
    expect(redirected.headers.get("location")).toBe(
      "https://a.example/done?x=1&bucket=forms&key=up%2Fkey&etag=%229a0364b9e99bb480dd25e1f0284c8555%22",
    );
    expect((await post({ Fields: { success_action_redirect: "/relative" } })).status).toBe(204);
  });

  test("stores metadata, which headers tell in ASCII", async () => {
    const Fields = { "x-amz-meta-one": "ÄMÄZÕÑ S3", "x-amz-meta-two": "数", "x-amz-meta-three": "plain" };
    await post({ Fields });
    expect(stored()[0]?.metadata).toEqual({ one: "ÄMÄZÕÑ S3", two: "数", three: "plain" });
    const head = await server.client().send(new HeadObjectCommand({ Bucket, Key: "up/key" }));
    expect(head.Metadata).toEqual({
      one: "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
      two: "=?UTF-8?B?5pWw?=",
      three: "plain",
    });
  });

  test("stores headers as far as a header can hold them", async () => {
    await post({ Fields: { "Cache-Control": "no—store\u0007x" } });
    const head = await server.client().send(new HeadObjectCommand({ Bucket, Key: "up/key" }));
    expect(head.CacheControl).toBe("no store x");
  });

  const range = (min: number, max: number): PresignedPostOptions["Conditions"] => [["content-length-range", min, max]];
  test.each<[string, number, string?, string?]>([
    ["1234", 204],
    ["12345678", 204],
    ["123", 400, "EntityTooSmall", "<ProposedSize>3</ProposedSize><MinSizeAllowed>4</MinSizeAllowed>"],
    ["123456789", 400, "EntityTooLarge", "<ProposedSize>9</ProposedSize><MaxSizeAllowed>8</MaxSizeAllowed>"],
  ])("bounded to 4–8 bytes answers %s with %s", async (file, status, code = "", details = "") => {
    const answer = await post({ Conditions: range(4, 8) }, { file });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(code);
    expect(answer.text).toContain(details);
    expect(stored()).toHaveLength(status === 204 ? 1 : 0);
  });

  const failed = "Invalid according to Policy: Policy Condition failed: ";
  test.each<[string, Partial<PresignedPostOptions>, Posted, string]>([
    [
      "another key",
      {},
      { fields: { key: "down/key" } },
      `${failed}[&quot;eq&quot;, &quot;$key&quot;, &quot;up/key&quot;]`,
    ],
    [
      "a key that begins otherwise",
      { Key: "up/${filename}" },
      { fields: { key: "down/${filename}" } },
      `${failed}[&quot;starts-with&quot;, &quot;$key&quot;, &quot;up/&quot;]`,
    ],
    [
      "another content type",
      { Fields: { "Content-Type": "image/png" } },
      { fields: { "Content-Type": "text/html" } },
      `${failed}[&quot;eq&quot;, &quot;$Content-Type&quot;, &quot;image/png&quot;]`,
    ],
    [
      "one of several content types",
      { Conditions: [["starts-with", "$Content-Type", "image/"]] },
      { fields: { "Content-Type": "image/png,text/html" } },
      failed,
    ],
    ["a field that is missing", { Conditions: [["starts-with", "$x-amz-meta-a", ""]] }, {}, failed],
    [
      "a field of which the policy says nothing",
      {},
      { fields: { "x-amz-meta-a": "b" } },
      "Extra input fields: x-amz-meta-a",
    ],
    ["a condition on what is no field", { Conditions: [["eq", "key", "up/key"]] }, {}, failed],
  ])("is refused with %s", async (_, options, posted, message) => {
    const { status, text } = await post(options, posted);
    expect(status).toBe(403);
    expect(text).toContain("<Code>AccessDenied</Code>");
    expect(text).toContain(message);
    expect(stored()).toEqual([]);
  });

  test("lets fields pass that are to be ignored, and names in any case", async () => {
    const posted = { fields: { "x-ignore-me": "x", "content-TYPE": "image/png" } };
    expect((await post({ Conditions: [["starts-with", "$Content-Type", "image/"]] }, posted)).status).toBe(204);
  });

  test("is refused when it has expired", async () => {
    const { url, fields } = await presign();
    server.clock.skip(61_000);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["x"]));
    const answer = await fetch(url, { method: "POST", body: form });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("Invalid according to Policy: Policy expired.");
  });

  test("is refused for another bucket", async () => {
    server.s3.createBucket({ bucket: "other" });
    const { fields } = await presign();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["x"]));
    const answer = await fetch(`${server.url}/other`, { method: "POST", body: form });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("[&quot;eq&quot;, &quot;$bucket&quot;, &quot;forms&quot;]");
  });

  test.each<[string, Posted, number, string]>([
    ["a changed policy", { fields: { Policy: "e30=" } }, 403, "<Code>SignatureDoesNotMatch</Code>"],
    ["no signature", { without: ["X-Amz-Signature"] }, 400, "field named 'X-Amz-Signature'.  If it is specified,"],
    ["no key", { without: ["key"] }, 400, "<ArgumentName>key</ArgumentName>"],
    [
      "fields of more than 20 KB",
      { fields: { "x-ignore-a": "x".repeat(20_480) } },
      400,
      "MaxPostPreDataLengthExceeded",
    ],
    ["tags", { fields: { tagging: "a" } }, 501, "The field tagging of a form is not modelled by the local run."],
  ])("is refused with %s", async (_, posted, status, text) => {
    const answer = await post({}, posted);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test("without a signature is anonymous", async () => {
    const form = new FormData();
    form.append("key", "a");
    form.append("file", new Blob(["x"]));
    expect((await fetch(`${server.url}/forms`, { method: "POST", body: form })).status).toBe(403);
    expect(access.asked.at(-1)?.caller.isAnonymous).toBe(true);
  });
});

describe("a form that is none", () => {
  const send = (body: string, contentType = "multipart/form-data; boundary=b") =>
    server.request("/forms", { method: "POST", body, headers: { "content-type": contentType } });
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

  test.each<[string, string, number, string]>([
    ["text", "text/plain", 412, "Bucket POST must be of the enclosure-type multipart/form-data"],
    ["", "multipart/form-data", 400, "MalformedPOSTRequest"],
    ["", "multipart/form-data; boundary=b", 400, "MalformedPOSTRequest"],
    [part("key", "a"), "multipart/form-data; boundary=b", 400, "MalformedPOSTRequest"],
    ["--b\r\n\r\nvalue\r\n--b--", "multipart/form-data; boundary=b", 400, "MalformedPOSTRequest"],
    [`${part("key", "a")}--b--`, 'multipart/form-data; boundary="b"', 400, "POST requires exactly one file upload"],
  ])("%j as %s is refused", async (body, contentType, status, text) => {
    expect(await send(body, contentType)).toMatchObject({ status, text: expect.stringContaining(text) });
  });

  test("what comes behind the file is not looked at", async () => {
    const answer = await send(`${part("file", "x")}${part("key", "a")}--b--`);
    expect(answer).toMatchObject({
      status: 400,
      text: expect.stringContaining("field named 'key'.  If it is specified"),
    });
  });
});
