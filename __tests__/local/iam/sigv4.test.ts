import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { type SignedRequest, sign, type VerifyOptions, verify } from "../../../local/iam/sigv4";
import { ReceivedRequests } from "../../support/received-requests";

const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "IQoJb3JpZ2luX2Vj+/=",
};
const noon = Date.parse("2026-01-31T12:00:00Z");
const minutes = (count: number): number => count * 60_000;

const options = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
  secretOf: (accessKeyId) => (accessKeyId === credentials.accessKeyId ? credentials : undefined),
  now: noon,
  region: "eu-west-1",
  ...more,
});

const unsigned: SignedRequest = {
  method: "POST",
  path: "/dev/orders?b=2&a=1",
  headers: { host: "127.0.0.1:4000", "content-type": "application/json" },
  body: Buffer.from('{"orderID":"1"}'),
};

const signed = (more: Partial<SignedRequest> = {}, service = "execute-api"): SignedRequest => {
  const request = { ...unsigned, ...more };
  return { ...request, headers: sign(request, credentials, { region: "eu-west-1", service, now: noon }) };
};

/** A signed request of which something was changed afterwards. */
const tampered = (more: Partial<SignedRequest>, headers: SignedRequest["headers"] = {}): SignedRequest => {
  const request = signed();
  return { ...request, ...more, headers: { ...request.headers, ...headers } };
};

/** The Authorization header, with a part of it replaced. */
const reauthorized = (from: string | RegExp, to: string, request = signed()): SignedRequest => ({
  ...request,
  headers: { ...request.headers, authorization: String(request.headers.authorization).replace(from, to) },
});

const refusal = (code: string, status: number, message: string) =>
  expect.objectContaining({ code, status, message: expect.stringContaining(message) });

/** A test, where there is a curl that can sign (7.75); elsewhere a skipped one whose title says why. */
function testWithCurl(title: string, run: () => Promise<void>): void {
  if (String(spawnSync("curl", ["--help", "all"]).stdout).includes("--aws-sigv4")) test(title, run);
  else test.skip(`${title} (skipped: no curl here that can sign)`, run);
}

describe("signatures of others", () => {
  let requests: ReceivedRequests;

  beforeAll(async () => {
    requests = await ReceivedRequests.start();
  });

  afterAll(() => requests.stop());

  const last = (): SignedRequest => requests.last;
  const now = (): VerifyOptions => options({ now: Date.now() });
  const client = () => ({ endpoint: requests.url, region: "eu-west-1", credentials, maxAttempts: 1 });

  test("the SDK's for DynamoDB, in JSON", async () => {
    const dynamodb = new DynamoDBClient(client());
    await dynamodb.send(new PutItemCommand({ TableName: "orders", Item: { orderID: { S: "é" } } })).catch(() => {});
    expect(verify(last(), now())).toEqual({ accessKeyId: "ASIAEXAMPLE", region: "eu-west-1", service: "dynamodb" });
    expect(() => verify({ ...last(), body: Buffer.from("{}") }, now())).toThrow(
      refusal("InvalidSignatureException", 403, "x-amz-content-sha256 must be the body's hash"),
    );
  });

  test("the SDK's for SNS, as a form", async () => {
    await new SNSClient(client()).send(new PublishCommand({ TopicArn: "arn", Message: "a b&c=é" })).catch(() => {});
    expect(verify(last(), now())).toMatchObject({ service: "sns" });
  });

  test("the SDK's for S3, with a key that needs encoding, and with a query", async () => {
    const s3 = new S3Client({ ...client(), forcePathStyle: true });
    await s3.send(new GetObjectCommand({ Bucket: "b", Key: "a b/(c)/é+*/../d" })).catch(() => {});
    expect(verify(last(), now())).toMatchObject({ service: "s3" });
    expect(last().path).toMatch(/%20.*%C3%A9/);
    await s3.send(new ListObjectsV2Command({ Bucket: "b", Prefix: "a b/é", Delimiter: "/" })).catch(() => {});
    expect(verify(last(), now())).toMatchObject({ service: "s3" });
    expect(last().path).toContain("prefix=a%20b%2F%C3%A9");
    expect(() => verify({ ...last(), path: last().path.replace("%C3%A9", "e") }, now())).toThrow("does not match");
  });

  testWithCurl("curl's", async () => {
    const user = `${credentials.accessKeyId}:${credentials.secretAccessKey}`;
    await promisify(execFile)("curl", [
      ...["--silent", "--aws-sigv4", "aws:amz:eu-west-1:execute-api", "--user", user],
      ...["--header", `x-amz-security-token: ${credentials.sessionToken}`],
      ...[
        "--header",
        "content-type: application/json",
        "--data",
        '{"orderID":"1"}',
        `${requests.url}/dev/orders?a=1&b=2`,
      ],
    ]);
    expect(verify(last(), now())).toMatchObject({ service: "execute-api", region: "eu-west-1" });
  });
});

