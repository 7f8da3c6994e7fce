import * as fs from "node:fs";
import * as path from "node:path";
import { readEnvironments } from "../../settings/schema";
import { scratchFolder } from "../support/scratch-folder";

const dev = JSON.parse(fs.readFileSync("settings/dev.json", "utf8"));

/** A settings folder with the given files; text is written as it is. */
function settingsFolder(files: Record<string, unknown>): string {
  const folder = scratchFolder();
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** dev's settings with one value, at a dotted path, changed or (undefined) left out. */
function changed(at: string, value: unknown): unknown {
  const settings = structuredClone(dev);
  const keys = at.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce((object, key) => object[key], settings);
  parent[last] = value;
  return settings;
}

test("reads the project's own files, named as the environments", () => {
  expect(readEnvironments("settings").map(({ name }) => name)).toEqual(["dev", "prod"]);
});

test("puts prefix and suffix around documented names", () => {
  const folder = settingsFolder({ "qa.json": { ...dev, namePrefix: "qa-", nameSuffix: "-eu" } });
  expect(readEnvironments(folder)[0]?.nameOf("POC-Queue")).toBe("qa-POC-Queue-eu");
});

describe("takes both ends of each limit", () => {
  test.each([
    ["api.throttle.rateLimit", 0.1],
    ["api.throttle.rateLimit", 10_000],
    ["api.throttle.burstLimit", 1],
    ["api.throttle.burstLimit", 5_000],
    ["orders.writerMaximumConcurrency", 2],
    ["orders.writerMaximumConcurrency", 1_000],
    ["orders.notificationEmail", "ops@example.com"],
    ["orders.queueOperatorRoleArns", ["arn:aws-us-gov:iam::123456789012:role/path/Operator"]],
    ["alarms.oldestMessageAgeSeconds", 60],
    ["alarms.iteratorAgeSeconds", 86_399],
    ["alarms.asyncEventAgeSeconds", 1],
    ["alarms.asyncEventAgeSeconds", 21_599],
    ["alarms.oldestMessageAgeSeconds", 863_999],
    ["logRetentionInDays", 1],
    ["logRetentionInDays", 3653],
    ["accountId", "012345678901"],
    ["region", "us-gov-west-1"],
    ["namePrefix", "p".repeat(20)],
    ["liveOrders.catchUpHours", 1],
    ["liveOrders.catchUpHours", 168],
    ["liveOrders.authorization", { type: "AWS_IAM" }],
    ["storage.noncurrentVersionDays", 1],
    ["storage.noncurrentVersionDays", 36_500],
    ["presignedUrl.maxUploadBytes", 1],
    ["presignedUrl.maxUploadBytes", 5_368_709_120],
    ["presignedUrl.keyPrefix", "k".repeat(200)],
    ["alarms.latencyMilliseconds", 29_000],
    ["alarms.throttledRequests", 0],
  ])("%s: %j", (at, value) => {
    expect(readEnvironments(settingsFolder({ "dev.json": changed(at, value) }))).toHaveLength(1);
  });
});

describe("refuses, with file, place, rule and value", () => {
  test.each<[string, unknown, string]>([
    ["liveOrders.catchUpHours", 0, "must be at least 1, got: 0"],
    ["liveOrders.catchUpHours", 169, "must be at most 168, got: 169"],
    ["storage.noncurrentVersionDays", 0, "must be at least 1, got: 0"],
    ["presignedUrl.maxUploadBytes", 5_368_709_121, "must be at most 5368709120, got: 5368709121"],
    ["presignedUrl.keyPrefix", "a*", 'must be at most 200 letters, digits and !_.\'()/-, got: "a*"'],
    ["alarms.latencyMilliseconds", 29_001, "must be at most 29000, got: 29001"],
    ["api.throttle.rateLimit", 0, "must be above 0, got: 0"],
    ["api.throttle.rateLimit", -1, "must be above 0, got: -1"],
    ["api.throttle.rateLimit", 10_001, "must be at most 10000, got: 10001"],
    ["api.throttle.rateLimit", "50", 'must be a number, got: "50"'],
    ["api.throttle.burstLimit", 0, "must be at least 1, got: 0"],
    ["api.throttle.burstLimit", 1.5, "must be an integer, got: 1.5"],
    ["api.executionLogLevel", "DEBUG", 'must be one of OFF, ERROR, INFO, got: "DEBUG"'],
    ["logRetentionInDays", 31, "must be one of 1, 3, 5, 7, 14, 30, 60"],
    ["orders.notificationEmail", "ops", 'must be an e-mail address, got: "ops"'],
    ["orders.writerMaximumConcurrency", 1, "must be at least 2, got: 1"],
    ["orders.writerMaximumConcurrency", 1_001, "must be at most 1000, got: 1001"],
    ["orders.queueOperatorRoleArns", ["Operator"], "must be the ARN of a role"],
    ["alarms.oldestMessageAgeSeconds", 59, "must be at least 60, got: 59"],
    ["alarms.iteratorAgeSeconds", 86_400, "must be at most 86399, got: 86400"],
    ["alarms.asyncEventAgeSeconds", 0, "must be at least 1, got: 0"],
    ["alarms.asyncEventAgeSeconds", 21_600, "must be at most 21599, got: 21600"],
    ["alarms.oldestMessageAgeSeconds", 864_000, "must be at most 863999, got: 864000"],
    ["isDeletionProtected", "yes", 'must be a boolean, got: "yes"'],
    ["isDeletionProtected", undefined, "must be a boolean, got: nothing"],
    ["accountId", "12345", 'must be an account id of 12 digits, in quotes, got: "12345"'],
    ["accountId", 123456789012, "must be a string, in quotes, got: 123456789012"],
    ["tags", null, "must be an object, got: null"],
    ["region", "eu-wets-1", 'must be an AWS Region, such as eu-west-1, got: "eu-wets-1"'],
    ["tags", { "aws:x": "y" }, "must have names of 1–128 letters, digits, spaces and _.:/=+-@, not starting with aws:"],
    ["tags", Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, ""])), "must be at most 50 tags"],
    ["orders.notificationEmail", "a@b..com", "must be an e-mail address"],
    ["alarms.email", "mailto:a@b.com", "must be an e-mail address"],
    ["region", "Ireland", 'must be an AWS Region, such as eu-west-1, got: "Ireland"'],
    ["namePrefix", "dev_", 'must be at most 20 letters, digits and -, got: "dev_"'],
    ["namePrefix", "p".repeat(21), "must be at most 20 letters, digits and -"],
    [
      "storage.api.cache",
      { sizeGb: "0.5", ttlSeconds: {} },
      ".ttlSeconds must name a route: a cache costs by the hour, used or not, got: {}",
    ],
    ["storage.api.cache", { sizeGb: 0.5, ttlSeconds: {} }, 'must be one of "0.5", "1.6", "6.1"'],
    ["orders.api.authorization", { type: "COGNITO_USER_POOLS", userPoolArns: [] }, ".userPoolArns must be at least 1"],
    [
      "orders.api",
      { domain: { domainName: "a.example" }, privateEndpoint: { vpcEndpointIds: ["vpce-0123456789abcdef0"] } },
      ".domain must be left out where there is a privateEndpoint",
    ],
  ])("%s: %j", (at, value, message) => {
    const folder = settingsFolder({ "dev.json": changed(at, value) });
    expect(() => readEnvironments(folder)).toThrow(`${folder}/dev.json:`);
    expect(() => readEnvironments(folder)).toThrow(message);
    expect(() => readEnvironments(folder)).toThrow(`.${at}`);
  });

  test("an unknown key", () => {
    const folder = settingsFolder({ "dev.json": changed("api.trottle", {}) });
    expect(() => readEnvironments(folder)).toThrow(
      '.api must have only keys that are known; unknown: trottle, got: ["executionLogLevel","throttle","trottle"]',
    );
  });

  test("a key that is misspelt, by both names", () => {
    const { namePrefix, alarms, ...others } = dev;
    const folder = settingsFolder({ "dev.json": { ...others, nameprefix: namePrefix, alarm: alarms } });
    expect(() => readEnvironments(folder)).toThrow(
      "dev.json: must have only keys that are known; unknown: nameprefix, alarm; missing: namePrefix, alarms, got: [",
    );
  });

  test("a key that is missing, whatever is unknown in another place", () => {
    const { namePrefix: _, ...others } = dev;
    const folder = settingsFolder({ "dev.json": { ...others, api: { ...dev.api, trottle: {} } } });
    expect(() => readEnvironments(folder)).toThrow("dev.json:.namePrefix must be a string, got: nothing");
  });

  test.each([
    ["bad JSON", { "dev.json": "{" }, "dev.json must be a readable file of JSON, got:"],
    ["a comma too many, with its line", { "dev.json": '{\n  "region": "eu-west-1",\n}' }, "(line 3 column 1)"],
    [
      "a key twice",
      { "dev.json": '{"region": "eu-west-1", "tags": {"a": "1", "b": "2"}, "region": "us-east-1"}' },
      'got: the key "region" twice in one object',
    ],
    ["a list", { "dev.json": [] }, "dev.json: must be an object, got: []"],
    [
      "a name that no stack can have",
      { "Dev 1.json": dev },
      "Dev 1.json must have a name of up to 30 lower-case letters",
    ],
    [
      "a file that is no JSON by its name",
      { "dev.json": dev, "qa.yaml": "" },
      "qa.yaml must be JSON, and be named qa.json",
    ],
    ["no file at all", { "README.md": "" }, "must hold a file for each environment, such as dev.json, got: none"],
  ])("%s", (_, files, message) => {
    expect(() => readEnvironments(settingsFolder(files))).toThrow(message);
  });

  test("a folder that is not there", () => {
    expect(() => readEnvironments("no-settings")).toThrow("no-settings must hold a file for each environment");
  });
});

