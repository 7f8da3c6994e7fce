import { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import * as fc from "fast-check";
import { type SignedRequest, sign, type VerifyOptions, verify, verifyPostPolicy } from "../../../local/iam/sigv4";
import { ReceivedRequests } from "../../support/received-requests";

const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "IQoJb3JpZ2luX2Vj+/=",
};
const other = { accessKeyId: "ASIAOTHER", secretAccessKey: "x".repeat(40), sessionToken: "IQoJother" };
const noon = Date.parse("2026-01-31T12:00:00Z");
const seconds = (count: number): number => count * 1000;
const signer = { accessKeyId: "ASIAEXAMPLE", region: "eu-west-1", service: "s3" };

const options = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
  secretOf: (accessKeyId) => [credentials, other].find((one) => one.accessKeyId === accessKeyId),
  now: noon,
  region: "eu-west-1",
  ...more,
});

const refusal = (code: string, status: number, message: string, details: Readonly<Record<string, string>> = {}) =>
  expect.objectContaining({
    code,
    status,
    message: expect.stringContaining(message),
    details: expect.objectContaining(details),
  });

const s3 = new S3Client({
  endpoint: "http://127.0.0.1:4000",
  region: "eu-west-1",
  credentials,
  forcePathStyle: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
});

/** What a browser sends for a presigned URL. */
const requestOf = (url: string, more: Partial<SignedRequest> = {}): SignedRequest => {
  // Not by the class URL, which resolves dot segments.
  const [, host = "", path = ""] = /^http:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  return { method: "GET", path, body: Buffer.alloc(0), ...more, headers: { host, ...more.headers } };
};

const changed = (request: SignedRequest, from: string | RegExp, to: string): SignedRequest => ({
  ...request,
  path: request.path.replace(from, to),
});

