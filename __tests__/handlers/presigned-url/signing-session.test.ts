import { SigningAccount } from "../../support/signing-account";

type SigningSessions = typeof import("../../../handlers/presigned-url/signing-session");

let account: SigningAccount;
let sessionFor: SigningSessions["sessionFor"];
let ahead = 0;

beforeAll(async () => {
  account = await SigningAccount.start("files", "");
  Object.assign(process.env, account.environment(), { AWS_REGION: "eu-west-1", BUCKET_NAME: "files", KEY_PREFIX: "" });
  // Only now, because it reads the environment.
  ({ sessionFor } = require("../../../handlers/presigned-url/signing-session") as SigningSessions);
  // The time of all that runs here: of the module, of the SDK that signs for it, and of the account.
  const { now } = Date;
  jest.spyOn(Date, "now").mockImplementation(() => now() + ahead);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await account.stop();
});

const later = (seconds: number): void => {
  ahead += seconds * 1000;
};

test("does not keep a session that could not be made", async () => {
  await expect(sessionFor("s3:PutObject", 60, AbortSignal.abort())).rejects.toThrow("aborted");
  expect((await sessionFor("s3:PutObject", 60)).expiration).toBeGreaterThan(Date.now());
});

test("is made once for all who ask at the same time", async () => {
  const calls = account.assumed.length;
  const sessions = await Promise.all(Array.from({ length: 5 }, () => sessionFor("s3:GetObject", 3600)));
  expect(new Set(sessions).size).toBe(1);
  expect(account.assumed.length - calls).toBe(1);
});

test("is kept while it outlives what is asked for, and then replaced, once for all who ask", async () => {
  const first = await sessionFor("s3:GetObject", 3600);
  later(600);
  expect(await sessionFor("s3:GetObject", 2900)).toBe(first);
  const [second, same] = await Promise.all([sessionFor("s3:GetObject", 3010), sessionFor("s3:GetObject", 3010)]);
  expect(second).not.toBe(first);
  expect(same).toBe(second);
  expect(second.expiration - Date.now()).toBeGreaterThan(3_590_000);
});

test("serves URLs of a whole hour for less than ten seconds, and is kept for shorter ones", async () => {
  later(3600);
  const first = await sessionFor("s3:GetObject", 3600);
  later(5);
  expect(await sessionFor("s3:GetObject", 3600)).toBe(first);
  later(6);
  expect(await sessionFor("s3:GetObject", 3580)).toBe(first);
  expect(await sessionFor("s3:GetObject", 3600)).not.toBe(first);
});
