import type { Cloud } from "../../local/cloud";
import { signedRequest } from "../../local/walks/signed-request";
import type { Settings } from "../../settings/schema";
import { SkippingClock } from "../support/local";
import { LocalStack } from "../support/local-stack";
import { environmentOf, systemFolder } from "../support/synth";

const changed = (changes: Partial<Settings["presignedUrl"]>): Partial<Settings> => ({
  presignedUrl: { ...environmentOf("dev").settings.presignedUrl, ...changes },
});
const origins = ["https://a.example", "https://b.example"];
const stack = new LocalStack(
  systemFolder(
    "presigned-url",
    "dev",
    changed({ keyPrefix: "files/", api: { allowOrigins: origins }, maxUploadBytes: 1_000 }),
  ),
);
const BUCKET = "dev-presigned-url-123456789012-eu-west-1";
/** Every byte there is. */
const file = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

let cloud: Cloud;
beforeAll(async () => {
  cloud = await stack.start();
});
afterAll(() => stack.stopAll());

interface Presigned {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

const apiUrl = (on = cloud): string => String(on.stacks[0]?.outputs.presigned_url_url?.value);

const ask = (query: string, { headers, on = cloud }: { headers?: Record<string, string>; on?: Cloud } = {}) =>
  signedRequest(on, { method: "GET", url: `${apiUrl(on)}?${query}`, headers });

async function presigned(query: string): Promise<Presigned> {
  const answer = await ask(query);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
  return JSON.parse(answer.body) as Presigned;
}

const put = ({ url, headers }: Presigned, body = file, changes: Record<string, string> = {}) =>
  fetch(url, { method: "PUT", headers: { ...headers, ...changes }, body });

async function upload(form: Presigned, body: Buffer, changes: Record<string, string> = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ ...form.fields, ...changes })) data.append(name, value);
  data.append("file", new Blob([body]));
  return fetch(form.url, { method: "POST", body: data });
}

const stored = (key: string) => cloud.s3.objectsOf(BUCKET).find((object) => object.key === key);
const errorOf = async (response: Response) => [response.status, /<Code>(\w+)/.exec(await response.text())?.[1]];

describe("a URL", () => {
  test("uploads and downloads a file byte by byte, under the prefix", async () => {
    const up = await presigned("operation=upload&fileKey=a/every byte.bin&contentType=image/png");
    expect([up.method, up.headers]).toEqual(["PUT", { "content-type": "image/png" }]);
    expect((await put(up)).status).toBe(200);
    expect(stored("files/a/every byte.bin")).toBeDefined();

    const down = await presigned("operation=download&fileKey=a/every byte.bin&fileName=größe.png");
    const got = await fetch(down.url, { method: down.method, headers: down.headers });
    expect(Buffer.from(await got.arrayBuffer()).equals(file)).toBe(true);
    expect(got.headers.get("content-type")).toBe("image/png");
    expect(got.headers.get("content-disposition")).toBe(
      "attachment; filename=\"gr__e.png\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.png",
    );
  });

  test("of any Unicode key does", async () => {
    for (const key of ["日本", "a+b", "a%2Fb", "é è", "a'b(c)*!", "?#&="]) {
      const query = (operation: string) => `operation=${operation}&fileKey=${encodeURIComponent(key)}`;
      expect((await put(await presigned(query("upload")))).status).toBe(200);
      expect((await fetch((await presigned(query("download"))).url)).status).toBe(200);
      expect(stored(`files/${key}`)).toBeDefined();
    }
  });

  test.each<[string, string, (up: Presigned) => Promise<Response>, (number | string)[]]>([
    ["another method", "", ({ url }) => fetch(url, { method: "DELETE" }), [403, "SignatureDoesNotMatch"]],
    ["a download by it", "", ({ url }) => fetch(url), [403, "SignatureDoesNotMatch"]],
    [
      "another key",
      "",
      (up) => put({ ...up, url: up.url.replace("files/k", "files/l") }),
      [403, "SignatureDoesNotMatch"],
    ],
    [
      "a longer life",
      "&expiresIn=60",
      (up) => put({ ...up, url: up.url.replace("Expires=60", "Expires=61") }),
      [403, "SignatureDoesNotMatch"],
    ],
    [
      "another content type",
      "&contentType=image/png",
      (up) => put(up, file, { "content-type": "text/html" }),
      [403, "SignatureDoesNotMatch"],
    ],
    [
      "another length",
      "&contentLength=256",
      (up) => put({ ...up, headers: {} }, file.subarray(1)),
      [403, "SignatureDoesNotMatch"],
    ],
  ])("does not bear %s", async (_, query, use, expected) => {
    const up = await presigned(`operation=upload&fileKey=k${query}`);
    expect(await errorOf(await use(up))).toEqual(expected);
  });

  test("with a length bound into it takes just that", async () => {
    const up = await presigned("operation=upload&fileKey=exact&contentLength=256");
    expect((await put({ ...up, headers: {} })).status).toBe(200);
  });

  // The function's clock is the machine's, so each case begins where both are the same.
  test.each([30, 3_600])("of %i seconds lives until expiresAt, and not a moment longer", async (seconds) => {
    const leaping = new SkippingClock();
    const on = await stack.start(undefined, { clock: leaping });
    const answer = await ask(`operation=upload&fileKey=k&expiresIn=${seconds}`, { on });
    const up = JSON.parse(answer.body) as Presigned;
    const left = Date.parse(up.expiresAt) - leaping.now();
    expect(left).toBeLessThanOrEqual(seconds * 1_000);
    expect(left).toBeGreaterThan((seconds - 2) * 1_000);
    leaping.skip(left - 1_000);
    expect((await put(up)).status).toBe(200);
    leaping.skip(2_000);
    expect(await errorOf(await put(up))).toEqual([
      expect.any(Number),
      expect.stringMatching(/^(AccessDenied|ExpiredToken)$/),
    ]);
  });
});