describe("presigned URLs of the SDK's", () => {
  const download = (Key = "a b/(c)/é+*/../d", more = {}): Promise<string> =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: "b", Key, ...more }), {
      expiresIn: 3600,
      signingDate: new Date(noon),
    });
  const upload = (): Promise<string> =>
    getSignedUrl(s3, new PutObjectCommand({ Bucket: "b", Key: "k", ContentType: "image/png", ContentLength: 3 }), {
      expiresIn: 60,
      signingDate: new Date(noon),
      signableHeaders: new Set(["content-type", "content-length", "host"]),
    });
  const put = {
    method: "PUT",
    body: Buffer.from("png"),
    headers: { "content-type": "image/png", "content-length": "3" },
  };

  test("verify for a download, whatever the key", async () => {
    for (const key of ["a b/(c)/é+*/../d", "🦊", "..", "a//b/", "%2F", "~!'()*&=?#", "a%20b", "\u007f"]) {
      expect(verify(requestOf(await download(key)), options())).toEqual(signer);
    }
  });

  test("verify for a download, whatever Unicode is in the key and in the file's name", async () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, text, async (key, ResponseContentDisposition) => {
        const url = await download(key, { ResponseContentDisposition });
        expect(verify(requestOf(url), options())).toEqual(signer);
      }),
    );
  });

  test("verify with other parameters in the query, and with headers that need not be signed", async () => {
    const url = await download("k", { ResponseContentDisposition: 'attachment; filename="é+.png"', VersionId: "v1" });
    const headers = { range: "bytes=0-1", "user-agent": "curl", accept: "*/*", "if-none-match": "*" };
    expect(verify(requestOf(url, { headers }), options())).toEqual(signer);
  });

  test("verify for an upload with the type and the length that they were made for", async () => {
    const url = await upload();
    expect(verify(requestOf(url, put), options())).toEqual(signer);
    expect(verify(requestOf(url, { ...put, body: Buffer.from("gif") }), options())).toEqual(signer);
    for (const headers of [
      { ...put.headers, "content-type": "image/gif" },
      { ...put.headers, "content-length": "4" },
    ]) {
      expect(() => verify(requestOf(url, { ...put, headers }), options())).toThrow(
        refusal("SignatureDoesNotMatch", 403, "The request signature we calculated does not match"),
      );
    }
  });

  test.each<[number, string | undefined]>([
    [-900, undefined],
    [-900.001, "Request is not yet valid"],
    [0, undefined],
    [3600, undefined],
    [3600.001, "Request has expired"],
  ])("%d seconds after signing: %s", async (late, message) => {
    const request = requestOf(await download());
    const attempt = () => verify(request, options({ now: noon + seconds(late) }));
    if (message) expect(attempt).toThrow(refusal("AccessDenied", 403, message, { Expires: "2026-01-31T13:00:00Z" }));
    else attempt();
  });

  test.each<[string, string | undefined]>([
    ["1", undefined],
    ["604800", undefined],
    ["604801", "X-Amz-Expires must be less than a week (in seconds)"],
    ["0", undefined],
    ["-1", "X-Amz-Expires must be non-negative"],
    ["1e3", "X-Amz-Expires should be a number"],
    ["", "X-Amz-Expires should be a number"],
  ])("X-Amz-Expires of %s: %s", async (expires, message) => {
    const request = changed(requestOf(await download()), "Expires=3600", `Expires=${expires}`);
    expect(() => verify(request, options())).toThrow(
      message
        ? refusal("AuthorizationQueryParametersError", 400, message)
        : refusal("SignatureDoesNotMatch", 403, "does not match"),
    );
  });

  test("say in a refusal what should have been signed", async () => {
    const request = requestOf(await download("k"), { method: "DELETE" });
    expect(() => verify(request, options())).toThrow(
      refusal("SignatureDoesNotMatch", 403, "Check your key and signing method.", {
        AWSAccessKeyId: "ASIAEXAMPLE",
        CanonicalRequest: expect.stringMatching(/^DELETE\n\/b\/k\nX-Amz-Algorithm=(?!.*X-Amz-Signature)/),
        StringToSign: expect.stringMatching(
          /^AWS4-HMAC-SHA256\n20260131T120000Z\n20260131\/eu-west-1\/s3\/aws4_request/,
        ),
      }),
    );
  });

  test.each<[string, (request: SignedRequest) => SignedRequest]>([
    ["the method", (given) => ({ ...given, method: "PUT" })],
    ["the key", (given) => changed(given, "/b/k", "/b/l")],
    ["the key, by a dot segment", (given) => changed(given, "/b/k", "/b/./k")],
    ["the key, by a slash more", (given) => changed(given, "/b/k", "/b//k")],
    ["the bucket", (given) => changed(given, "/b/k", "/c/k")],
    ["the host", (given) => ({ ...given, headers: { host: "127.0.0.1:4001" } })],
    ["one more in the query", (given) => ({ ...given, path: `${given.path}&versionId=1` })],
    ["an empty one more in the query", (given) => ({ ...given, path: `${given.path}&acl` })],
    ["a parameter of the SDK's taken out", (given) => changed(given, "&x-id=GetObject", "")],
    ["a parameter given twice", (given) => ({ ...given, path: `${given.path}&x-id=GetObject` })],
    ["a signature in lower case beside it", (given) => ({ ...given, path: `${given.path}&x-amz-signature=1` })],
    ["the time", (given) => changed(given, "T120000Z", "T120001Z")],
    ["the time of expiry", (given) => changed(given, "Expires=3600", "Expires=7200")],
    ["the signed headers", (given) => changed(given, "SignedHeaders=host", "SignedHeaders=host%3Brange")],
    ["the signature", (given) => changed(given, /Signature=./, "Signature=g")],
    ["the signature, cut off", (given) => changed(given, /(Signature=\w{10})\w*/, "$1")],
    [
      "the hash of the body",
      (given) => ({ ...given, headers: { ...given.headers, "x-amz-content-sha256": "garbage" } }),
    ],
    ["the body declared hashed", (given) => changed(given, "UNSIGNED-PAYLOAD", "e".repeat(64))],
  ])("do not hold after a change: %s", async (_, change) => {
    const request = change(requestOf(await download("k")));
    expect(() => verify(request, options())).toThrow(refusal("SignatureDoesNotMatch", 403, ""));
  });

  test("hold for the same query in another order and another encoding, as AWS reads both alike", async () => {
    const request = requestOf(await download("k"));
    const [path = "", query = ""] = request.path.split("?");
    const backwards = query.split("&").reverse().join("&").replace("X-Amz-Date", "%58-Amz-Date");
    expect(verify({ ...request, path: `${path}?&${backwards}&` }, options())).toEqual(signer);
    expect(verify(changed(request, "/b/k", "/b/%6b"), options())).toEqual(signer);
  });

  test.each<[string, Record<string, string>, string]>([
    ["metadata", { "x-amz-meta-a": "1", "x-amz-acl": "private" }, "x-amz-acl, x-amz-meta-a"],
    ["a token", { "x-amz-security-token": "t" }, "x-amz-security-token"],
    ["a checksum", { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }, "content-md5"],
    ["a copy's source", { "x-amz-copy-source": "/secret/object" }, "x-amz-copy-source"],
  ])("are refused with a header that would have to be signed: %s", async (_, headers, HeadersNotSigned) => {
    const request = requestOf(await download(), { headers });
    const message = "There were headers present in the request which were not signed";
    expect(() => verify(request, options())).toThrow(refusal("AccessDenied", 403, message, { HeadersNotSigned }));
  });

  test("are refused where the host was not signed", async () => {
    const request = changed(requestOf(await download()), "SignedHeaders=host", "SignedHeaders=range");
    expect(() => verify(request, options())).toThrow(
      refusal("AccessDenied", 403, "not signed", { HeadersNotSigned: "host" }),
    );
    expect(() => verify({ ...request, headers: {} }, options())).toThrow(
      refusal("AccessDenied", 403, "not signed", { HeadersNotSigned: "host" }),
    );
  });

  test("hold with the word for an unsigned body in a header, which need not be signed", async () => {
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(verify(requestOf(await download(), { headers }), options())).toEqual(signer);
  });

  test.each<[string, string, string, string]>([
    ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", "", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'],
    ["X-Amz-Date", "X-Amz-Day", "", "Query-string authentication version 4 requires the X-Amz-Algorithm"],
    ["X-Amz-Expires", "x-amz-expires", "", "Query-string authentication version 4 requires"],
    ["20260131T120000Z", "yesterday", "", "X-Amz-Date must be in the ISO8601 Long Format"],
    ["Date=20260131T", "Date=20260230T", "", "X-Amz-Date must be in the ISO8601 Long Format"],
    ["%2F20260131", "%2F20260130", "", 'Invalid credential date "20260130". This date is not the same as X-Amz-Date'],
    ["%2F20260131", "%2F2026-01", "X-Amz-Credential", 'incorrect date format "2026-01"'],
    ["eu-west-1", "us-east-1", "X-Amz-Credential", "the region 'us-east-1' is wrong; expecting 'eu-west-1'"],
    ["aws4_request", "aws5_request", "X-Amz-Credential", 'incorrect terminal "aws5_request"'],
    ["%2Feu-west-1", "", "X-Amz-Credential", "the Credential is mal-formed; expecting"],
    ["x-id=GetObject", "X-Amz-Signature=1", "", "X-Amz-Signature must stand once in the query, got: several"],
    ["x-id=GetObject", "X-Amz-Security-Token=1", "", "X-Amz-Security-Token must stand once in the query"],
  ])("are refused where the query says %s otherwise: %s", async (from, to, parameter, message) => {
    const request = changed(requestOf(await download()), from, to);
    const prefix = parameter && `Error parsing the ${parameter} parameter; `;
    expect(() => verify(request, options())).toThrow(
      refusal("AuthorizationQueryParametersError", 400, prefix + message),
    );
  });

  test("are refused beside an Authorization header", async () => {
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=a/20260131/eu-west-1/s3/aws4_request" };
    const request = requestOf(await download(), { headers });
    expect(() => verify(request, options())).toThrow(
      refusal("InvalidArgument", 400, "Only one auth mechanism allowed", { ArgumentName: "Authorization" }),
    );
  });

  test.each<[string, number, string, string, string]>([
    ["an unknown access key", 403, "InvalidAccessKeyId", "ASIAEXAMPLE", "ASIAUNKNOWN"],
    ["no token", 403, "InvalidAccessKeyId", "X-Amz-Security-Token", "X-Amz-Token"],
    ["another session's token", 400, "InvalidToken", encodeURIComponent(credentials.sessionToken), other.sessionToken],
    ["another session's access key", 400, "InvalidToken", "ASIAEXAMPLE", "ASIAOTHER"],
  ])("are refused with %s: %d %s", async (_, status, code, from, to) => {
    const request = changed(requestOf(await download()), from, to);
    expect(() => verify(request, options())).toThrow(refusal(code, status, ""));
  });

  test("are refused with another session's access key and token", async () => {
    const request = changed(requestOf(await download()), "ASIAEXAMPLE", "ASIAOTHER");
    const swapped = changed(request, encodeURIComponent(credentials.sessionToken), other.sessionToken);
    expect(() => verify(swapped, options())).toThrow(refusal("SignatureDoesNotMatch", 403, ""));
  });

  test.each([
    [-1, true],
    [0, false],
  ])("%d ms after the end of the session that signed them, hold: %s", async (late, holds) => {
    const request = requestOf(await download());
    const end = noon + seconds(60);
    const secretOf = () => ({ ...credentials, expiration: end });
    const attempt = () => verify(request, options({ secretOf, now: end + late }));
    if (holds) attempt();
    else expect(attempt).toThrow(refusal("ExpiredToken", 400, "The provided token has expired."));
  });

  const hash = "8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c";
  const signedFor = (query: string, ...signedHeaders: string[]): string =>
    [
      `/b/k?X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2B%2F%3D&X-Amz-Algorithm=AWS4-HMAC-SHA256`,
      "X-Amz-Credential=ASIAEXAMPLE%2F20260131%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260131T120000Z",
      `X-Amz-Expires=3600&X-Amz-SignedHeaders=${signedHeaders.join("%3B")}&${query}`,
    ].join("&");

  /** Of the SDK's signer: in the query, and in a header. */
  test.each<[string, Partial<SignedRequest>]>([
    [
      "query",
      {
        path: signedFor(
          `x-amz-content-sha256=${hash}&X-Amz-Signature=419e98ea2e52d22df1a9071d650c41a3ba62514e967df17456c0f76dac2ffda7`,
          "host",
        ),
      },
    ],
    [
      "header",
      {
        path: signedFor(
          "X-Amz-Signature=80a6af91c023705d30507b3e60f857f0a3db641fccd26723aa31877471028c72",
          "host",
          "x-amz-content-sha256",
        ),
        headers: { "x-amz-content-sha256": hash },
      },
    ],
  ])("hold the body to the hash that they were made with, in the %s", (_, more) => {
    const request = { ...requestOf("http://h/", { method: "PUT", body: Buffer.from("png"), ...more }) };
    expect(verify(request, options())).toEqual(signer);
    expect(() => verify({ ...request, body: Buffer.from("gif") }, options())).toThrow(
      refusal("XAmzContentSHA256Mismatch", 400, "does not match what was computed", {
        ClientComputedContentSHA256: hash,
      }),
    );
  });
});

