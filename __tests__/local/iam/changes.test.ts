import { Iam } from "../../../local/iam/iam";
import { KeptRuns } from "../../support/kept-runs";
import { place, SkippingClock } from "../../support/local";

const trust = (service: string): string =>
  JSON.stringify({ Statement: { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" } });
const allowing = (Action: string): string => JSON.stringify({ Statement: { Effect: "Allow", Action, Resource: "*" } });
const lambda = "lambda.amazonaws.com";

/** An account with the role `worker`, which Lambda may assume. */
function account(options: Partial<ConstructorParameters<typeof Iam>[0]> = {}) {
  const clock = new SkippingClock();
  const iam = new Iam({ place, clock, ...options });
  const { arn, uniqueId } = iam.identities.putRole({ roleName: "worker", assumeRolePolicy: trust(lambda) });
  const may = (action: string, caller = iam.callerAs(arn, lambda)) => {
    try {
      iam.authorize({ caller, action, resource: "*" });
      return true;
    } catch {
      return false;
    }
  };
  return { iam, clock, arn, uniqueId, may };
}

describe("a change of grants", () => {
  test("counts at once for a session that is open", () => {
    const { iam, arn, may } = account();
    const { caller } = iam.assume(arn, lambda);
    iam.identities.putInlinePolicy("worker", "own", allowing("sqs:SendMessage"));
    expect(may("sqs:SendMessage", caller)).toBe(true);
    iam.identities.putInlinePolicy("worker", "own", allowing("sqs:ReceiveMessage"));
    expect([may("sqs:SendMessage", caller), may("sqs:ReceiveMessage", caller)]).toEqual([false, true]);
    iam.identities.removeInlinePolicy("worker", "own");
    expect(may("sqs:ReceiveMessage", caller)).toBe(false);
  });

  test("in a managed policy counts wherever it is attached, until it is detached or deleted", () => {
    const { iam, may } = account();
    const { arn } = iam.identities.putPolicy({ policyName: "p", document: allowing("sqs:SendMessage") });
    iam.identities.attach("worker", arn);
    expect(iam.identities.updatePolicy({ policyName: "p", document: allowing("sns:Publish") })).toEqual({ arn });
    expect([may("sqs:SendMessage"), may("sns:Publish")]).toEqual([false, true]);
    iam.identities.detach("worker", arn);
    expect(may("sns:Publish")).toBe(false);
    iam.identities.attach("worker", arn);
    iam.identities.deletePolicy(arn);
    expect(may("sns:Publish")).toBe(false);
    expect(() => iam.identities.updatePolicy({ policyName: "p", document: allowing("a:B") })).toThrow(
      `Policy ${arn} does not exist.`,
    );
  });

  test("that is malformed leaves what was there", () => {
    const { iam, may } = account();
    const { arn } = iam.identities.putPolicy({ policyName: "p", document: allowing("sqs:SendMessage") });
    iam.identities.attach("worker", arn);
    expect(() => iam.identities.updatePolicy({ policyName: "p", document: "{" })).toThrow("Syntax errors in p");
    expect(() =>
      iam.identities.updateRole({ roleName: "worker", assumeRolePolicy: trust(lambda), maxSessionDuration: 1 }),
    ).toThrow("The maximum session duration of the role worker must be 3600 to 43200 seconds, got: 1");
    expect(may("sqs:SendMessage")).toBe(true);
  });

  test("of a role that is gone is nothing", () => {
    const { iam } = account();
    iam.deleteRole("worker");
    expect(() => {
      iam.identities.removeInlinePolicy("worker", "own");
      iam.identities.detach("worker", "arn:aws:iam::aws:policy/x");
      iam.deleteRole("worker");
    }).not.toThrow();
  });
});

test("an update of a role changes who may assume it, and keeps its id, its policies and its sessions", () => {
  const { iam, arn, uniqueId, may } = account();
  const { caller, credentials } = iam.assume(arn, lambda);
  iam.identities.putInlinePolicy("worker", "own", allowing("sqs:SendMessage"));
  expect(
    iam.identities.updateRole({ roleName: "worker", assumeRolePolicy: trust("apigateway.amazonaws.com") }),
  ).toEqual({
    ...{ arn, uniqueId },
  });
  expect(() => iam.assume(arn, lambda)).toThrow("is not authorized to perform: sts:AssumeRole");
  expect(iam.assume(arn, "apigateway.amazonaws.com").caller.userId).toBe(`${uniqueId}:apigateway`);
  expect(may("sqs:SendMessage", caller)).toBe(true);
  expect(iam.sessionOf(credentials.accessKeyId)?.caller).toEqual(caller);
  expect(() => iam.identities.updateRole({ roleName: "other", assumeRolePolicy: trust(lambda) })).toThrow(
    "The role with name other cannot be found.",
  );
});

describe("a session", () => {
  test("is unknown once it is forgotten, or its role deleted", () => {
    const { iam, arn } = account();
    const [first, second] = [iam.assume(arn, lambda), iam.assume(arn, lambda)];
    iam.forget(first);
    iam.forget(first);
    expect(iam.sessionOf(first.credentials.accessKeyId)).toBeUndefined();
    expect(iam.sessionOf(second.credentials.accessKeyId)?.caller).toEqual(second.caller);
    iam.deleteRole("worker");
    expect(iam.sessionOf(second.credentials.accessKeyId)).toBeUndefined();
    expect(iam.sessionOf(iam.operator().credentials.accessKeyId)).toBeDefined();
  });

  test("that ended is told to have ended for a day, and is dropped then", () => {
    const { iam, clock } = account();
    iam.identities.putRole({
      roleName: "person",
      assumeRolePolicy: JSON.stringify({
        Statement: { Effect: "Allow", Principal: { AWS: place.accountId }, Action: "sts:AssumeRole" },
      }),
    });
    const roleArn = `arn:aws:iam::${place.accountId}:role/person`;
    const assume = () =>
      iam.assumeAs(iam.operator().caller, { roleArn, sessionName: "me", durationSeconds: 900 }).credentials.accessKeyId;
    const first = assume();
    clock.skip(24 * 3_600_000);
    const second = assume();
    expect([first, second].map((key) => iam.sessionOf(key) !== undefined)).toEqual([true, true]);
    clock.skip(900_000);
    assume();
    expect([first, second].map((key) => iam.sessionOf(key) !== undefined)).toEqual([false, true]);
  });
});

test("the operator's credentials are those of the run before, and nobody else's are", () => {
  const runs = new KeptRuns();
  const { iam, arn } = account({ journals: runs.next() });
  const { credentials } = iam.operator();
  const worker = iam.assume(arn, lambda).credentials;
  const { iam: later } = account({ journals: runs.next() });
  expect(later.operator().credentials).toEqual(credentials);
  expect(later.sessionOf(credentials.accessKeyId)?.caller.principalArn).toContain("role/local-operator");
  expect(later.sessionOf(worker.accessKeyId)).toBeUndefined();
  expect(account({ journals: runs.next() }).iam.operator().credentials).toEqual(credentials);
});