describe("a form", () => {
  test("uploads a file, within its bounds", async () => {
    const form = await presigned("operation=upload-form&fileKey=form.bin&contentType=image/png");
    expect(form.method).toBe("POST");
    expect((await upload(form, file)).status).toBe(204);
    const got = await fetch((await presigned("operation=download&fileKey=form.bin")).url);
    expect(Buffer.from(await got.arrayBuffer()).equals(file)).toBe(true);
  });

  test.each<[string, number, Record<string, string>, (number | string)[] | undefined]>([
    ["of the largest size passes", 1_000, {}, undefined],
    ["of one byte more does not", 1_001, {}, [400, "EntityTooLarge"]],
    ["of another content type does not", 1, { "Content-Type": "text/html" }, [403, "AccessDenied"]],
    ["for another key does not", 1, { key: "files/other" }, [403, "AccessDenied"]],
  ])("%s", async (_, length, changes, expected) => {
    const form = await presigned("operation=upload-form&fileKey=bound&contentType=image/png");
    const answer = await upload(form, Buffer.alloc(length), changes);
    expect(expected ? await errorOf(answer) : answer.status).toEqual(expected ?? 204);
  });
});

describe("what is asked for wrongly", () => {
  test("is a 400 with the document's words where it is the operation", async () => {
    const answer = await ask("operation=delete&fileKey=k");
    expect([answer.status, answer.headers.get("content-type"), JSON.parse(answer.body).message]).toEqual([
      400,
      "application/problem+json",
      "Invalid operation",
    ]);
  });

  test.each([
    ["operation=upload", "fileKey"],
    ["operation=upload&fileKey=", "fileKey"],
    ["operation=upload&fileKey=k&expiresIn=0", "expiresIn"],
    ["operation=upload&fileKey=k&expiresIn=3601", "expiresIn"],
    ["operation=upload&fileKey=k&contentLength=1001", "contentLength"],
    ["operation=download&fileKey=k&contentType=a/b", "contentType"],
    [`operation=upload&fileKey=${"k".repeat(1_019)}`, "fileKey"],
  ])("%.60s is a 400 about %s", async (query, field) => {
    const answer = await ask(query);
    expect([answer.status, JSON.parse(answer.body).errors]).toEqual([400, [{ field, rule: expect.any(String) }]]);
  });

  test("unsigned is refused by the API", async () => {
    expect((await fetch(`${apiUrl()}?operation=upload&fileKey=k`)).status).toBe(403);
  });
});

