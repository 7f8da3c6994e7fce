import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { AwsError, type Clock } from "../../../local/aws";
import { Lambda } from "../../../local/lambda/lambda";
import type { Invocation } from "../../../local/lambda/lambda-logs";
import { scratchFolder } from "../../support/scratch-folder";
import { until } from "../../support/until";

const place = { partition: "aws", region: "eu-west-1", accountId: "123456789012" };
const role = "arn:aws:iam::123456789012:role/worker";
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Real time, and a way to let what waits for it come at once. */
class ImpatientClock implements Clock {
  private readonly waiting = new Set<() => void>();
  now = Date.now;
  after(_milliseconds: number, then: () => void): () => void {
    this.waiting.add(then);
    return () => this.waiting.delete(then);
  }
  passAll(): void {
    for (const then of this.waiting) then();
  }
}

const clock = new ImpatientClock();
const said: string[] = [];
const lambda = new Lambda({
  place,
  clock,
  log: (source, message) => said.push(`${source}: ${message}`),
  assume: (roleArn, service) => {
    if (roleArn !== role) throw new AwsError("AccessDenied", `${service} is not trusted by ${roleArn}`, 403);
    return {
      credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
      caller: { principalArn: roleArn, accountId: place.accountId },
    };
  },
  endpoint: "http://127.0.0.1:1234",
});
const folder = scratchFolder();
afterAll(() => lambda.stop());

let functions = 0;
/** A function of one file, its name beside what Terraform gets. */
function create(code: string, more: Readonly<Record<string, unknown>> = {}, file = "index.js", on = lambda) {
  functions += 1;
  const zip = zipSync({ [file]: strToU8(code) });
  const filename = `${functions}.zip`;
  fs.writeFileSync(path.join(folder, filename), zip);
  return on.createFunction(
    { function_name: `f${functions}`, filename, handler: "index.handler", runtime: "nodejs24.x", role, ...more },
    folder,
  );
}