describe("signatures in a header", () => {
  const unsigned: SignedRequest = {
    method: "PUT",
    path: "/b/a%20b",
    headers: { host: "h", "content-type": "text/plain" },
    body: Buffer.from("whatever"),
  };
  const headersOf = (request = unsigned) =>
    sign(request, credentials, { region: "eu-west-1", service: "s3", now: noon });
  const signed = (headers: SignedRequest["headers"] = {}): SignedRequest => ({
    ...unsigned,
    headers: { ...headersOf(), ...headers },
  });
  const reauthorized = (from: string, to: string): SignedRequest =>
    signed({ authorization: headersOf().authorization?.replace(from, to) });

  test("verify", () => {
    expect(verify(signed(), options())).toEqual(signer);
  });

  test.each<[string, SignedRequest, string, number, string]>([
    [
      "no hash",
      signed({ "x-amz-content-sha256": undefined }),
      "InvalidRequest",
      400,
      "Missing required header for this",
    ],
    [
      "an odd hash",
      signed({ "x-amz-content-sha256": "unsigned-payload" }),
      "InvalidArgument",
      400,
      "must be UNSIGNED-P",
    ],
    ["algorithm", reauthorized("SHA256", "SHA512"), "InvalidArgument", 400, "Unsupported Authorization Type"],
    ["no date", signed({ "x-amz-date": undefined }), "AccessDenied", 403, "requires a valid Date or x-amz-date header"],
    ["two parts", reauthorized("Signature=", "Sig="), "AuthorizationHeaderMalformed", 400, "requires three components"],
    ["Region", reauthorized("eu-", "us-"), "AuthorizationHeaderMalformed", 400, "malformed; the region 'us-west-1' is"],
    ["day", reauthorized("/20260131/", "/20260130/"), "AuthorizationHeaderMalformed", 400, "Invalid credential date."],
    ["key", reauthorized("ASIAEXAMPLE", "ASIAUNKNOWN"), "InvalidAccessKeyId", 403, "does not exist in our records."],
    ["token", signed({ "x-amz-security-token": "t" }), "InvalidToken", 400, "malformed or otherwise invalid."],
    ["header", signed({ "content-type": "text/html" }), "SignatureDoesNotMatch", 403, "does not match"],
    ["metadata", signed({ "x-amz-meta-a": "1" }), "AccessDenied", 403, "headers present in the request which were not"],
    ["hash", signed({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }), "SignatureDoesNotMatch", 403, ""],
    ["body", { ...signed(), body: Buffer.from("else") }, "XAmzContentSHA256Mismatch", 400, "does not match what was"],
  ])("are refused as S3 does: %s", (_, request, code, status, message) => {
    expect(() => verify(request, options())).toThrow(refusal(code, status, message));
  });

  test.each<[number, boolean]>([
    [-900, true],
    [-900.001, false],
    [900, true],
    [900.001, false],
  ])("%d seconds after signing, hold: %s", (late, holds) => {
    const attempt = () => verify(signed(), options({ now: noon + seconds(late) }));
    if (holds) attempt();
    else
      expect(attempt).toThrow(
        refusal("RequestTimeTooSkewed", 403, "is too large.", { MaxAllowedSkewMilliseconds: "900000" }),
      );
  });

  test("may leave the body unsigned, if they say so when signing", () => {
    const request: SignedRequest = {
      ...unsigned,
      headers: {
        host: "h",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-amz-date": "20260102T030405Z",
        "x-amz-security-token": "token",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=fe3c28f2bf8f1b55487f99fed32bffcbff91797308892d78a9c4cc2cdc058765",
      },
    };
    const secretOf = () => ({ ...credentials, sessionToken: "token" });
    const at = options({ secretOf, now: Date.parse("2026-01-02T03:04:05Z") });
    expect(verify(request, at)).toMatchObject({ service: "s3" });
  });
});