describe("signatures that are known", () => {
  const secret = { secretAccessKey: credentials.secretAccessKey, sessionToken: "" };
  const secretOf = (accessKeyId: string) => (accessKeyId === "AKIDEXAMPLE" ? secret : undefined);

  test("AWS's own example", () => {
    const request: SignedRequest = {
      method: "GET",
      path: "/?Action=ListUsers&Version=2010-05-08",
      headers: {
        host: "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20150830T123600Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
      },
      body: Buffer.alloc(0),
    };
    expect(verify(request, { secretOf, now: Date.parse("2015-08-30T12:36:00Z"), region: "us-east-1" })).toEqual({
      accessKeyId: "AKIDEXAMPLE",
      region: "us-east-1",
      service: "iam",
    });
  });

  test("the SDK's of a path with dots, doubled slashes and escapes, and of a query out of order", () => {
    const request: SignedRequest = {
      method: "POST",
      path: "/dev/a%20b/../c%2Fd//(e)/./f*?b=x%20y&a=2&a=1&c(=%C3%A9%2B%3D&d",
      headers: {
        host: "h",
        "x-thing": "  a   b ",
        "x-amz-date": "20260102T030405Z",
        "x-amz-security-token": "token",
        "x-amz-content-sha256": "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-thing, Signature=ac33e0dfdbf7f2c1c09065a1e013ad41e55c08ad7d667fbaa07bc54e20c835b9",
      },
      body: Buffer.from("hi"),
    };
    const withToken = () => ({ ...secret, sessionToken: "token" });
    const now = Date.parse("2026-01-02T03:04:05Z");
    expect(verify(request, { secretOf: withToken, now, region: "eu-west-1" })).toMatchObject({
      service: "execute-api",
    });
  });
});

describe("our own signatures", () => {
  test.each([
    "/",
    "",
    "/a",
    "/a/",
    "/a/../b//c/./d",
    "/a%20b/é?x=1",
    "/?b=1&a=2&a=1",
    "/?a",
    "/?a=b=c&d=%2B+%zz",
    "/?",
    "/%zz",
  ])("verify for the path %p", (path) => {
    for (const service of ["execute-api", "s3"]) {
      expect(verify(signed({ path }, service), options())).toMatchObject({ service });
    }
  });

  test("cover the headers given, in whatever case, and leave out those that change on the way", () => {
    const headers = { Host: "h", "X-Thing": " a   b ", "User-Agent": "me", "x-none": undefined };
    const request = signed({ headers });
    expect(request.headers.authorization).toContain(
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-thing, ",
    );
    expect(request.headers).toMatchObject({ host: "h", "x-amz-date": "20260131T120000Z" });
    verify({ ...request, headers: { ...request.headers, "user-agent": "you" } }, options());
    expect(() => signed({ headers: {} })).toThrow("A request must have the header host to be signed");
  });

  test("do not hold for what was changed, and the refusal says what should have been signed", () => {
    expect(() => verify(tampered({ method: "PUT" }), options())).toThrow(
      refusal(
        "SignatureDoesNotMatch",
        403,
        "The Canonical String for this request should have been\n'PUT\n/dev/orders\n",
      ),
    );
  });
});