describe("two APIs of one account and Region", () => {
  const privateEndpoint = { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-1"], clientCidrBlocks: ["10.0.0.0/8"] };
  const withApis = (orders: object, storage: object, changes: object = {}) => ({
    ...dev,
    ...changes,
    orders: { ...dev.orders, api: orders },
    storage: { ...dev.storage, api: storage },
  });
  const domain = { domainName: "api.example.com", hostedZoneId: "Z0123456789ABC" };

  test.each([
    [{ domain }, "domain.domainName", '"api.example.com". A name is one API\'s'],
    [
      { privateEndpoint },
      "privateEndpoint.vpcId",
      '"vpc-0123456789abcdef0". A VPC takes one endpoint with private DNS',
    ],
  ])("cannot both have %j", (api, key, got) => {
    const folder = settingsFolder({ "dev.json": withApis(api, api) });
    expect(() => readEnvironments(folder)).toThrow(
      `${folder}/dev.json:.storage.api.${key} must differ from that of ${folder}/dev.json:.orders.api, got: ${got}`,
    );
    const files = { "dev.json": withApis(api, {}), "qa.json": withApis({}, api, { namePrefix: "qa-" }) };
    expect(() => readEnvironments(settingsFolder(files))).toThrow("qa.json:.storage.api.");
  });

  test("cannot both have one name, live orders neither", () => {
    const files = { "dev.json": { ...withApis({ domain }, {}), liveOrders: { ...dev.liveOrders, domain } } };
    expect(() => readEnvironments(settingsFolder(files))).toThrow(
      /dev\.json:\.liveOrders\.domain\.domainName must differ from that of .*\.orders\.api, got: "api\.example\.com"/,
    );
  });

  test("share an endpoint by its id", () => {
    const privateEndpoint = { vpcEndpointIds: ["vpce-0123456789abcdef0"] };
    const folder = settingsFolder({ "dev.json": withApis({ privateEndpoint }, { privateEndpoint }) });
    expect(readEnvironments(folder)).toHaveLength(1);
  });

  test("of different Regions may have the same", () => {
    const there = withApis({ domain }, {}, { namePrefix: "us-", region: "us-east-1" });
    expect(readEnvironments(settingsFolder({ "dev.json": withApis({ domain }, {}), "us.json": there }))).toHaveLength(
      2,
    );
  });
});

describe("two environments", () => {
  const accounts = (a: string | undefined, b: string | undefined) =>
    settingsFolder({ "dev.json": { ...dev, accountId: a }, "qa.json": { ...dev, accountId: b, region: "us-east-1" } });

  test.each([
    [undefined, undefined],
    ["111111111111", "111111111111"],
  ])("need names of their own where they may share an account (%s, %s), in whatever Regions", (a, b) => {
    expect(() => readEnvironments(accounts(a, b))).toThrow(
      'qa.json: namePrefix and nameSuffix must differ from those of dev.json, got: "dev-*" in both',
    );
  });

  test("differ in more than the case of a prefix: IAM's names do not", () => {
    const folder = settingsFolder({ "dev.json": dev, "qa.json": { ...dev, namePrefix: "DEV-" } });
    expect(() => readEnvironments(folder)).toThrow(
      "qa.json: namePrefix and nameSuffix must differ from those of dev.json",
    );
  });

  test.each([
    ["111111111111", undefined, "dev.json sets it"],
    [undefined, "111111111111", "qa.json sets it"],
  ])("name their account both or neither (%s, %s)", (a, b, reason) => {
    expect(() => readEnvironments(accounts(a, b))).toThrow(`accountId must be set, since ${reason}, got: nothing`);
  });

  test("may have the same names in different accounts", () => {
    expect(readEnvironments(accounts("111111111111", "222222222222"))).toHaveLength(2);
  });
});