describe("requests of the SDK's, over HTTP", () => {
  let requests: ReceivedRequests;
  let client: S3Client;
  const last = (): SignedRequest => requests.last;
  const now = (): VerifyOptions => options({ now: Date.now() });

  beforeAll(async () => {
    requests = await ReceivedRequests.start();
    client = new S3Client({
      endpoint: requests.url,
      region: "eu-west-1",
      credentials,
      maxAttempts: 1,
      forcePathStyle: true,
    });
  });

  afterAll(() => requests.stop());

  test("verify with a checksum in a header, and not with another body", async () => {
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "é", Body: "bytes" })).catch(() => {});
    expect(last().headers["x-amz-checksum-crc32"]).toBeDefined();
    expect(verify(last(), now())).toEqual(signer);
    expect(() => verify({ ...last(), body: Buffer.from("else") }, now())).toThrow(
      refusal("XAmzContentSHA256Mismatch", 400, ""),
    );
  });

  test("verify as a stream whose checksum follows in a trailer", async () => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
    const Body = Readable.from([Buffer.from("one"), Buffer.from("two")]);
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body, ContentLength: 6 })).catch(() => {});
    expect(last().headers["x-amz-content-sha256"]).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    expect(verify(last(), now())).toEqual(signer);
    const elsewhere = { ...last(), path: "/b/l?x-id=PutObject" };
    expect(() => verify(elsewhere, now())).toThrow(refusal("SignatureDoesNotMatch", 403, ""));
    warn.mockRestore();
  });

  test("verify with a query", async () => {
    await client.send(new ListObjectsV2Command({ Bucket: "b", Prefix: "a b/é+", Delimiter: "/" })).catch(() => {});
    expect(verify(last(), now())).toEqual(signer);
  });
});