describe("a browser's page", () => {
  const preflight = (url: string, origin: string, method: string) =>
    fetch(url, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": method, "access-control-request-headers": "content-type" },
    });
  const allowed = ({ headers }: { headers: Headers }) => headers.get("access-control-allow-origin");

  test.each(origins)("of %s may ask the API and use the URL", async (origin) => {
    const before = await preflight(apiUrl(), origin, "GET");
    expect([before.status, allowed(before), before.headers.get("access-control-allow-methods")]).toEqual([
      204,
      origin,
      "GET",
    ]);
    expect(before.headers.get("vary")).toBe("Origin");
    expect(before.headers.get("access-control-allow-credentials")).toBeNull();
    const answer = await ask("operation=upload&fileKey=k&contentType=image/png", { headers: { origin } });
    expect(allowed(answer)).toBe(origin);
    const { url, headers } = JSON.parse(answer.body) as Presigned;
    const beforePut = await preflight(url, origin, "PUT");
    expect([beforePut.status, allowed(beforePut)]).toEqual([200, origin]);
    const done = await fetch(url, { method: "PUT", headers: { ...headers, origin }, body: file });
    expect([done.status, allowed(done), done.headers.get("access-control-expose-headers")]).toEqual([
      200,
      origin,
      "ETag, x-amz-version-id",
    ]);
  });

  test("of another origin may not", async () => {
    expect(allowed(await preflight(apiUrl(), "https://evil.example", "GET"))).toBeNull();
    const answer = await ask("operation=upload&fileKey=k", { headers: { origin: "https://evil.example" } });
    expect(allowed(answer)).toBeNull();
    const { url } = JSON.parse(answer.body) as Presigned;
    expect((await preflight(url, "https://evil.example", "PUT")).status).toBe(403);
  });

  test("of the first origin can read what API Gateway refuses by itself", async () => {
    const refused = await fetch(apiUrl(), { headers: { origin: "https://b.example" } });
    expect([refused.status, allowed(refused), refused.headers.get("vary")]).toEqual([
      403,
      "https://a.example",
      "Origin",
    ]);
  });
});

test("anyone may ask where settings say so", async () => {
  const open = new LocalStack(
    systemFolder("presigned-url", "dev", changed({ api: { authorization: { type: "NONE" } } })),
  );
  const on = await open.start();
  const answer = await fetch(`${apiUrl(on)}?operation=upload&fileKey=k`);
  expect(answer.status).toBe(200);
  await open.stopAll();
});

describe("each grant", () => {
  test("is used", () => {
    expect(cloud.iam.grants().filter(({ uses }) => uses === 0)).toEqual([]);
    expect(stack.grantedActions).toEqual([
      "lambda:InvokeFunction",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "s3:PutObject",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
  });

  test.each(stack.grantedActions)("%s, taken away, is named where it is missed", async (action) => {
    await stack.expectMissed(action, async (on) => {
      for (const operation of ["upload", "download"]) {
        const answer = await ask(`operation=${operation}&fileKey=k`, { on });
        if (answer.status !== 200) continue;
        const { url, method } = JSON.parse(answer.body) as Presigned;
        await fetch(url, { method, body: method === "PUT" ? file : undefined });
      }
    });
  });

  test("is the signer's alone: nobody else may assume it", async () => {
    const config = JSON.parse(stack.synthesized);
    config.resource.aws_iam_role.Signer.assume_role_policy =
      config.resource.aws_iam_role.ApiGatewayInvokeLambda.assume_role_policy;
    const on = await stack.start(JSON.stringify(config));
    const answer = await ask("operation=upload&fileKey=k", { on });
    expect([answer.status, answer.body]).toEqual([500, expect.not.stringContaining("arn:")]);
    expect(on.iam.denials().map(({ action }) => action)).toEqual(["sts:AssumeRole"]);
  });
});
