import { createHash, createHmac } from "node:crypto";
import { readChunkedBody } from "../../../local/iam/aws-chunked";
import { type SignedRequest, type VerifyOptions, verify } from "../../../local/iam/sigv4";

const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

describe("a body in chunks", () => {
  test("is taken apart", () => {
    const text = "3\r\nab\r\r\n0a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32: AA==\r\n\r\n";
    const { chunks, trailers } = readChunkedBody(Buffer.from(text));
    expect(chunks.map(({ data }) => data.toString())).toEqual(["ab\r", "0123456789", ""]);
    expect([...trailers]).toEqual([["x-amz-checksum-crc32", "AA=="]]);
  });

  test.each([
    "",
    "3\r\nabc",
    "3\r\nabc\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "x\r\nabc\r\n0\r\n\r\n",
    "0\r\n",
    "0\r\nx\r\n\r\n",
  ])("is incomplete: %j", (text) => {
    expect(() => readChunkedBody(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "IncompleteBody", status: 400 }),
    );
  });
});

/** AWS's own example: 66,560 letters in chunks of 64 KiB and 1 KiB. */
describe("AWS's example of signed chunks", () => {
  const chunk = (length: number, signature: string): string =>
    `${length.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(length)}\r\n`;
  const body = [
    chunk(65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
  ].join("");
  const request = (text = body): SignedRequest => ({
    method: "PUT",
    path: "/examplebucket/chunkObject.txt",
    headers: {
      host: "s3.amazonaws.com",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "content-length": "66824",
    },
    body: Buffer.from(text),
  });
  const options: VerifyOptions = {
    secretOf: () => ({ secretAccessKey, sessionToken: "" }),
    now: Date.parse("2013-05-24T00:00:00Z"),
    region: "us-east-1",
  };

  test("verifies", () => {
    expect(body.length).toBe(66_824);
    expect(verify(request(), options)).toMatchObject({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", service: "s3" });
  });

  test.each<[string, string]>([
    ["a letter of the first chunk", body.replace("aaa", "aba")],
    ["a letter of the second chunk", body.replace(/a(\r\n0;)/, "b$1")],
    ["a chunk's signature", body.replace("0055", "0056")],
    ["a chunk without its signature", body.replace(/400;chunk-signature=\w+/, "400")],
    ["a chunk taken out", body.replace(/400;chunk-signature=\w+\r\na+\r\n/, "")],
    ["the last chunk's signature", body.replace("b6c6", "b6c7")],
  ])("does not after a change: %s", (_, text) => {
    expect(() => verify(request(text), options)).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch", status: 403 }),
    );
  });

  test("does not without its end", () => {
    expect(() => verify(request(body.slice(0, -90)), options)).toThrow(
      expect.objectContaining({ code: "IncompleteBody" }),
    );
  });
});

describe("signed chunks with a signed trailer", () => {
  const scope = "20260131/eu-west-1/s3/aws4_request";
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signatureOf = (...lines: string[]): string => hmac(key, lines.join("\n")).toString("hex");

  /** Signed by hand, as the page on signed trailers says. */
  function upload(trailer = "x-amz-checksum-crc32:AAAAAA==", sent = trailer): SignedRequest {
    const timestamp = "20260131T120000Z";
    const headers = {
      host: "h",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
      "x-amz-date": timestamp,
      "x-amz-trailer": "x-amz-checksum-crc32",
    };
    const names = Object.keys(headers).join(";");
    const lines = Object.entries(headers).map((pair) => pair.join(":"));
    const canonical = ["PUT", "/b/k", "", ...lines, "", names, headers["x-amz-content-sha256"]].join("\n");
    const seed = signatureOf("AWS4-HMAC-SHA256", timestamp, scope, sha256(canonical));
    const chunk = (previous: string, data: string): string =>
      signatureOf("AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, sha256(""), sha256(data));
    const first = chunk(seed, "abc");
    const last = chunk(first, "");
    const end = signatureOf("AWS4-HMAC-SHA256-TRAILER", timestamp, scope, last, sha256(`${trailer}\n`));
    const body = [
      `3;chunk-signature=${first}\r\nabc\r\n0;chunk-signature=${last}\r\n`,
      `${sent}\r\nx-amz-trailer-signature:${end}\r\n\r\n`,
    ];
    const authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${names}, Signature=${seed}`;
    return { method: "PUT", path: "/b/k", headers: { ...headers, authorization }, body: Buffer.from(body.join("")) };
  }
  const options: VerifyOptions = {
    secretOf: () => ({ secretAccessKey, sessionToken: "" }),
    now: Date.parse("2026-01-31T12:00:00Z"),
    region: "eu-west-1",
  };

  test("verify", () => {
    expect(verify(upload(), options)).toMatchObject({ accessKeyId: "AKID" });
  });

  test.each<[string, SignedRequest]>([
    ["another trailer", upload("x-amz-checksum-crc32:AAAAAA==", "x-amz-checksum-crc32:BBBBBB==")],
    ["a trailer more", upload("x-amz-checksum-crc32:AAAAAA==", "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-meta-a:1")],
    ["no trailer", upload("x-amz-checksum-crc32:AAAAAA==", "")],
    [
      "no signature",
      {
        ...upload(),
        body: Buffer.from(
          upload()
            .body.toString()
            .replace(/x-amz-trailer.*\r\n/, ""),
        ),
      },
    ],
  ])("do not verify with %s", (_, request) => {
    expect(() => verify(request, options)).toThrow(expect.objectContaining({ code: "SignatureDoesNotMatch" }));
  });
});
