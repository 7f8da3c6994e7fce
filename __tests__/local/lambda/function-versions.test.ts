import * as fs from "node:fs";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { FunctionVersions, splitArn } from "../../../local/lambda/function-versions";
import { Lambda } from "../../../local/lambda/lambda";
import { clock, place, silent, someone } from "../../support/local";
import { scratchFolder } from "../../support/scratch-folder";

const arn = "arn:aws:lambda:eu-west-1:123456789012:function:reader";

test.each([
  [arn, { arn }],
  [`${arn}:$LATEST`, { arn }],
  [`${arn}:7`, { arn, qualifier: "7" }],
  [`${arn}:live`, { arn, qualifier: "live" }],
])("%s is split", (given, expected) => {
  expect(splitArn(given)).toEqual(expected);
});

describe("a function that publishes", () => {
  const versions = new FunctionVersions(arn, true);
  versions.addAlias("live", "1");
  versions.addAlias("before", "3");
  versions.addAlias("next", "$LATEST");

  test.each([
    [undefined, "$LATEST"],
    ["$LATEST", "$LATEST"],
    ["1", "1"],
    ["live", "1"],
    ["before", "3"],
    ["next", "$LATEST"],
  ])("has behind %s the version %s", (qualifier, version) => {
    expect(versions.versionOf(qualifier)).toBe(version);
  });

  test.each(["0", "dead", "LIVE", "constructor"])("has nothing behind %s", (qualifier) => {
    expect(() => versions.versionOf(qualifier)).toThrow(`Function not found: ${arn}:${qualifier}`);
  });

  test("has one alias of a name", () => {
    expect(() => versions.addAlias("live", "2")).toThrow(`Alias already exists: ${arn}:live`);
  });
});

test("an alias can stand for another version, outlives a change of the function, and can be taken away", () => {
  const versions = new FunctionVersions(arn, false);
  versions.addAlias("live", "$LATEST");
  const published = versions.republished(true);
  expect([published.newest, published.versionOf("live")]).toEqual(["1", "$LATEST"]);
  published.moveAlias("live", "1");
  expect([published.versionOf("live"), published.has("live"), published.has("7")]).toEqual(["1", true, true]);
  published.removeAlias("live");
  expect([published.has("live"), published.has()]).toEqual([false, true]);
});

test("a function that does not publish has no version but the newest", () => {
  const versions = new FunctionVersions(arn, false);
  expect(versions.newest).toBe("$LATEST");
  expect(() => versions.addAlias("live", "1")).toThrow(`Function not found: ${arn}:1`);
  versions.addAlias("live", "$LATEST");
  expect(versions.versionOf("live")).toBe("$LATEST");
});

describe("Lambda", () => {
  const lambda = new Lambda({
    place,
    clock,
    log: silent,
    assume: () => ({
      credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
      caller: someone,
    }),
    endpoint: "http://127.0.0.1:1234",
  });
  afterAll(() => lambda.stop());

  const folder = scratchFolder();
  const code =
    "exports.handler = async (_, { functionVersion, invokedFunctionArn }) => ({ functionVersion, invokedFunctionArn, pid: process.pid });";
  fs.writeFileSync(path.join(folder, "a.zip"), zipSync({ "index.js": strToU8(code) }));
  const made = lambda.createFunction(
    {
      function_name: "reader",
      filename: "a.zip",
      handler: "index.handler",
      runtime: "nodejs24.x",
      role: "r",
      publish: true,
    },
    folder,
  );
  const alias = lambda.createAlias({ name: "live", function_name: "reader", function_version: made.version });

  test("publishes the first version", () => {
    expect(made).toMatchObject({
      version: "1",
      qualified_arn: `${arn}:1`,
      qualified_invoke_arn: expect.stringContaining(`/${arn}:1/`),
    });
    expect(alias).toEqual({
      arn: `${arn}:live`,
      id: `${arn}:live`,
      invoke_arn: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}:live/invocations`,
    });
  });

  test("runs an alias as its version, in an environment that others do not share", async () => {
    const invoke = async (qualifier: string) => {
      const result = await lambda.invoke(`${arn}${qualifier}`, {});
      return ("payload" in result ? result.payload : {}) as Record<string, unknown>;
    };
    const [live, version, newest] = [await invoke(":live"), await invoke(":1"), await invoke("")];
    expect(live).toMatchObject({ functionVersion: "1", invokedFunctionArn: `${arn}:live` });
    expect(version).toMatchObject({ functionVersion: "1", pid: live.pid });
    expect(newest).toMatchObject({ functionVersion: "$LATEST", invokedFunctionArn: arn });
    expect(newest.pid).not.toBe(live.pid);
    await expect(lambda.invoke(`${arn}:dead`, {})).rejects.toThrow(`Function not found: ${arn}:dead`);
  });

  test("keeps the policies of a function and of its aliases apart", () => {
    const permission = {
      function_name: "reader",
      action: "lambda:InvokeFunction",
      principal: "apigateway.amazonaws.com",
    };
    lambda.addPermission({ ...permission, statement_id: "Api", qualifier: "live" });
    lambda.addPermission({ ...permission, statement_id: "Api" });
    const statementsOf = (functionArn: string) => JSON.parse(lambda.policyOf(functionArn)).Statement;
    expect(statementsOf(`${arn}:live`)).toEqual([expect.objectContaining({ Sid: "Api", Resource: `${arn}:live` })]);
    expect(statementsOf(arn)).toEqual([expect.objectContaining({ Sid: "Api", Resource: arn })]);
    expect(statementsOf(`${arn}:1`)).toEqual([]);
    expect(() => lambda.addPermission({ ...permission, statement_id: "Api", qualifier: "dead" })).toThrow(
      `Function not found: ${arn}:dead`,
    );
  });

  test.each([
    [{ name: "7" }, "name must be 1–128 letters, digits, - and _, and not digits alone"],
    [{ name: "x".repeat(129) }, "name must be 1–128 letters"],
    [{ function_version: "live" }, "function_version must be $LATEST or a version's number"],
    [
      { routing_config: { additional_version_weights: { "2": 0.1 } } },
      "routing_config is not modelled by the local run",
    ],
    [{ function_name: "writer" }, "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:writer"],
  ])("refuses the alias %j", (given, message) => {
    expect(() => lambda.createAlias({ name: "a", function_name: "reader", function_version: "1", ...given })).toThrow(
      message,
    );
  });
});
