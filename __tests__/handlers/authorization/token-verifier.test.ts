import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { APIGatewayAuthorizerResult } from "aws-lambda";
import { unzipSync } from "fflate";
import { bundle } from "../../../constructs/lambda/bundle";
import { tokenEvent } from "../../support/authorizer-events";
import { scratchFolder } from "../../support/scratch-folder";
import { makeKey, signed, TokenIssuer } from "../../support/token-issuer";

type Handler = (event: object) => Promise<APIGatewayAuthorizerResult>;

const first = makeKey("key-1", "RS256");
const second = makeKey("key-2", "RS256");
let issuer: TokenIssuer;

beforeEach(async () => {
  issuer = await TokenIssuer.start(first);
  // Only the clock: the network's own waiting stays real.
  jest.useFakeTimers({
    doNotFake: [
      ...(["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"] as const),
      ...(["nextTick", "queueMicrotask", "hrtime", "performance"] as const),
    ],
  });
});

afterEach(async () => {
  jest.useRealTimers();
  await issuer.stop();
});

/** The built handler in this process, where the test has the clock. */
function loadHandler(): Handler {
  const entry = "handlers/authorize-token.ts";
  const { zipFile = "" } = bundle([entry]).get(entry) ?? {};
  const file = path.join(scratchFolder(), "index.js");
  fs.writeFileSync(file, unzipSync(fs.readFileSync(zipFile))["index.js"] ?? "");
  const environment = { ISSUER: issuer.url, AUDIENCE: "app", POWERTOOLS_LOG_LEVEL: "SILENT" };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    return (require(file) as { handler: Handler }).handler;
  } finally {
    process.env = before;
  }
}

const outcomeOf = (handler: Handler, key = first): Promise<string> =>
  handler(tokenEvent(`Bearer ${signed(issuer.claims(), key)}`)).then(
    ({ policyDocument }) => policyDocument.Statement[0]?.Effect ?? "",
    (error: Error) => error.message,
  );

const pass = (milliseconds: number): void => {
  jest.setSystemTime(Date.now() + milliseconds);
};

test("a key that the issuer begins to use is found half a minute after its keys were read last", async () => {
  const handler = loadHandler();
  expect(await outcomeOf(handler)).toBe("Allow");
  issuer.keys.push(second);
  pass(29_999);
  expect([await outcomeOf(handler, second), issuer.asked]).toEqual(["Unauthorized", 1]);
  pass(1);
  expect([await outcomeOf(handler, second), issuer.asked]).toEqual(["Allow", 2]);
  expect([await outcomeOf(handler, first), issuer.asked]).toEqual(["Allow", 2]);
});

test("a key that the issuer withdrew is good for ten minutes", async () => {
  const handler = loadHandler();
  expect(await outcomeOf(handler)).toBe("Allow");
  issuer.keys.splice(0, 1, second);
  pass(599_999);
  expect([await outcomeOf(handler), issuer.asked]).toEqual(["Allow", 1]);
  pass(1);
  expect([await outcomeOf(handler), issuer.asked]).toEqual(["Unauthorized", 2]);
});

test("known keys verify while the issuer is down, until they are ten minutes old", async () => {
  const handler = loadHandler();
  expect(await outcomeOf(handler)).toBe("Allow");
  issuer.behaviour = "fault";
  pass(599_999);
  expect(await outcomeOf(handler)).toBe("Allow");
  pass(1);
  expect(await outcomeOf(handler)).toContain("could not be read");
  issuer.behaviour = "keys";
  expect(await outcomeOf(handler)).toBe("Allow");
});

test("one question for the keys serves all who come meanwhile", async () => {
  const handler = loadHandler();
  const outcomes = await Promise.all([first, first, first].map((key) => outcomeOf(handler, key)));
  expect([outcomes, issuer.asked]).toEqual([["Allow", "Allow", "Allow"], 1]);
});

test.each([
  [-11, "Unauthorized"],
  [-10, "Unauthorized"],
  [-9, "Allow"],
])("a token that ended %i s from now: %s", async (seconds, outcome) => {
  const handler = loadHandler();
  jest.setSystemTime(Math.ceil(Date.now() / 1_000) * 1_000);
  const exp = Date.now() / 1_000 + seconds;
  const event = tokenEvent(`Bearer ${signed(issuer.claims({ exp }), first)}`);
  const effect = await handler(event).then(
    ({ policyDocument }) => policyDocument.Statement[0]?.Effect,
    (error: Error) => error.message,
  );
  expect(effect).toBe(outcome);
});

test("a token that does not name its key is refused where several keys fit: which is meant is not to be guessed", async () => {
  const handler = loadHandler();
  issuer.keys.push(second);
  const event = tokenEvent(`Bearer ${signed(issuer.claims(), first, { kid: undefined })}`);
  await expect(handler(event)).rejects.toThrow(/^Unauthorized$/);
});

test("a key that is too short to be safe lets nobody in, and is the issuer's fault", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  const short = { kid: "short", alg: "RS256", privateKey, publicKey } as const;
  issuer.keys.push(short);
  const outcome = await outcomeOf(loadHandler(), short);
  expect(outcome).toContain("2048 bits");
});
