import * as http from "node:http";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import type { AwsError, Caller, Credentials } from "../../../local/aws";
import { Iam } from "../../../local/iam/iam";
import { verify } from "../../../local/iam/sigv4";
import { Sts } from "../../../local/sts/sts";
import { place, SkippingClock } from "../../support/local";
import { bodyOf, close, listen } from "../../support/loopback";

const { accountId, region } = place;
const clock = new SkippingClock();
const iam = new Iam({ place, clock });
const sts = new Sts({ iam });

const trust = (Principal: unknown): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal, Action: "sts:AssumeRole" } });
const policyOf = (Action: string, Resource: string): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action, Resource } });

const { arn: workerArn } = iam.identities.putRole({
  roleName: "Worker",
  assumeRolePolicy: trust({ Service: "lambda.amazonaws.com" }),
});
const { arn: signerArn, uniqueId } = iam.identities.putRole({
  roleName: "Signer",
  assumeRolePolicy: trust({ AWS: workerArn }),
});
iam.identities.putInlinePolicy("Signer", "Objects", policyOf("s3:*", "arn:aws:s3:::b/*"));
const worker = iam.assume(workerArn, "lambda.amazonaws.com");

let server: http.Server;
let endpoint: string;

/** Verifies and answers as the local run does. */
async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { method = "", url: path = "", headers } = request;
  const body = await bodyOf(request);
  const options = { secretOf: (key: string) => iam.sessionOf(key), now: clock.now(), region };
  try {
    const { accessKeyId } = verify({ method, path, headers, body }, options);
    const { caller } = iam.sessionOf(accessKeyId) as { caller: Caller };
    const answer = await sts.handle(caller, { headers: {}, body: body.toString() });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  } catch (error) {
    const { code, message, status } = error as AwsError;
    const xml = `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
    response.writeHead(status, { "content-type": "text/xml" }).end(xml);
  }
}

beforeAll(async () => {
  server = http.createServer((request, response) => void respond(request, response));
  endpoint = await listen(server);
});

afterAll(() => close(server));

const clientOf = (credentials: Credentials): STSClient =>
  // The SDK reads how far the server's clock is from its own out of its answers, and signs by that.
  new STSClient({ endpoint, region, credentials, maxAttempts: 1, systemClockOffset: clock.now() - Date.now() });

const assume = (more: Partial<AssumeRoleCommandInput> = {}, credentials = worker.credentials) =>
  clientOf(credentials).send(new AssumeRoleCommand({ RoleArn: signerArn, RoleSessionName: "one", ...more }));

const identityOf = (credentials: Credentials) => clientOf(credentials).send(new GetCallerIdentityCommand({}));

const refusal = (name: string, status: number, message: string) =>
  expect.objectContaining({
    name,
    message: expect.stringContaining(message),
    $metadata: expect.objectContaining({ httpStatusCode: status }),
  });

/** Credentials as this project has them, of what the SDK gives. */
async function assumed(more: Partial<AssumeRoleCommandInput> = {}): Promise<Credentials> {
  const { Credentials: given } = await assume(more);
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = given ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

describe("AssumeRole", () => {
  test("gives credentials that call as the role, until they end", async () => {
    const before = clock.now();
    const { Credentials: given, AssumedRoleUser } = await assume();
    expect(AssumedRoleUser).toEqual({
      AssumedRoleId: `${uniqueId}:one`,
      Arn: `arn:aws:sts::${accountId}:assumed-role/Signer/one`,
    });
    expect(given?.AccessKeyId).toMatch(/^ASIA/);
    const lasts = (given?.Expiration?.getTime() ?? 0) - before;
    expect(lasts).toBeGreaterThan(3_599_000 - 1);
    expect(lasts).toBeLessThan(3_602_000);

    const credentials = await assumed({ DurationSeconds: 900 });
    expect(await identityOf(credentials)).toMatchObject({
      Account: accountId,
      UserId: `${uniqueId}:one`,
      Arn: `arn:aws:sts::${accountId}:assumed-role/Signer/one`,
    });
    clock.skip(890_000);
    await identityOf(credentials);
    clock.skip(10_000);
    await expect(identityOf(credentials)).rejects.toThrow(
      refusal("ExpiredToken", 403, "The security token included in the request is expired"),
    );
    await identityOf(worker.credentials);
  });

  test("refuses credentials whose token is another session's", async () => {
    const [one, two] = [await assumed(), await assumed()];
    await expect(identityOf({ ...one, sessionToken: two.sessionToken })).rejects.toThrow(
      refusal("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
    );
  });

  test("narrows the session by a policy", async () => {
    const credentials = await assumed({ Policy: policyOf("s3:GetObject", "arn:aws:s3:::b/up/*") });
    const { caller } = iam.sessionOf(credentials.accessKeyId) as { caller: Caller };
    iam.authorize({ caller, action: "s3:GetObject", resource: "arn:aws:s3:::b/up/x" });
    expect(() => iam.authorize({ caller, action: "s3:PutObject", resource: "arn:aws:s3:::b/up/x" })).toThrow(
      "because no session policy allows the s3:PutObject action",
    );
  });

  test("is refused to a caller that the role does not trust", async () => {
    const { arn: RoleArn } = iam.identities.putRole({
      roleName: "Closed",
      assumeRolePolicy: trust({ Service: "s3.amazonaws.com" }),
    });
    const name = `arn:aws:sts::${accountId}:assumed-role/Worker/lambda`;
    const message = `User: ${name} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn} because no role trust policy allows the sts:AssumeRole action`;
    await expect(assume({ RoleArn })).rejects.toThrow(refusal("AccessDenied", 403, message));
    const { credentials } = iam.operator();
    await expect(assume({}, credentials)).rejects.toThrow(refusal("AccessDenied", 403, "local-operator/local is not"));
  });

  test.each<[Partial<AssumeRoleCommandInput>, boolean]>([
    [{ DurationSeconds: 900 }, true],
    [{ DurationSeconds: 3600 }, true],
    [{ RoleSessionName: "ab" }, true],
    [{ RoleSessionName: "a".repeat(64) }, true],
    [{ RoleSessionName: "a_B+=,.@-9" }, true],
    [{ Policy: policyOf("s3:*", "*").padEnd(2048) }, true],
  ])("takes %j", async (given) => {
    expect((await assume(given)).Credentials?.SessionToken).toBeDefined();
  });

  const value = (text: string, member: string, rule: string): string =>
    `1 validation error detected: Value '${text}' at '${member}' failed to satisfy constraint: Member must ${rule}`;

  test.each<[Partial<AssumeRoleCommandInput>, string]>([
    [{ DurationSeconds: 899 }, value("899", "durationSeconds", "have value greater than or equal to 900")],
    [{ DurationSeconds: 43_201 }, value("43201", "durationSeconds", "have value less than or equal to 43200")],
    [{ DurationSeconds: 3601 }, "exceeds the 1 hour session limit for roles assumed by role chaining."],
    [{ RoleSessionName: "a" }, value("a", "roleSessionName", "have length greater than or equal to 2")],
    [
      { RoleSessionName: "a".repeat(65) },
      "at 'roleSessionName' failed to satisfy constraint: Member must have length less",
    ],
    [{ RoleSessionName: "a b" }, value("a b", "roleSessionName", "satisfy regular expression pattern: [\\w+=,.@-]*")],
    [{ RoleSessionName: "Signer/x" }, "Member must satisfy regular expression pattern"],
    [
      { Policy: policyOf("s3:*", "*").padEnd(2049) },
      "'policy' failed to satisfy constraint: Member must have length less",
    ],
    [{ Policy: "" }, value("", "policy", "have length greater than or equal to 1")],
    [{ ExternalId: "x" }, value("x", "externalId", "have length greater than or equal to 2")],
    [{ RoleArn: "arn:aws:iam::1:role/A" }, "arn:aws:iam::1:role/A is invalid"],
    [{ RoleArn: "short" }, value("short", "roleArn", "have length greater than or equal to 20")],
  ])("refuses %j", async (given, message) => {
    await expect(assume(given)).rejects.toThrow(refusal("ValidationError", 400, message));
  });

  test("refuses a policy that is none", async () => {
    await expect(assume({ Policy: "{}" })).rejects.toThrow(
      refusal("MalformedPolicyDocumentException", 400, "Syntax errors in the session policy of one"),
    );
    const Policy = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*", Principal: "*" } });
    await expect(assume({ Policy })).rejects.toThrow(
      refusal("MalformedPolicyDocumentException", 400, "must not have a Principal"),
    );
  });

  test.each<[string, Partial<AssumeRoleCommandInput>]>([
    ["Tags", { Tags: [{ Key: "k", Value: "v" }] }],
    ["SourceIdentity", { SourceIdentity: "me" }],
    ["PolicyArns", { PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }] }],
    ["SerialNumber", { SerialNumber: "arn:aws:iam::123456789012:mfa/me", TokenCode: "123456" }],
  ])("names %s, which is not modelled", async (name, given) => {
    await expect(assume(given)).rejects.toThrow(
      refusal("UnsupportedOperation", 400, `${name} of AssumeRole is not modelled by the local run`),
    );
  });

  test("needs a role and a name, and reads seconds", async () => {
    const call = async (parameters: string) =>
      (await sts.handle(worker.caller, { headers: {}, body: `Action=AssumeRole&Version=2011-06-15&${parameters}` }))
        .body;
    expect(await call("RoleSessionName=one")).toContain("Value null at 'roleArn' failed");
    expect(await call(`RoleArn=${signerArn}`)).toContain("Value null at 'roleSessionName' failed");
    expect(await call(`RoleArn=${signerArn}&RoleSessionName=one&DurationSeconds=1h`)).toContain(
      "<Code>MalformedInput<",
    );
    expect(await call(`RoleArn.a=1&RoleSessionName=one`)).toContain("Value '' at 'roleArn' failed");
  });
});

describe("GetCallerIdentity", () => {
  test("tells a role's session, and the operator", async () => {
    expect(await identityOf(worker.credentials)).toMatchObject({
      Account: accountId,
      UserId: expect.stringMatching(/^AROA\w{17}:lambda$/),
      Arn: `arn:aws:sts::${accountId}:assumed-role/Worker/lambda`,
    });
    const { credentials, caller } = iam.operator();
    expect(await identityOf(credentials)).toMatchObject({ Arn: caller.sessionArn });
  });

  test("needs no grant, and heeds no denial", async () => {
    const Statement = { Effect: "Deny", Action: "*", Resource: "*" };
    iam.identities.putInlinePolicy("Worker", "Nothing", JSON.stringify({ Statement }));
    expect(await identityOf(worker.credentials)).toMatchObject({ Account: accountId });
  });
});

test("what else there is in STS is named", async () => {
  await expect(clientOf(worker.credentials).send(new GetSessionTokenCommand({}))).rejects.toThrow(
    refusal("UnsupportedOperation", 400, "GetSessionToken is not modelled by the local run. It knows AssumeRole and"),
  );
  const { status, body } = await sts.handle(worker.caller, { headers: {}, body: "Action=Fly&Version=2011-06-15" });
  expect([status, body]).toEqual([400, expect.stringContaining("Could not find operation Fly for version 2011-06-15")]);
});