const errorOf = async (arn: string, event: unknown = {}) => {
  const result = await lambda.invoke(arn, event);
  if (!("functionError" in result)) throw new Error("there was no error");
  return result.functionError;
};
const resultOf = async (arn: string, event: unknown = {}, on = lambda) => {
  const result = await on.invoke(arn, event);
  if (!("payload" in result)) throw new Error(result.functionError.errorMessage);
  return result.payload;
};
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a function", () => {
  test("has the attributes that Terraform computes", () => {
    const made = create("exports.handler = async () => 1;", { function_name: "named" });
    const arn = "arn:aws:lambda:eu-west-1:123456789012:function:named";
    expect(made).toMatchObject({
      arn,
      id: "named",
      version: "$LATEST",
      qualified_arn: `${arn}:$LATEST`,
      invoke_arn: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
    });
    expect(lambda.roleOf(arn).principalArn).toBe(role);
    expect(lambda.timeoutOf(arn)).toBe(3);
    expect(() => create("", { function_name: "named" })).toThrow("Function already exist: named");
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["a network of its own", { vpc_config: {} }, "vpc_config is not modelled by the local run"],
    ["another runtime", { runtime: "python3.13" }, "runtime must be a Node.js runtime"],
    ["no time", { timeout: 0 }, "timeout must be an integer from 1 to 900, got: 0"],
    ["more time than there is", { timeout: 901 }, "timeout must be an integer from 1 to 900, got: 901"],
    ["less memory than there is", { memory_size: 127 }, "memory_size must be an integer from 128 to 10240, got: 127"],
    [
      "another level",
      { logging_config: { log_format: "JSON", system_log_level: "DEBUG" } },
      "must be INFO in the local",
    ],
    ["a zip that is not the one", { source_code_hash: "old" }, "Synthesize again"],
    ["a role that does not trust Lambda", { role: `${role}2` }, "cannot be assumed by Lambda"],
    ["a variable of Lambda's", { environment: { variables: { AWS_REGION: "x" } } }, "this request: AWS_REGION"],
    ["an endpoint", { environment: { variables: { AWS_ENDPOINT_URL_SQS: "x" } } }, "the local run sets where AWS is"],
    ["a NUL character", { environment: { variables: { A: "\0" } } }, "a NUL character, which no process can be given"],
    ["5 KB of variables", { environment: { variables: { A: "x".repeat(5_000) } } }, "exceeded the 4KB limit"],
  ])("is refused with %s", (_what, more, sentence) => {
    expect(() => create("exports.handler = async () => 1;", more)).toThrow(sentence);
  });

  test("has a policy of its own, with a statement for each permission", () => {
    const { arn } = create("", { function_name: "permitted" });
    expect(JSON.parse(lambda.policyOf(arn)).Statement).toEqual([]);
    const permission = {
      function_name: "permitted",
      action: "lambda:InvokeFunction",
      principal: "apigateway.amazonaws.com",
    };
    lambda.addPermission({ ...permission, statement_id: "Api", source_arn: "arn:aws:execute-api:eu-west-1:1:a/*" });
    lambda.addPermission({ ...permission, function_name: arn, statement_id: "Other", principal: "111111111111" });
    expect(JSON.parse(lambda.policyOf(arn)).Statement).toEqual([
      {
        Sid: "Api",
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Resource: arn,
        Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:execute-api:eu-west-1:1:a/*" } },
      },
      expect.objectContaining({ Sid: "Other", Principal: { AWS: "111111111111" }, Condition: {} }),
    ]);
    expect(() => lambda.addPermission({ ...permission, statement_id: "Api" })).toThrow(
      "The statement id (Api) provided already exists.",
    );
    expect(() => lambda.addPermission({ ...permission, function_url_auth_type: "NONE" })).toThrow(
      "function_url_auth_type is not modelled by the local run",
    );
  });

  test("takes what is null as absent, and the hash of its zip", () => {
    const zip = zipSync({ "index.js": strToU8("") });
    const source_code_hash = createHash("sha256").update(zip).digest("base64");
    expect(() => create("", { source_code_hash, vpc_config: null, timeout: 900, memory_size: 10_240 })).not.toThrow();
  });
});

describe("an execution environment", () => {
  test("has the variables of its function and of Lambda, and none of the parent's", async () => {
    const { arn } = create("exports.handler = async () => process.env;", {
      environment: [{ variables: { TABLE: "orders" } }],
      logging_config: { log_format: "JSON", log_group: "/own", application_log_level: "WARN" },
    });
    const env = (await resultOf(arn)) as Record<string, string>;
    expect(
      Object.keys(env)
        .filter((name) => !/^(__CF|NODE_V8)/.test(name))
        .sort(),
    ).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL",
      "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME",
      "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE",
      "AWS_LAMBDA_LOG_FORMAT",
      "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_LEVEL",
      "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "LAMBDA_TASK_ROOT",
      "TABLE",
      "TZ",
      "_HANDLER",
    ]);
    expect(env).toMatchObject({
      TABLE: "orders",
      AWS_REGION: "eu-west-1",
      AWS_SESSION_TOKEN: "token",
      AWS_ENDPOINT_URL: "http://127.0.0.1:1234",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_LOG_GROUP_NAME: "/own",
      AWS_LAMBDA_LOG_LEVEL: "WARN",
    });
  });

  test("gives the handler its event and its context", async () => {
    const { arn, id } = create(
      "exports.handler = async (event, context) => ({ event, ...context, left: context.getRemainingTimeInMillis() });",
      { timeout: 10, memory_size: 256 },
    );
    const seen = (await resultOf(`${arn}:$LATEST`, { a: [1] })) as Record<string, unknown>;
    expect(seen).toMatchObject({
      event: { a: [1] },
      functionName: id,
      functionVersion: "$LATEST",
      invokedFunctionArn: `${arn}:$LATEST`,
      memoryLimitInMB: "256",
      awsRequestId: expect.stringMatching(UUID),
      logGroupName: `/aws/lambda/${id}`,
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    });
    expect(Number(seen.left)).toBeGreaterThan(9_000);
    expect(Number(seen.left)).toBeLessThanOrEqual(10_000);
  });

  test("serves one event after the other, and is joined by others for events at once", async () => {
    const cold: boolean[] = [];
    const meeting = scratchFolder();
    // Each waits for the others, as nothing else keeps one process from being faster than the start of another.
    const { arn, id } = create(`const fs = require("node:fs");
      exports.handler = async ({ atOnce }) => {
        if (atOnce) fs.writeFileSync("${meeting}/" + process.pid, "");
        while (atOnce && fs.readdirSync("${meeting}").length < atOnce) await new Promise((resolve) => setTimeout(resolve, 5));
        return process.pid;
      };`);
    const end = lambda.onInvocation(({ functionName, initDurationMs }) => {
      if (functionName === id) cold.push(initDurationMs !== undefined);
    });
    const first = await resultOf(arn);
    expect(await resultOf(arn)).toBe(first);
    const atOnce = await Promise.all([1, 2, 3].map(() => resultOf(arn, { atOnce: 3 })));
    expect(new Set(atOnce).size).toBe(3);
    expect(atOnce).toContain(first);
    end();
    await resultOf(arn);
    expect(cold.sort()).toEqual([false, false, true, true, true]);
  });

  test("loads an ES module", async () => {
    const { arn } = create("export const handler = async () => 'module';", {}, "index.mjs");
    expect(await resultOf(arn)).toBe("module");
  });
});

describe("an error", () => {
  test("that the handler throws is the caller's, and the environment goes on", async () => {
    const { arn, id } = create(`exports.handler = async (event) => {
      if (event.fail) throw new RangeError("too much");
      return process.pid;
    };`);
    const pid = await resultOf(arn);
    expect(await errorOf(arn, { fail: true })).toEqual({ errorType: "RangeError", errorMessage: "too much" });
    expect(await resultOf(arn)).toBe(pid);
    expect(lambda.logsOf(id).join("\n")).toContain('Invoke Error\t{"errorType":"RangeError","errorMessage":"too much"');
  });

  test.each([
    ["a crash", "exports.handler = () => process.exit(3);", "exit status 3"],
    [
      "an exit without a reason",
      "exports.handler = () => process.exit(0);",
      "Runtime exited without providing a reason",
    ],
    [
      "an exception that nobody catches",
      "exports.handler = () => new Promise(() => setTimeout(() => { throw 1; }));",
      "exit status 129",
    ],
    [
      "a rejection that nobody catches",
      "exports.handler = () => new Promise(() => { Promise.reject(1); });",
      "exit status 128",
    ],
    ["a kill", "exports.handler = () => new Promise(() => process.kill(process.pid, 'SIGKILL'));", "signal: killed"],
  ])("of %s is Runtime.ExitError, and the next event gets a new environment", async (_what, code, reason) => {
    const { arn, id } = create(
      code
        .replace("exports.handler =", "exports.handler = async (event) => event.fine ? 'fine' : (")
        .replace(/;$/, ")();"),
    );
    const { errorType, errorMessage } = await errorOf(arn);
    expect(errorType).toBe("Runtime.ExitError");
    expect(errorMessage).toMatch(new RegExp(`^RequestId: ${UUID.source} Error: Runtime exited .*`));
    expect(errorMessage).toContain(reason);
    expect(await resultOf(arn, { fine: true })).toBe("fine");
    expect(lambda.logsOf(id).filter((line) => line.includes("Init Duration"))).toHaveLength(2);
  });

  test.each([
    ["no such export", "exports.other = 1;", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"],
    ["no function", "exports.handler = 1;", "Runtime.HandlerNotFound", "index.handler is not a function"],
    ["a callback", "exports.handler = (a, b, c) => c();", "Runtime.CallbackHandlerDeprecated", "callback-based"],
    ["no such package", "require('absent');", "Runtime.ImportModuleError", "Error: Cannot find module 'absent'"],
    ["no JavaScript", "exports.handler = (", "Runtime.UserCodeSyntaxError", "SyntaxError: "],
    ["a throw at its top", "throw new Error('no table');", "Error", "no table"],
  ])("of a handler with %s comes at initialization", async (_what, code, errorType, message) => {
    const error = await errorOf(create(code).arn);
    expect(error.errorType).toBe(errorType);
    expect(error.errorMessage).toContain(message);
  });

  test("names a missing file", async () => {
    const error = await errorOf(create("", {}, "other.js").arn);
    expect(error.errorType).toBe("Runtime.ImportModuleError");
    expect(error.errorMessage).toContain("Cannot find module");
  });

  test("comes for a result that is no JSON", async () => {
    const { arn } = create("exports.handler = async (event) => event.big ? 1n : undefined;");
    expect(await errorOf(arn, { big: true })).toEqual({
      errorType: "Runtime.JSONStringifyError",
      errorMessage: "Unable to stringify response body",
    });
    expect(await resultOf(arn)).toBeNull();
  });

  test("comes when the time is over, and ends the process", async () => {
    const { arn, id } = create(
      "exports.handler = async (event) => { console.log('pid', process.pid); if (event.stuck) while (true); };",
      { timeout: 1 },
    );
    await resultOf(arn);
    const stuck = errorOf(arn, { stuck: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.passAll();
    const { errorType, errorMessage } = await stuck;
    expect(errorType).toBe("Sandbox.Timedout");
    expect(errorMessage).toMatch(/Error: Task timed out after 1\.00 seconds$/);
    expect(lambda.logsOf(id).at(-1)).toMatch(/Duration: 1000\.00 ms\tBilled Duration: 1000 ms.*Status: timeout$/);

    const pid = Number(/pid (\d+)/.exec(lambda.logsOf(id).join("\n"))?.[1]);
    while (isRunning(pid)) await new Promise(setImmediate);
  });

  test.each([
    ["as large as may be", 6_291_556 - 2, undefined],
    ["a byte too large", 6_291_556 - 1, "Response payload size exceeded maximum allowed payload size (6291556 bytes)."],
  ])("comes for a response %s", async (_what, length, errorMessage) => {
    const result = await lambda.invoke(create("exports.handler = async (n) => 'x'.repeat(n);").arn, length);
    if (errorMessage === undefined) expect(result).toHaveProperty("payload");
    else expect(result).toMatchObject({ functionError: { errorType: "Function.ResponseSizeTooLarge", errorMessage } });
  });

  test("refuses an event over 6 MB and a function that there is none of", async () => {
    const { arn } = create("exports.handler = async (text) => text.length;");
    expect(await resultOf(arn, "x".repeat(6_291_456 - 2))).toBe(6_291_454);
    await expect(lambda.invoke(arn, "x".repeat(6_291_456 - 1))).rejects.toThrow(
      "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    );
    await expect(lambda.invoke(`${arn}x`, {})).rejects.toThrow(`Function not found: ${arn}x`);
  });
});

describe("logs", () => {
  test("keep the function's lines between those of Lambda", async () => {
    const { arn, id } = create("exports.handler = async () => { console.log('one\\ntwo'); console.error('three'); };");
    await resultOf(arn);
    await resultOf(arn);
    const lines = lambda.logsOf(id);
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      ...["START", "one", "two", "three", "END", "REPORT"],
      ...["START", "one", "two", "three", "END", "REPORT"],
    ]);
    const numbers = "Duration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\tMax Memory Used: \\d+ MB";
    expect(lines[5]).toMatch(new RegExp(`^REPORT RequestId: ${UUID.source}\t${numbers}\tInit Duration: [\\d.]+ ms$`));
    expect(lines[11]).toMatch(new RegExp(`^REPORT RequestId: ${UUID.source}\t${numbers}$`));
  });

  test("are JSON where that is asked for", async () => {
    const { arn, id } = create("exports.handler = async () => { throw new Error('no'); };", {
      logging_config: { log_format: "JSON" },
    });
    await errorOf(arn);
    const [start, , report] = lambda.logsOf(id).map((line) => (line.startsWith("{") ? JSON.parse(line) : line));
    expect(start).toMatchObject({ type: "platform.start", record: { version: "$LATEST" } });
    expect(report).toMatchObject({
      type: "platform.report",
      record: { status: "error", errorType: "Error", metrics: { memorySizeMB: 128 } },
    });
  });

  test("say to a listener what each invocation took", async () => {
    const seen: Invocation[] = [];
    const { arn, id } = create("exports.handler = async () => 1;", { memory_size: 512 });
    const end = lambda.onInvocation((invocation) => seen.push(invocation));
    await resultOf(arn);
    end();
    expect(seen).toHaveLength(1);
    const [{ durationMs = 0, initDurationMs = 0, billedDurationMs, maxMemoryUsedMb } = {}] = seen;
    expect(seen[0]).toMatchObject({ functionName: id, memorySizeMb: 512, error: undefined });
    expect(billedDurationMs).toBe(Math.ceil(durationMs + initDurationMs));
    expect(maxMemoryUsedMb).toBeGreaterThan(20);
    expect(maxMemoryUsedMb).toBeLessThan(200);
  });
});

test("processes end by themselves when the one that started them dies", async () => {
  const taskRoot = scratchFolder();
  fs.writeFileSync(path.join(taskRoot, "index.js"), "setInterval(() => {}, 1000); exports.handler = async () => 1;");
  const script = `const child = require("node:child_process").fork("local/lambda/execution-environment.js", {
    env: { LAMBDA_TASK_ROOT: ${JSON.stringify(taskRoot)}, _HANDLER: "index.handler" },
  });
  child.on("message", () => console.log(child.pid));`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  const [pid] = await once(parent.stdout, "data");
  expect(isRunning(Number(pid))).toBe(true);
  parent.kill("SIGKILL");
  await until(() => !isRunning(Number(pid)), "its end");
});

test("stop ends every process, a stuck one too, and removes what was unpacked", async () => {
  const other = new Lambda({
    place,
    clock,
    log: () => undefined,
    assume: () => ({
      credentials: { accessKeyId: "a", secretAccessKey: "b", sessionToken: "c" },
      caller: { principalArn: role, accountId: place.accountId },
    }),
    endpoint: "http://127.0.0.1:1",
  });
  const { arn, id } = create(
    "exports.handler = async (event) => { if (!event.stuck) return [process.pid, __dirname]; console.log(process.pid); while (true); };",
    {},
    "index.js",
    other,
  );
  const [idle, taskRoot] = (await resultOf(arn, {}, other)) as [number, string];
  const stuck = [other.invoke(arn, { stuck: true }), other.invoke(arn, { stuck: true })];
  const pids = () => other.logsOf(id).filter((line) => /^\d+$/.test(line));
  await until(() => pids().length === 2, "both processes");

  await other.stop();
  expect([idle, ...pids().map(Number)].map(isRunning)).toEqual([false, false, false]);
  expect(fs.existsSync(taskRoot)).toBe(false);
  for (const result of await Promise.all(stuck)) {
    expect(result).toMatchObject({ functionError: { errorType: "Runtime.ExitError" } });
  }
  await expect(other.invoke(arn, {})).rejects.toThrow("the local run has stopped");
});
