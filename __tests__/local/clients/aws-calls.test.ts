import type { Credentials } from "../../../local/aws";
import type { Cloud } from "../../../local/cloud";
import { sign } from "../../../local/iam/sigv4";
import { LocalStack } from "../../support/local-stack";
import { systemFolder } from "../../support/synth";
import { until } from "../../support/until";

const stack = new LocalStack(systemFolder("storage", "dev"));
const orders = new LocalStack(systemFolder("orders", "dev"));
const FUNCTION = "dev-list-buckets";
const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const event = { requestContext: { requestId: "a" }, headers: {} };

let cloud: Cloud;
beforeAll(async () => {
  cloud = await stack.start();
});
afterAll(() => Promise.all([stack.stopAll(), orders.stopAll()]));

interface Call {
  readonly on?: Cloud;
  readonly as?: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A signed call, as an SDK sends it. */
async function send(service: string, route: string, { on = cloud, as, headers = {}, body }: Call) {
  const [method = "", path = ""] = route.split(" ");
  const { host } = new URL(on.endpoint);
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const signed = sign(
    { method, path, headers: { host, ...headers }, body: Buffer.from(text) },
    as ?? on.iam.operator().credentials,
    { region: "eu-west-1", service, now: Date.now() },
  );
  const { host: _, ...sent } = signed;
  const answer = await fetch(`${on.endpoint}${path}`, { method, headers: sent, body: text || undefined });
  const received = await answer.text();
  return { status: answer.status, headers: answer.headers, body: received === "" ? undefined : JSON.parse(received) };
}

const lambda = (route: string, options: Call = {}) => {
  const [method, path = ""] = route.split(" ");
  return send("lambda", `${method} /2015-03-31${path}`, options);
};
const logs = (operation: string, body: object, options: Call = {}) =>
  send("logs", "POST /", {
    ...options,
    body,
    headers: { "x-amz-target": `Logs_20140328.${operation}`, "content-type": "application/x-amz-json-1.1" },
  });

/** Credentials of a role that may do nothing but what it is given. */
function role(name: string, ...statements: readonly object[]): Credentials {
  const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const { arn } = cloud.iam.identities.putRole({
    roleName: name,
    assumeRolePolicy: JSON.stringify({ Statement: trust }),
  });
  if (statements.length > 0)
    cloud.iam.identities.putInlinePolicy(name, "own", JSON.stringify({ Statement: statements }));
  return cloud.iam.assume(arn, "lambda.amazonaws.com").credentials;
}

describe("Invoke", () => {
  const invoke = (name = FUNCTION, options: Call = {}) =>
    lambda(`POST /functions/${encodeURIComponent(name)}/invocations`, { body: event, ...options });

  test.each([FUNCTION, functionArn(FUNCTION)])("gives what %s answers", async (name) => {
    const { status, headers, body } = await invoke(name, { headers: { "x-amz-log-type": "Tail" } });
    expect([status, headers.get("x-amz-executed-version")]).toEqual([200, "$LATEST"]);
    expect(body.statusCode).toBe(200);
    const tail = Buffer.from(headers.get("x-amz-log-result") ?? "", "base64").toString();
    expect(tail).toContain("platform.report");
    expect(headers.get("x-amz-function-error")).toBeNull();
  });

  test("says that a function failed", async () => {
    const on = await orders.start();
    const { status, headers, body } = await invoke("dev-write-order", { on, body: "null" });
    expect([status, headers.get("x-amz-function-error")]).toEqual([200, "Unhandled"]);
    expect(body).toMatchObject({ errorType: expect.any(String), errorMessage: expect.any(String) });
  });

  test("leaves an event to Lambda, and tries nothing in a dry run", async () => {
    const lines = () => cloud.lambda.logsOf(FUNCTION).filter((line) => line.includes("platform.start")).length;
    const before = lines();
    expect((await invoke(FUNCTION, { headers: { "x-amz-invocation-type": "DryRun" } })).status).toBe(204);
    expect(lines()).toBe(before);
    const asynchronous = await invoke(FUNCTION, { headers: { "x-amz-invocation-type": "Event" } });
    expect([asynchronous.status, asynchronous.body]).toEqual([202, undefined]);
    await until(() => lines() > before, "the invocation");
  });

  test.each<[string, Call, number, string]>([
    ["nope", {}, 404, "ResourceNotFoundException"],
    [`${FUNCTION}:nope`, {}, 404, "ResourceNotFoundException"],
    [FUNCTION, { body: "{" }, 400, "InvalidRequestContentException"],
    [FUNCTION, { headers: { "x-amz-invocation-type": "Maybe" } }, 400, "InvalidParameterValueException"],
    [FUNCTION, { headers: { "x-amz-client-context": "e30=" } }, 501, "UnsupportedOperation"],
  ])("of %s with %j is %d %s", async (name, options, status, code) => {
    const answer = await invoke(name, options);
    expect([answer.status, answer.headers.get("x-amzn-errortype")]).toEqual([status, code]);
    expect(answer.body.Message).toBe(answer.body.message);
  });

  test("takes a grant on that very function", async () => {
    const Resource = functionArn(FUNCTION);
    const as = role("invoker", { Effect: "Allow", Action: "lambda:InvokeFunction", Resource });
    expect((await invoke(FUNCTION, { as })).status).toBe(200);
    const denied = await invoke("dev-read-object", { as });
    expect([denied.status, denied.headers.get("x-amzn-errortype")]).toEqual([403, "AccessDeniedException"]);
    expect(denied.body.Message).toContain("is not authorized to perform: lambda:InvokeFunction on resource");
  });
});

describe("what Lambda says of functions and mappings", () => {
  test("is what the stacks say", async () => {
    const { body } = await lambda(`GET /functions/${FUNCTION}/configuration`);
    expect(body).toMatchObject({
      ...{ FunctionName: FUNCTION, FunctionArn: functionArn(FUNCTION), Handler: "index.handler", State: "Active" },
      ...{ MemorySize: 1_024, LoggingConfig: { LogFormat: "JSON", LogGroup: `/aws/lambda/${FUNCTION}` } },
    });
    expect((await lambda(`GET /functions/${FUNCTION}`)).body.Configuration).toEqual(body);
    expect((await lambda("GET /functions/nope")).status).toBe(404);
  });

  test("comes page by page", async () => {
    const names: string[] = [];
    for (let marker: string | undefined = ""; marker !== undefined; ) {
      const { body } = await lambda(`GET /functions/?MaxItems=2&Marker=${marker}`);
      expect(body.Functions.length).toBeLessThanOrEqual(2);
      names.push(...body.Functions.map(({ FunctionName }: { FunctionName: string }) => FunctionName));
      marker = body.NextMarker;
    }
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain(FUNCTION);
    expect((await lambda("GET /functions/?MaxItems=0")).status).toBe(400);
  });

  test("tells the mappings of a function or of a source", async () => {
    const on = await orders.start();
    const { body } = await lambda("GET /event-source-mappings/", { on });
    expect(body.EventSourceMappings).toHaveLength(2);
    const one = await lambda("GET /event-source-mappings/?FunctionName=dev-write-order", { on });
    const [mapping] = one.body.EventSourceMappings;
    expect(mapping).toMatchObject({
      ...{ EventSourceArn: "arn:aws:sqs:eu-west-1:123456789012:dev-POC-Queue", State: "Enabled", BatchSize: 10 },
      ...{ FunctionResponseTypes: ["ReportBatchItemFailures"], ScalingConfig: { MaximumConcurrency: 10 } },
    });
    expect((await lambda(`GET /event-source-mappings/${mapping.UUID}`, { on })).body).toEqual(mapping);
    expect((await lambda("GET /event-source-mappings/x", { on })).status).toBe(404);
    const none = await lambda("GET /event-source-mappings/?EventSourceArn=x", { on });
    expect(none.body.EventSourceMappings).toEqual([]);
  });

  test("is a policy where the function has one", async () => {
    expect((await lambda(`GET /functions/${FUNCTION}/policy`)).status).toBe(404);
    cloud.lambda.addPermission({
      ...{
        statement_id: "s",
        function_name: FUNCTION,
        action: "lambda:InvokeFunction",
        principal: "sns.amazonaws.com",
      },
    });
    const { body } = await lambda(`GET /functions/${FUNCTION}/policy`);
    expect(JSON.parse(body.Policy).Statement).toMatchObject([{ Sid: "s" }]);
    cloud.lambda.removePermission(functionArn(FUNCTION), "s");
  });

  test.each([
    [
      "GET /functions/x/aliases",
      "GET /2015-03-31/functions/x/aliases is not modelled by the local run. It knows Invoke",
    ],
    ["GET /functions/?FunctionVersion=ALL", "FunctionVersion of ListFunctions is not modelled by the local run"],
    ["PUT /functions/x/code", "PUT /2015-03-31/functions/x/code is not modelled by the local run"],
  ])("%s is refused by name", async (route, message) => {
    const { status, body } = await lambda(route);
    expect([status, body.message]).toEqual([501, expect.stringContaining(message)]);
  });

  test("takes a grant", async () => {
    const as = role("nobody");
    for (const path of [
      ...["/functions/", `/functions/${FUNCTION}`, `/functions/${FUNCTION}/configuration`],
      ...[`/functions/${FUNCTION}/policy`, "/event-source-mappings/", "/event-source-mappings/x"],
    ]) {
      expect([path, (await lambda(`GET ${path}`, { as })).status]).toEqual([path, 403]);
    }
  });
});

describe("logs", () => {
  const logGroupName = `/aws/lambda/${FUNCTION}`;
  let lines: readonly string[];
  beforeAll(async () => {
    await lambda(`POST /functions/${FUNCTION}/invocations`, { body: event });
    lines = cloud.lambda.logsOf(FUNCTION);
  });

  test("have the groups that the stacks make", async () => {
    const { body } = await logs("DescribeLogGroups", { logGroupNamePrefix: "/aws/lambda/" });
    const names = body.logGroups.map((group: { logGroupName: string }) => group.logGroupName);
    expect(names).toContain(logGroupName);
    expect(body.logGroups[0]).toMatchObject({ retentionInDays: 30, arn: expect.stringMatching(/:log-group:.*:\*$/) });
    const first = await logs("DescribeLogGroups", { logGroupNamePattern: "LAMBDA", limit: 1 });
    const second = await logs("DescribeLogGroups", { logGroupNamePattern: "lambda", limit: 1, nextToken: names[0] });
    expect([first.body.nextToken, second.body.logGroups[0].logGroupName]).toEqual([names[0], names[1]]);
  });

  test("are filtered by time and terms, page by page", async () => {
    const all = await logs("FilterLogEvents", { logGroupName });
    expect(all.body.events.map(({ message }: { message: string }) => message)).toEqual(lines);
    const reports = await logs("FilterLogEvents", { logGroupName, filterPattern: '"platform.report" -nothing' });
    expect(reports.body.events.length).toBe(lines.filter((line) => line.includes("platform.report")).length);
    const { timestamp } = all.body.events[0];
    const none = await logs("FilterLogEvents", { logGroupName, endTime: timestamp - 1 });
    expect(none.body.events).toEqual([]);
    const page = await logs("FilterLogEvents", { logGroupName, limit: 1 });
    const next = await logs("FilterLogEvents", { logGroupName, nextToken: page.body.nextToken });
    expect([...page.body.events, ...next.body.events]).toEqual(all.body.events);
    const elsewhere = await logs("FilterLogEvents", { logGroupName, logStreamNames: ["other"] });
    expect(elsewhere.body.events).toEqual([]);
  });

  test("are one stream, read from either end", async () => {
    const streams = await logs("DescribeLogStreams", { logGroupName });
    expect(streams.body.logStreams).toMatchObject([{ logStreamName: "local" }]);
    const get = async (input: object) =>
      (await logs("GetLogEvents", { logGroupName, logStreamName: "local", ...input })).body;
    const messages = ({ events }: { events: { message: string }[] }) => events.map(({ message }) => message);
    const last = await get({ limit: 1 });
    expect(messages(last)).toEqual([lines.at(-1)]);
    expect(messages(await get({ limit: 1, nextToken: last.nextBackwardToken }))).toEqual([lines.at(-2)]);
    const first = await get({ limit: 1, startFromHead: true });
    expect(messages(first)).toEqual([lines[0]]);
    expect(messages(await get({ nextToken: first.nextForwardToken }))).toEqual(lines.slice(1));
    const end = await get({ nextToken: last.nextForwardToken });
    expect([messages(end), end.nextForwardToken]).toEqual([[], last.nextForwardToken]);
  });

  test.each<[string, object, string, string]>([
    [
      "FilterLogEvents",
      { logGroupName: "nope" },
      "ResourceNotFoundException",
      "The specified log group does not exist.",
    ],
    [
      "GetLogEvents",
      { logGroupName, logStreamName: "x" },
      "ResourceNotFoundException",
      "The specified log stream does",
    ],
    ["FilterLogEvents", { logGroupName, filterPattern: "{ $.a = 1 }" }, "InvalidParameterException", "must be terms"],
    [
      "FilterLogEvents",
      { logGroupName, limit: 10_001 },
      "InvalidParameterException",
      "limit must be an integer from 1",
    ],
    ["FilterLogEvents", {}, "InvalidParameterException", "Either logGroupName or logGroupIdentifier must be given."],
    ["FilterLogEvents", { logGroupName, unmask: true }, "UnsupportedOperation", "unmask of FilterLogEvents is not"],
    ["PutLogEvents", {}, "UnsupportedOperation", "PutLogEvents is not modelled by the local run. It knows Describe"],
    [
      "DescribeLogGroups",
      { logGroupNamePrefix: "a", logGroupNamePattern: "b" },
      "InvalidParameterException",
      "mutually",
    ],
  ])("%s with %j is refused: %s", async (operation, input, type, message) => {
    const { status, body } = await logs(operation, input);
    expect([status, body]).toEqual([400, { __type: type, message: expect.stringContaining(message) }]);
  });

  test("take a grant on the group", async () => {
    const Resource = `arn:aws:logs:eu-west-1:123456789012:log-group:${logGroupName}:*`;
    const as = role("reader", { Effect: "Allow", Action: "logs:FilterLogEvents", Resource });
    expect((await logs("FilterLogEvents", { logGroupName }, { as })).status).toBe(200);
    const denied = await logs("FilterLogEvents", { logGroupName: "/aws/lambda/dev-read-object" }, { as });
    expect([denied.status, denied.body.__type]).toEqual([400, "AccessDeniedException"]);
  });
});