describe("POST policies of the SDK's", () => {
  const form = async (): Promise<Record<string, string>> => {
    const { fields } = await createPresignedPost(s3, { Bucket: "b", Key: "uploads/${filename}", Expires: 600 });
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  };
  const region = /eu-west-1/;

  test("verify", async () => {
    expect(verifyPostPolicy(await form(), options())).toEqual(signer);
  });

  test.each<[string, Record<string, string | RegExp>, string, number, string]>([
    ["policy", { policy: "e30=" }, "SignatureDoesNotMatch", 403, "does not match"],
    ["signature", { "x-amz-signature": "0".repeat(64) }, "SignatureDoesNotMatch", 403, "does not match"],
    ["token", { "x-amz-security-token": other.sessionToken }, "InvalidToken", 400, "malformed or otherwise invalid."],
    ["algorithm", { "x-amz-algorithm": "AWS2" }, "InvalidArgument", 400, 'X-Amz-Algorithm only supports "AWS4-HMAC-'],
    ["date", { "x-amz-date": "20200101T000000Z" }, "InvalidArgument", 400, "on the day of X-Amz-Credential"],
    ["no policy", { policy: "" }, "InvalidArgument", 400, "Bucket POST must contain a field named 'policy'."],
    ["no signature", { "x-amz-signature": "" }, "InvalidArgument", 400, "a field named 'x-amz-signature'."],
    ["no credential", { "x-amz-credential": "" }, "InvalidArgument", 400, "a field named 'x-amz-credential'."],
  ])("are refused after a change: %s", async (_, change, code, status, message) => {
    const fields = { ...(await form()), ...change } as Record<string, string>;
    expect(() => verifyPostPolicy(fields, options())).toThrow(refusal(code, status, message));
  });

  test("are refused with another Region, access key or service, and without their token", async () => {
    const fields = await form();
    const { "x-amz-security-token": _, ...tokenless } = fields;
    const withCredential = (from: string | RegExp, to: string) => ({
      ...fields,
      "x-amz-credential": String(fields["x-amz-credential"]).replace(from, to),
    });
    const attempt = (given: Record<string, string>) => () => verifyPostPolicy(given, options());
    expect(attempt(withCredential(region, "us-east-1"))).toThrow(
      refusal("InvalidArgument", 400, "the region 'us-east-1'"),
    );
    expect(attempt(withCredential("/s3/", "/sts/"))).toThrow(
      refusal("InvalidArgument", 400, 'incorrect service "sts"'),
    );
    expect(attempt(withCredential("ASIAEXAMPLE", "ASIAUNKNOWN"))).toThrow(refusal("InvalidAccessKeyId", 403, ""));
    expect(attempt(tokenless)).toThrow(refusal("InvalidAccessKeyId", 403, ""));
  });

  test("die with the session that signed them", async () => {
    const fields = await form();
    const secretOf = () => ({ ...credentials, expiration: noon });
    expect(() => verifyPostPolicy(fields, options({ secretOf }))).toThrow(refusal("ExpiredToken", 400, "has expired"));
    verifyPostPolicy(fields, options({ secretOf, now: noon - 1 }));
  });
});
