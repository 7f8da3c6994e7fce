import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import * as fc from "fast-check";
import { brokenRules, problemIn } from "../../support/answers";
import { LambdaFunction } from "../../support/lambda-function";
import { proxyEvent } from "../../support/proxy-event";
import { RefusingAws } from "../../support/refusing-aws";

const names = [
  "list-buckets",
  "list-objects",
  "write-object",
  "read-object",
  "delete-object",
  "generate-presigned-url",
] as const;
type Name = (typeof names)[number];

let aws: RefusingAws;
const functions = new Map<Name, LambdaFunction>();

beforeAll(async () => {
  aws = await RefusingAws.start();
  const environment = {
    BUCKET_NAME: "secret-bucket",
    KEY_PREFIX: "",
    SIGNING_ROLE_ARN: "arn:aws:iam::123456789012:role/secret",
    MAX_UPLOAD_BYTES: "1000",
    ALLOWED_ORIGINS: "https://a.example https://b.example",
    AWS_ENDPOINT_URL: aws.url,
  };
  for (const name of names) functions.set(name, await LambdaFunction.start(`handlers/${name}.ts`, environment));
});

afterAll(async () => {
  for (const one of functions.values()) await one.stop();
  await aws.stop();
});

const invoke = (name: Name, event: unknown): Promise<APIGatewayProxyResult> =>
  (functions.get(name) as LambdaFunction).invoke<APIGatewayProxyResult>(event as object);

/** A request that each function takes. */
const good: Readonly<Record<Name, object>> = {
  "list-buckets": proxyEvent({ target: "/buckets" }),
  "list-objects": proxyEvent({ target: "/objects" }),
  "write-object": proxyEvent({ target: "/objects", method: "POST", body: '{"key":"k","content":""}' }),
  "read-object": proxyEvent({ target: "/objects/k" }),
  "delete-object": proxyEvent({ target: "/objects/k", method: "DELETE" }),
  "generate-presigned-url": proxyEvent({ target: "/presigned-url?operation=upload&fileKey=k" }),
};

/** Nothing of what AWS says, where code lies or what it stands for. */
const leaks = /secret|arn:|\.js|\.ts\b|at \S+ \(|node:|Error:|undefined/i;

describe.each(names)("%s", (name) => {
  test.each([
    ["is denied access", { status: 403, code: "AccessDenied" }, 500],
    ["has no bucket", { status: 404, code: "NoSuchBucket" }, 500],
    ["has credentials that ended", { status: 400, code: "ExpiredToken" }, 500],
    ["sends what AWS does not take, without a reason", { status: 400 }, 500],
    ["is throttled", { status: 503, code: "SlowDown" }, 503],
    ["is throttled with another status", { status: 400, code: "Throttling" }, 503],
    ["finds AWS failing", { status: 500, code: "InternalError" }, 503],
  ])("says nothing of why when it %s", async (_, refusal, status) => {
    aws.refusal = refusal;
    const answer = await invoke(name, good[name]);
    const problem = problemIn(answer);
    expect(problem).toMatchObject({ status, instance: "c0ffee00-request" });
    expect(answer.headers?.["retry-after"]).toBe(status === 503 ? "1" : undefined);
    expect(JSON.stringify(answer)).not.toMatch(leaks);
  });

  test("lets pages of the origins that are allowed read its answers, and no others", async () => {
    for (const [origin, allowed] of [
      ["https://b.example", "https://b.example"],
      ["https://b.example.evil", undefined],
    ]) {
      const { headers } = await invoke(name, { ...good[name], headers: { Origin: origin } });
      expect([headers?.["access-control-allow-origin"], headers?.vary]).toEqual([allowed, "Origin"]);
    }
  });

  test("leaves what happened in the log, under the id that the client has", async () => {
    aws.refusal = { status: 403, code: "AccessDenied" };
    const { log } = functions.get(name) as LambdaFunction;
    log.length = 0;
    await invoke(name, good[name]);
    expect(log.join("")).toContain("c0ffee00-request");
    expect(log.join("")).toContain("AccessDenied");
  });

  test("refuses query parameters that it does not know or that come twice, by name", async () => {
    const event = good[name] as { path: string };
    const query = { multiValueQueryStringParameters: { operation: ["upload"], versionId: ["1"], limit: ["1", "2"] } };
    const rules = brokenRules(await invoke(name, { ...event, queryStringParameters: null, ...query }));
    expect(rules).toMatchObject({ versionId: expect.stringContaining("is no query parameter here") });
    expect(rules.limit).toMatch(name.startsWith("list") ? /^must be given once$/ : /^is no query parameter here/);
  });

  test("does not mind a signature in the query", async () => {
    aws.refusal = { status: 503, code: "SlowDown" };
    const signed = {
      "X-Amz-Signature": "0",
      "X-Amz-Date": "0",
      ...(good[name] as Record<string, object>).queryStringParameters,
    };
    const all = Object.fromEntries(Object.entries(signed).map(([parameter, value]) => [parameter, [value]]));
    const event = { ...good[name], queryStringParameters: signed, multiValueQueryStringParameters: all };
    expect((await invoke(name, event)).statusCode).toBe(503);
  });

  test("answers any event whatever in its shape", async () => {
    aws.refusal = { status: 403, code: "AccessDenied" };
    const odd = fc.oneof(
      fc.json().map((json) => JSON.parse(json) as unknown),
      fc.string({ unit: "binary" }),
      fc.constant("\ud800"),
    );
    const texts = fc.dictionary(fc.oneof(fc.constantFrom("limit", "operation", "if-match"), fc.string()), odd);
    const event = fc.record(
      {
        path: fc.oneof(
          fc.string({ unit: "binary" }).map((key) => `/objects/${key}`),
          odd,
        ),
        pathParameters: fc.oneof(fc.record({ key: odd }), odd),
        queryStringParameters: fc.oneof(texts, odd),
        multiValueQueryStringParameters: fc.oneof(fc.dictionary(fc.string(), fc.array(odd)), odd),
        headers: fc.oneof(texts, odd),
        multiValueHeaders: fc.oneof(texts, odd),
        body: fc.oneof(
          fc.json(),
          fc.record({ key: odd, content: odd, encoding: odd }).map((body) => JSON.stringify(body)),
          odd,
        ),
        isBase64Encoded: fc.oneof(fc.boolean(), odd),
        requestContext: fc.oneof(fc.record({ requestId: odd, path: odd }), odd),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: event }, odd), async (sent) => {
        const answer = await invoke(name, sent ?? {});
        expect([400, 413, 500]).toContain(problemIn(answer).status);
        if (answer.statusCode === 500) expect(JSON.stringify(answer)).not.toMatch(leaks);
      }),
      { numRuns: 150 },
    );
  });
});

test("answers in time when AWS does not answer at all", async () => {
  aws.refusal = {};
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    POWERTOOLS_LOG_LEVEL: "SILENT",
  });
  // Only now, because it reads the environment.
  const { handler } = require("../../../handlers/list-buckets") as typeof import("../../../handlers/list-buckets");
  const context = { awsRequestId: "of-lambda", getRemainingTimeInMillis: () => 600 } as Context;
  const problem = problemIn(await handler({ path: "/buckets" } as APIGatewayProxyEvent, context));
  expect(problem).toMatchObject({ status: 503, instance: "of-lambda" });
});