test.each<[string, SignedRequest]>([
  ["the method", tampered({ method: "DELETE" })],
  ["the path", tampered({ path: "/prod/orders?b=2&a=1" })],
  ["the path, encoded otherwise", tampered({ path: "/dev/%6Frders?b=2&a=1" })],
  ["a value of the query", tampered({ path: "/dev/orders?b=2&a=2" })],
  ["one more in the query", tampered({ path: "/dev/orders?b=2&a=1&c=3" })],
  ["no query", tampered({ path: "/dev/orders" })],
  ["a header", tampered({}, { "content-type": "text/plain" })],
  ["a header left out", tampered({}, { "content-type": undefined })],
  ["the host", tampered({}, { host: "example.com" })],
  ["the body", tampered({ body: Buffer.from("{}") })],
  ["the body's hash", tampered({}, { "x-amz-content-sha256": "0".repeat(64) })],
  ["the body declared unsigned", tampered({}, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" })],
  ["the time", tampered({}, { "x-amz-date": "20260131T120001Z" })],
  ["the date of the scope", reauthorized("/20260131/", "/20260130/")],
  ["the date of the scope, cut off", reauthorized("/20260131/", "/2026013/")],
  ["the region", reauthorized("eu-west-1", "us-east-1")],
  [
    "a signature in the query beside the one in the header",
    tampered({ path: "/dev/orders?b=2&a=1&X-Amz-Signature=1" }),
  ],
  ["the service", reauthorized("execute-api", "sqs")],
  ["the signed headers, host left out", reauthorized("content-type;host;", "content-type;")],
  ["the signed headers, one left out", reauthorized("content-type;", "")],
  ["the signature", reauthorized(/Signature=./, "Signature=g")],
  ["the signature, cut off", reauthorized(/.$/, "")],
])("refuses a request after a change: %s", (_, request) => {
  expect(() => verify(request, options())).toThrow(refusal("SignatureDoesNotMatch", 403, ""));
});

test("a secret that is not the key's own does not do", () => {
  const secretOf = () => ({ ...credentials, secretAccessKey: "x".repeat(40) });
  expect(() => verify(signed(), options({ secretOf }))).toThrow(refusal("SignatureDoesNotMatch", 403, ""));
});

test.each<[string, SignedRequest]>([
  ["an unknown access key", reauthorized("ASIAEXAMPLE", "ASIAUNKNOWN")],
  ["no token", tampered({}, { "x-amz-security-token": undefined })],
  ["another token", tampered({}, { "x-amz-security-token": "IQoJb3JpZ2luX2Vj" })],
])("refuses %s", (_, request) => {
  const message = "The security token included in the request is invalid.";
  expect(() => verify(request, options())).toThrow(refusal("InvalidClientTokenId", 403, message));
});

test.each<[number, string | undefined]>([
  [-15, undefined],
  [15, undefined],
  [15.1, "Signature expired: 20260131T120000Z is now earlier than 20260131T120006Z (20260131T121506Z - 15 min.)"],
  [
    -15.1,
    "Signature not yet current: 20260131T120000Z is still later than 20260131T115954Z (20260131T114454Z + 15 min.)",
  ],
])("%d minutes after signing: %s", (count, message) => {
  const attempt = () => verify(signed(), options({ now: noon + minutes(count) }));
  if (message) expect(attempt).toThrow(refusal("SignatureDoesNotMatch", 403, message));
  else attempt();
});

test.each<[string, SignedRequest]>([
  ["must start with AWS4-HMAC-SHA256, got: Basic", reauthorized("AWS4-HMAC-SHA256", "Basic")],
  ["requires 'Credential' parameter. Authorization header requires 'Sig", reauthorized(/ .*/, " a")],
  ["requires 'Signature' parameter.", reauthorized(/, Signature=.*/, "")],
  ["requires 'SignedHeaders' parameter.", reauthorized(/SignedHeaders=[^,]*/, "SignedHeaders=")],
  ["aws4_request, got: ASIAEXAMPLE/20260131/eu-west-1/execute-api/aws5", reauthorized("aws4_request", "aws5")],
  ["Credential must be", reauthorized("/eu-west-1", "")],
  ["X-Amz-Date must be a time such as 20260131T235959Z, got: none", tampered({}, { "x-amz-date": undefined })],
  ["got: 20261331T000000Z", tampered({}, { "x-amz-date": "20261331T000000Z" })],
  ["got: yesterday", tampered({}, { "x-amz-date": "yesterday" })],
])("refuses an incomplete signature: %s", (message, request) => {
  expect(() => verify(request, options())).toThrow(refusal("IncompleteSignature", 400, message));
});

test.each(["/", "/?X-Amz-Signature=1", "/?x-amz-algorithm=AWS4-HMAC-SHA256"])(
  "refuses a request without a signature: %s",
  (path) => {
    const attempt = () => verify({ ...unsigned, path }, options());
    expect(attempt).toThrow(refusal("MissingAuthenticationToken", 403, "Missing Authentication Token"));
  },
);

test("refuses a signature for another Region", () => {
  expect(() => verify(signed(), options({ region: "us-east-1" }))).toThrow(
    refusal("SignatureDoesNotMatch", 403, "Credential should be scoped to a valid region, got: eu-west-1"),
  );
});

test.each<[number, string | undefined]>([
  [-1, undefined],
  [0, "The security token included in the request is expired"],
])("%d ms after the session's end: %s", (late, message) => {
  const secretOf = () => ({ ...credentials, expiration: noon });
  const attempt = () => verify(signed(), options({ secretOf, now: noon + late }));
  if (message) expect(attempt).toThrow(refusal("ExpiredToken", 403, message));
  else attempt();
});

describe("URLs that were presigned for other services than S3", () => {
  /** One of the SDK's signer, signed at noon. */
  const request: SignedRequest = {
    method: "GET",
    path: [
      "/dev/a%20b/%C3%A9?q(=a%20b%2B%C3%A9%2F&x=0&X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2B%2F%3D",
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE%2F20260131%2Feu-west-1%2Fexecute-api%2Faws4_request",
      "X-Amz-Date=20260131T120000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host",
      "X-Amz-Signature=79fdc41d1d0f3c2ef11191eae5ae653a7a8de9395c3bdec915a7ce658e806229",
    ].join("&"),
    headers: { host: "h" },
    body: Buffer.alloc(0),
  };

  test("verify, with whatever else is in their query", () => {
    expect(verify(request, options())).toEqual({
      accessKeyId: "ASIAEXAMPLE",
      region: "eu-west-1",
      service: "execute-api",
    });
  });

  test("are good for a quarter of an hour", () => {
    verify(request, options({ now: noon + minutes(15) }));
    expect(() => verify(request, options({ now: noon + minutes(15) + 1000 }))).toThrow(
      refusal("SignatureDoesNotMatch", 403, "Signature expired: 20260131T120000Z is now earlier than"),
    );
  });

  test.each<[string, string, (request: SignedRequest) => SignedRequest]>([
    ["SignatureDoesNotMatch", "one more in the query", (given) => ({ ...given, path: `${given.path}&x=1` })],
    ["SignatureDoesNotMatch", "the method", (given) => ({ ...given, method: "DELETE" })],
    ["SignatureDoesNotMatch", "the host", (given) => ({ ...given, headers: { host: "i" } })],
    ["SignatureDoesNotMatch", "a body", (given) => ({ ...given, body: Buffer.from("x") })],
    ["InvalidClientTokenId", "the token", (given) => ({ ...given, path: given.path.replace("Token=I", "Token=J") })],
    [
      "IncompleteSignature",
      "no date",
      (given) => ({ ...given, path: given.path.replace("X-Amz-Date=", "X-Amz-Day=") }),
    ],
    ["IncompleteSignature", "the algorithm", (given) => ({ ...given, path: given.path.replace("AWS4-", "AWS5-") })],
  ])("are refused with %s after a change: %s", (code, _, change) => {
    expect(() => verify(change(request), options())).toThrow(expect.objectContaining({ code }));
  });
});

test("names errors of JSON services as they do", () => {
  const json = { "x-amz-target": "AmazonSQS.SendMessage" };
  const request = signed({ headers: { ...unsigned.headers, ...json } }, "sqs");
  const attempt = (changed: SignedRequest) => () => verify(changed, options());
  expect(attempt({ ...unsigned, headers: json })).toThrow(refusal("MissingAuthenticationTokenException", 403, ""));
  expect(attempt({ ...request, body: Buffer.alloc(0) })).toThrow(refusal("InvalidSignatureException", 403, ""));
  expect(attempt(reauthorized("ASIAEX", "ASIAUN", request))).toThrow(refusal("UnrecognizedClientException", 403, ""));
  expect(attempt(reauthorized("AWS4", "AWS3", request))).toThrow(refusal("IncompleteSignatureException", 400, ""));
  const secretOf = () => ({ ...credentials, expiration: noon });
  expect(() => verify(request, options({ secretOf }))).toThrow(refusal("ExpiredTokenException", 403, ""));
});
