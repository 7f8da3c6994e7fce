import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import { retentionDays } from "../constructs/cloudwatch/log-group";
import { describeIssue } from "../constructs/terraform/describe-issue";
import { readJson } from "../constructs/terraform/read-json";
import { ApiChoices, ConnectAuthorization, count, domain, throttle } from "./api";
import { type PlacedChoices, sharedPart } from "./shared-parts";

const nameAffix = z.string().check(z.regex(/^[A-Za-z0-9-]{0,20}$/, "must be at most 20 letters, digits and -"));
const email = z.email("must be an e-mail address");

const REGION =
  /^[a-z]{2}(-gov|-iso[a-z]?)?-(central|north|south|east|west|northeast|northwest|southeast|southwest)-\d$/;
/** @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const tagKey = z
  .string()
  .check(
    z.regex(
      /^(?!aws:)[\p{L}\p{N}\s_.:/=+@-]{1,128}$/iu,
      "must have names of 1–128 letters, digits, spaces and _.:/=+-@, not starting with aws:",
    ),
  );

/** What differs between environments. docs/settings.md has a line for each. */
const Settings = z.strictObject({
  region: z.string().check(z.regex(REGION, "must be an AWS Region, such as eu-west-1")),
  accountId: z.optional(z.string().check(z.regex(/^\d{12}$/, "must be an account id of 12 digits, in quotes"))),
  namePrefix: nameAffix,
  nameSuffix: nameAffix,
  tags: z
    .record(tagKey, z.string().check(z.maxLength(256)))
    .check(z.refine((tags) => Object.keys(tags).length <= 50, "must be at most 50 tags")),
  isDeletionProtected: z.boolean(),
  logRetentionInDays: z.literal(retentionDays),
  api: z.strictObject({
    executionLogLevel: z.enum(["OFF", "ERROR", "INFO"]),
    throttle,
  }),
  orders: z.strictObject({
    api: ApiChoices,
    notificationEmail: z.optional(email),
    writerMaximumConcurrency: count(2, 1_000),
    queueOperatorRoleArns: z.array(
      z
        .string()
        .check(
          z.regex(
            /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
            "must be the ARN of a role, such as arn:aws:iam::123456789012:role/Operator",
          ),
        ),
    ),
  }),
  storage: z.strictObject({
    api: ApiChoices,
    noncurrentVersionDays: count(1, 36_500),
  }),
  presignedUrl: z.strictObject({
    api: ApiChoices,
    keyPrefix: z.string().check(z.regex(/^[\w!.'()/-]{0,200}$/, "must be at most 200 letters, digits and !_.'()/-")),
    // The most that S3 takes in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
    maxUploadBytes: count(1, 5 * 1024 ** 3),
    noncurrentVersionDays: count(1, 36_500),
  }),
  liveOrders: z.strictObject({
    authorization: ConnectAuthorization,
    // Whoever comes back later than this has missed orders for good.
    catchUpHours: count(1, 168),
    domain: z.optional(domain),
  }),
  alarms: z.strictObject({
    email: z.optional(email),
    functionErrors: count(0, 1_000_000),
    functionThrottles: count(0, 1_000_000),
    throttledRequests: count(0, 1_000_000),
    serverErrors: count(0, 1_000_000),
    latencyMilliseconds: count(1, 29_000),
    // Below the time that the queue keeps a message, and that a stream keeps a record: at it, an alarm would never ring.
    oldestMessageAgeSeconds: count(60, 863_999),
    iteratorAgeSeconds: count(60, 86_399),
    // Lambda gives a notification up after six hours.
    asyncEventAgeSeconds: count(1, 21_599),
  }),
});

export type Settings = z.infer<typeof Settings>;

/** An environment: a settings file, known by the file's name. */
export interface Environment {
  readonly name: string;
  readonly settings: Settings;
  /** Puts the environment's prefix and suffix around a documented name. */
  nameOf(documentedName: string): string;
}

/** A settings file that cannot be used. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Names that are meant to be an environment's. */
const NO_JSON = /\.(ya?ml|toml|jsonc|json5|hcl|tfvars)$/i;

/**
 * Reads every `<environment>.json` of a folder, in alphabetical order.
 * @throws SettingsError that names the file, the place in it, the rule and the value
 */
export function readEnvironments(folder: string): readonly Environment[] {
  const all = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const misnamed = all.find((file) => NO_JSON.test(file));
  if (misnamed)
    throw new SettingsError(
      `${path.posix.join(folder, misnamed)} must be JSON, and be named ${misnamed.replace(NO_JSON, ".json")}, or lie elsewhere: nothing else is read as an environment`,
    );
  const files = all.filter((file) => file.endsWith(".json"));
  if (files.length === 0)
    throw new SettingsError(`${folder} must hold a file for each environment, such as dev.json, got: none`);
  const environments = files
    .map((file) => readEnvironment(path.posix.join(folder, file)))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  requireAllAccountsOrNone(folder, environments);
  requireDistinctNames(folder, environments);
  const shared = sharedPart(environments.flatMap((environment) => choicesIn(folder, environment)));
  if (shared) throw new SettingsError(shared);
  return environments;
}

function readEnvironment(file: string): Environment {
  const name = path.basename(file, ".json");
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name)) {
    throw new SettingsError(
      `${file} must have a name of up to 30 lower-case letters, digits and -, starting with a letter: it is part of the stacks' names`,
    );
  }
  let json: unknown;
  try {
    json = readJson(file);
  } catch (error) {
    throw new SettingsError(`${file} must be a readable file of JSON, got: ${(error as Error).message}`);
  }
  const result = z.safeParse(Settings, json);
  if (!result.success) throw new SettingsError(`${file}:${describeIssue(result.error, json)}`);
  const settings = result.data;
  return {
    name,
    settings,
    nameOf: (documentedName) => `${settings.namePrefix}${documentedName}${settings.nameSuffix}`,
  };
}

function choicesIn(folder: string, { name, settings }: Environment): readonly PlacedChoices[] {
  const { accountId, region, orders, storage, presignedUrl, liveOrders } = settings;
  const chosen: readonly (readonly [key: string, choices: ApiChoices])[] = [
    ["orders.api", orders.api],
    ["storage.api", storage.api],
    ["presignedUrl.api", presignedUrl.api],
    ["liveOrders", { domain: liveOrders.domain }],
  ];
  return chosen.map(([key, choices]) => ({ place: `${folder}/${name}.json:.${key}`, accountId, region, choices }));
}

/** Where one environment names its account and another does not, nobody can tell whether they share one: its logging role would be made twice. */
function requireAllAccountsOrNone(folder: string, environments: readonly Environment[]): void {
  const named = environments.find(({ settings }) => settings.accountId !== undefined);
  const unnamed = environments.find(({ settings }) => settings.accountId === undefined);
  if (!named || !unnamed) return;
  throw new SettingsError(
    `${folder}/${unnamed.name}.json:.accountId must be set, since ${named.name}.json sets it, got: nothing`,
  );
}

/**
 * IAM names are unique in an account, whatever the Region and in whatever case: two environments that may be in one account need names of their own.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
function requireDistinctNames(folder: string, environments: readonly Environment[]): void {
  for (const [at, one] of environments.entries()) {
    for (const other of environments.slice(at + 1)) {
      if (
        one.settings.accountId !== other.settings.accountId ||
        one.nameOf("*").toLowerCase() !== other.nameOf("*").toLowerCase()
      )
        continue;
      throw new SettingsError(
        `${folder}/${other.name}.json: namePrefix and nameSuffix must differ from those of ${one.name}.json, got: "${other.nameOf("*")}" in both. ` +
          "Role names are unique in an account, in all its Regions; give both files the accountId if the accounts differ",
      );
    }
  }
}
