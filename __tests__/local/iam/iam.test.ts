import { type AccessRequest, anonymous, type Caller } from "../../../local/aws";
import { Iam, type SessionRequest } from "../../../local/iam/iam";
import { clock } from "../../support/local";

const place = { partition: "aws", region: "eu-west-1", accountId: "111122223333" };
const queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
const key = "arn:aws:kms:eu-west-1:111122223333:key/k";

type Statement = Readonly<Record<string, unknown>>;

const policy = (...statements: Statement[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string | string[], Resource: string | string[], more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const trustOf = (Service: string): string =>
  policy({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" });

const trustBy = (AWS: string, more: Statement = {}): string =>
  policy({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole", ...more });

/** An account with one role for Lambda, and a call by it. */
function accountWith(...statements: Statement[]) {
  const iam = new Iam({ place, clock });
  const { arn } = iam.identities.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("lambda.amazonaws.com") });
  if (statements.length > 0) iam.identities.putInlinePolicy("Worker", "Work", policy(...statements));
  const { caller, credentials } = iam.assume(arn, "lambda.amazonaws.com");
  const send = (more: Partial<AccessRequest> = {}) =>
    iam.authorize({ caller, action: "sqs:SendMessage", resource: queue, ...more });
  return { iam, arn, caller, credentials, send };
}

const service: Caller = {
  principalArn: "cloudwatch.amazonaws.com",
  accountId: place.accountId,
  service: "cloudwatch.amazonaws.com",
};

describe("roles and sessions", () => {
  test("have ids and credentials that look like AWS's and differ", () => {
    const { iam, arn, credentials } = accountWith();
    expect(arn).toBe("arn:aws:iam::111122223333:role/Worker");
    const { uniqueId } = iam.identities.putRole({
      roleName: "Other",
      assumeRolePolicy: trustOf("lambda.amazonaws.com"),
    });
    expect(uniqueId).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(credentials.secretAccessKey).toMatch(/^[\w+/]{40}$/);
    expect(credentials.sessionToken.length).toBeGreaterThan(300);
    expect(iam.assume(arn, "lambda.amazonaws.com").credentials).not.toEqual(credentials);
    expect(new Iam({ place, clock }).operator().credentials).not.toEqual(iam.operator().credentials);
  });

  test("are found by their access key", () => {
    const { iam, caller, credentials } = accountWith();
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    expect(iam.sessionOf(accessKeyId)).toEqual({ secretAccessKey, sessionToken, caller });
    expect(iam.sessionOf("ASIAAAAAAAAAAAAAAAAA")).toBeUndefined();
  });

  test("a role is assumed by the service that its trust policy names, and by no other", () => {
    const { iam, arn } = accountWith();
    expect(() => iam.assume(arn, "apigateway.amazonaws.com")).toThrow(
      `User: apigateway.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${arn} because no role trust policy allows the sts:AssumeRole action`,
    );
    expect(iam.denials()).toEqual([
      {
        caller: "apigateway.amazonaws.com",
        action: "sts:AssumeRole",
        resource: arn,
        count: 1,
        remedy: `Add to the policy of ${arn} the statement {"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}`,
      },
    ]);
    expect(() => iam.assume(`${arn}2`, "lambda.amazonaws.com")).toThrow("role/Worker2 cannot be found");
  });

  test("the operator may do everything that no policy denies", () => {
    const iam = new Iam({ place, clock });
    const { caller } = iam.operator();
    expect(iam.operator()).toBe(iam.operator());
    expect(caller).toEqual({
      principalArn: "arn:aws:iam::111122223333:role/local-operator",
      accountId: place.accountId,
      sessionArn: "arn:aws:sts::111122223333:assumed-role/local-operator/local",
      userId: expect.stringMatching(/^AROA[A-Z2-7]{17}:local$/),
    });
    const call: AccessRequest = { caller, action: "sqs:SendMessage", resource: queue };
    iam.authorize(call);
    const resourcePolicy = policy({ ...allow("sqs:*", queue, { Principal: "*" }), Effect: "Deny" });
    expect(() => iam.authorize({ ...call, resourcePolicy })).toThrow(
      "with an explicit deny in a resource-based policy",
    );
    expect(iam.grants()).toEqual([]);
  });
});

describe("policies", () => {
  test("apply to a role from inside it and once they are attached", () => {
    const { iam, send } = accountWith();
    const { arn } = iam.identities.putPolicy({ policyName: "Send", document: policy(allow("sqs:SendMessage", queue)) });
    expect(arn).toBe("arn:aws:iam::111122223333:policy/Send");
    expect(send).toThrow("is not authorized");
    iam.identities.attach("Worker", arn);
    send();
    iam.identities.putInlinePolicy("Worker", "Stop", policy({ ...allow("sqs:SendMessage", queue), Effect: "Deny" }));
    expect(send).toThrow("with an explicit deny in an identity-based policy");
    iam.identities.putInlinePolicy("Worker", "Stop", policy(allow("sqs:ReceiveMessage", queue)));
    send();
  });

  test("of AWS's own are known with their real actions, or an error names them", () => {
    const { iam, caller } = accountWith();
    iam.identities.attach("Worker", "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs");
    iam.authorize({ caller, action: "logs:PutLogEvents", resource: "*" });
    expect(iam.grants().map(({ policy: name, action, uses }) => [name, action, uses])).toEqual([
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:CreateLogGroup", 0],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:CreateLogStream", 0],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:DescribeLogGroups", 0],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:DescribeLogStreams", 0],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:PutLogEvents", 1],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:GetLogEvents", 0],
      ["AmazonAPIGatewayPushToCloudWatchLogs", "logs:FilterLogEvents", 0],
    ]);
    expect(() => iam.identities.attach("Worker", "arn:aws:iam::aws:policy/ReadOnlyAccess")).toThrow(
      "The AWS managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is not modelled",
    );
  });

  test.each<[string, (iam: Iam) => unknown, string]>([
    [
      "EntityAlreadyExists",
      (iam) => iam.identities.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("a") }),
      "Role with name Worker already exists.",
    ],
    [
      "EntityAlreadyExists",
      (iam) => {
        iam.identities.putPolicy({ policyName: "P", document: policy(allow("a:B", "*")) });
        iam.identities.putPolicy({ policyName: "P", document: policy(allow("a:B", "*")) });
      },
      "A policy called P already exists.",
    ],
    ["NoSuchEntity", (iam) => iam.identities.putInlinePolicy("Nobody", "P", policy()), "name Nobody cannot be found"],
    ["NoSuchEntity", (iam) => iam.identities.attach("Nobody", "arn"), "name Nobody cannot be found"],
    [
      "NoSuchEntity",
      (iam) => iam.identities.attach("Worker", "arn:aws:iam::111122223333:policy/P"),
      "Policy arn:aws:iam::111122223333:policy/P does not exist or is not attachable.",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.identities.putInlinePolicy("Worker", "P", policy({ Effect: "Allow", Action: "a:B" })),
      "Statement 0 of P must have a Resource",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.identities.putInlinePolicy("Worker", "P", policy(allow("a:B", "*", { Sid: "S", Principal: "*" }))),
      "Statement S of P must not have a Principal",
    ],
    [
      "MalformedPolicyDocument",
      (iam) =>
        iam.identities.putRole({
          roleName: "R",
          assumeRolePolicy: policy({ Effect: "Allow", Action: "sts:AssumeRole" }),
        }),
      "Statement 0 of the trust policy of R must have a Principal",
    ],
    [
      "MalformedPolicyDocument",
      (iam) =>
        iam.identities.putRole({
          roleName: "R",
          assumeRolePolicy: policy(allow("sts:AssumeRole", "*", { Principal: "*" })),
        }),
      "Statement 0 of the trust policy of R must not have a Resource",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.identities.putRole({ roleName: "R", assumeRolePolicy: trustBy("*", { Action: "s3:GetObject" }) }),
      "Statement 0 of the trust policy of R must have actions of STS alone, such as sts:AssumeRole",
    ],
    [
      "UnsupportedOperation",
      (iam) =>
        iam.identities.putRole({
          roleName: "R",
          assumeRolePolicy: trustBy("*", { Action: ["sts:AssumeRole", "sts:TagSession"] }),
        }),
      "Statement 0 of the trust policy of R has the action sts:TagSession, which is not modelled",
    ],
    [
      "MalformedPolicyDocument",
      (iam) =>
        iam.identities.putInlinePolicy("Worker", "P", policy(allow("a:B", "*", { Condition: { DateIs: { k: "1" } } }))),
      "Syntax errors in P: The condition operator DateIs is not one of IAM's",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.identities.putInlinePolicy("Worker", "P", "{"),
      "Syntax errors in P: Expected",
    ],
    ["MalformedPolicyDocument", (iam) => iam.identities.putInlinePolicy("Worker", "P", "null"), "Syntax errors in P: "],
    [
      "ValidationError",
      (iam) => iam.identities.putRole({ roleName: "R", assumeRolePolicy: trustBy("*"), maxSessionDuration: 3599 }),
      "The maximum session duration of the role R must be 3600 to 43200 seconds, got: 3599",
    ],
    [
      "ValidationError",
      (iam) => iam.identities.putRole({ roleName: "R", assumeRolePolicy: trustBy("*"), maxSessionDuration: 43_201 }),
      "must be 3600 to 43200 seconds, got: 43201",
    ],
  ])("are refused: %s", (code, act, message) => {
    const { iam } = accountWith();
    const attempt = () => act(iam);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  test("an error names what in them is not modelled, when they are made", () => {
    const { iam } = accountWith();
    const put = (Condition: Statement) =>
      iam.identities.putPolicy({ policyName: "P", document: policy(allow("a:B", "*", { Condition })) });
    expect(() => put({ StringEquals: { "aws:PrincipalOrgID": "o-1" } })).toThrow(
      "Statement 0 of P asks for the condition key aws:principalorgid, which is not modelled",
    );
    expect(() => put({ StringEquals: { "sts:SourceIdentity": "me" } })).toThrow("key sts:sourceidentity, which is not");
    put({ StringEquals: { "s3:prefix": "a" }, Bool: { "AWS:SecureTransport": "true" } });
  });
});

describe("calls", () => {
  test("are refused in AWS's words, each once in the list, with what would allow it", () => {
    const { iam, caller, send } = accountWith();
    const message = `User: arn:aws:sts::111122223333:assumed-role/Worker/lambda is not authorized to perform: sqs:SendMessage on resource: ${queue} because no identity-based policy allows the sqs:SendMessage action`;
    expect(send).toThrow(expect.objectContaining({ code: "AccessDeniedException", status: 403, message }));
    expect(send).toThrow(message);
    expect(iam.denials()).toEqual([
      {
        caller: caller.principalArn,
        action: "sqs:SendMessage",
        resource: queue,
        count: 2,
        remedy: `Give Worker the statement {"Effect":"Allow","Action":"sqs:SendMessage","Resource":"${queue}"}`,
      },
    ]);
  });

  test("the remedy works", () => {
    const { iam, send } = accountWith();
    expect(send).toThrow("is not authorized");
    const [, statement = ""] = /the statement (.*)$/.exec(iam.denials()[0]?.remedy ?? "") ?? [];
    iam.identities.putInlinePolicy("Worker", "Remedy", policy(JSON.parse(statement)));
    send();
  });

  test("a Deny is named by its policy and statement", () => {
    const { iam, send } = accountWith(allow("sqs:SendMessage", queue));
    const resourcePolicy = policy({
      Sid: "DenyOthersSend",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:SendMessage",
      Resource: queue,
      Condition: { ArnNotEquals: { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/Gateway"] } },
    });
    expect(() => send({ resourcePolicy })).toThrow(
      "on resource: arn:aws:sqs:eu-west-1:111122223333:orders with an explicit deny in a resource-based policy",
    );
    expect(iam.denials()[0]?.remedy).toBe(
      `Change statement DenyOthersSend of the policy of ${queue}, which denies it: no Allow outweighs a Deny`,
    );
    expect(iam.grants()[0]?.uses).toBe(0);
  });

  test("are made over TLS, by a principal of the account", () => {
    const { send } = accountWith(
      allow("sqs:SendMessage", queue, {
        Condition: {
          Bool: { "aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "false" },
          StringEquals: { "aws:PrincipalAccount": place.accountId },
          ArnEquals: { "aws:PrincipalArn": "${aws:PrincipalArn}" },
        },
      }),
    );
    send();
    // A call's own context cannot say otherwise.
    send({ context: { "aws:securetransport": "false" } });
  });

  test("a service is allowed by the resource's policy alone, for the account that it calls for", () => {
    const iam = new Iam({ place, clock });
    const resourcePolicy = policy(
      allow("sns:Publish", "*", {
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Condition: {
          StringEquals: { "aws:SourceAccount": place.accountId },
          Null: { "aws:PrincipalArn": "true", "aws:PrincipalAccount": "true" },
        },
      }),
    );
    const call: AccessRequest = { caller: service, action: "sns:Publish", resource: "arn:topic", resourcePolicy };
    iam.authorize({ ...call, context: { "aws:SourceAccount": place.accountId } });
    for (const context of [undefined, { "aws:SourceAccount": "999999999999" }]) {
      expect(() => iam.authorize({ ...call, context })).toThrow(
        "User: cloudwatch.amazonaws.com is not authorized to perform: sns:Publish on resource: arn:topic because no resource-based policy allows the sns:Publish action",
      );
    }
    expect(iam.denials()[0]).toMatchObject({
      count: 2,
      remedy: expect.stringContaining('"Principal":{"Service":"cloudwatch.amazonaws.com"}'),
    });
  });

  test("from nobody are allowed by a resource's policy for everybody", () => {
    const iam = new Iam({ place, clock });
    const bucket = "arn:aws:s3:::b/k";
    const call: AccessRequest = {
      caller: { ...anonymous, sourceIp: "203.0.113.7" },
      action: "s3:GetObject",
      resource: bucket,
    };
    expect(() => iam.authorize(call)).toThrow(
      `User: anonymous is not authorized to perform: s3:GetObject on resource: ${bucket} because no resource-based policy allows the s3:GetObject action`,
    );
    const [, statement = ""] = /the statement (.*)$/.exec(iam.denials()[0]?.remedy ?? "") ?? [];
    const open = JSON.parse(statement);
    iam.authorize({ ...call, resourcePolicy: policy(open) });
    const Condition = {
      StringEquals: {
        "aws:PrincipalAccount": "anonymous",
        "aws:PrincipalType": "Anonymous",
        "aws:userid": "anonymous",
      },
      Null: { "aws:PrincipalArn": "true" },
      Bool: { "aws:PrincipalIsAWSService": "false" },
      IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
    };
    iam.authorize({ ...call, resourcePolicy: policy({ ...open, Condition }) });
    const close = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" };
    const outside = { StringNotEquals: { "aws:PrincipalAccount": place.accountId } };
    const resourcePolicy = policy(open, { ...close, Condition: outside });
    expect(() => iam.authorize({ ...call, resourcePolicy })).toThrow(
      "with an explicit deny in a resource-based policy",
    );
  });

  test("are judged by who, from where and when", () => {
    const noon = Date.parse("2026-01-31T12:00:00Z");
    const iam = new Iam({ place, clock: { ...clock, now: () => noon } });
    const { arn } = iam.identities.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("lambda.amazonaws.com") });
    const { caller } = iam.assume(arn, "lambda.amazonaws.com");
    const judge = (Condition: Statement) => {
      iam.identities.putInlinePolicy("Worker", "P", policy(allow("a:B", "*", { Condition })));
      return () => iam.authorize({ caller: { ...caller, sourceIp: "127.0.0.1" }, action: "a:B", resource: "*" });
    };
    judge({
      StringEquals: { "aws:RequestedRegion": "eu-west-1", "aws:PrincipalType": "AssumedRole" },
      StringLike: { "aws:userid": "AROA*:lambda" },
      Bool: { "aws:ViaAWSService": "false" },
      Null: { "aws:SourceVpce": "true", "aws:SourceVpc": "true", "aws:VpcSourceIp": "true", "aws:username": "true" },
      IpAddress: { "aws:SourceIp": "127.0.0.0/8" },
      DateEquals: { "aws:CurrentTime": "2026-01-31T12:00:00Z", "aws:EpochTime": String(noon / 1000) },
    })();
    expect(judge({ NotIpAddress: { "aws:SourceIp": "127.0.0.1" } })).toThrow("no identity-based policy allows");
    expect(judge({ DateGreaterThan: { "aws:CurrentTime": "2026-01-31T12:00:00Z" } })).toThrow("no identity-based");
  });

  test("a key is used only as far as its own policy lets identities' policies count", () => {
    const { iam, caller } = accountWith(allow("kms:Decrypt", key));
    const decrypt = (...statements: Statement[]) =>
      iam.authorize({ caller, action: "kms:Decrypt", resource: key, resourcePolicy: policy(...statements) });
    const root = { AWS: "arn:aws:iam::111122223333:root" };
    expect(() => decrypt(allow("kms:*", "*", { Principal: { Service: "sns.amazonaws.com" } }))).toThrow(
      "because no resource-based policy allows the kms:Decrypt action",
    );
    decrypt(allow("kms:*", "*", { Principal: root }));
    expect(iam.grants()[0]?.uses).toBe(1);
  });
});

describe("roles that calls assume", () => {
  /** A role `Signer` with all of S3, which `principal` may assume, and a clock that can be moved. */
  function signerFor(principal: string, more: Statement = {}, maxSessionDuration?: number) {
    const time = { now: Date.parse("2026-01-31T12:00:00.700Z") };
    const iam = new Iam({ place, clock: { ...clock, now: () => time.now } });
    const worker = iam.identities.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("lambda.amazonaws.com") });
    const assumeRolePolicy = trustBy(principal, more);
    const { arn: roleArn, uniqueId } = iam.identities.putRole({
      roleName: "Signer",
      assumeRolePolicy,
      maxSessionDuration,
    });
    iam.identities.putInlinePolicy(
      "Signer",
      "Objects",
      policy(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/*")),
    );
    const { caller } = iam.assume(worker.arn, "lambda.amazonaws.com");
    const assume = (given: Partial<SessionRequest> = {}, by: Caller = caller) =>
      iam.assumeAs(by, { roleArn, sessionName: "one", durationSeconds: 900, ...given });
    return { iam, time, worker: caller, roleArn, uniqueId, assume };
  }
  const workerArn = "arn:aws:iam::111122223333:role/Worker";
  const root = "arn:aws:iam::111122223333:root";
  const signerArn = "arn:aws:iam::111122223333:role/Signer";

  test("give sessions with a name and an end", () => {
    const { iam, assume, uniqueId } = signerFor(workerArn);
    const { credentials, caller, expiration } = assume();
    expect(caller).toEqual({
      principalArn: signerArn,
      accountId: place.accountId,
      sessionArn: "arn:aws:sts::111122223333:assumed-role/Signer/one",
      userId: `${uniqueId}:one`,
    });
    expect(new Date(expiration).toISOString()).toBe("2026-01-31T12:15:00.000Z");
    const { secretAccessKey, sessionToken } = credentials;
    expect(iam.sessionOf(credentials.accessKeyId)).toEqual({ secretAccessKey, sessionToken, caller, expiration });
    expect(assume().credentials).not.toEqual(credentials);
  });

  test("are open to a role that the trust policy names, without a grant of its own", () => {
    const { assume, iam } = signerFor(workerArn);
    assume();
    expect(() =>
      assume({}, iam.assume(signerArn.replace("Signer", "Worker"), "lambda.amazonaws.com").caller),
    ).not.toThrow();
  });

  test("are open to a session that the trust policy names, and to no other of its role", () => {
    signerFor("arn:aws:sts::111122223333:assumed-role/Worker/lambda").assume();
    expect(signerFor("arn:aws:sts::111122223333:assumed-role/Worker/other").assume).toThrow(
      `because no role trust policy allows the sts:AssumeRole action`,
    );
  });

  test.each([root, place.accountId])("of the account's trust (%s) need the caller's own grant as well", (principal) => {
    const { assume, iam, roleArn } = signerFor(principal);
    expect(assume).toThrow(
      `User: arn:aws:sts::111122223333:assumed-role/Worker/lambda is not authorized to perform: sts:AssumeRole on resource: ${roleArn} because no identity-based policy allows the sts:AssumeRole action`,
    );
    const [, statement = ""] = /^Give Worker the statement (.*)$/.exec(iam.denials()[0]?.remedy ?? "") ?? [];
    iam.identities.putInlinePolicy("Worker", "Remedy", policy(JSON.parse(statement)));
    assume();
    expect(iam.grants()).toContainEqual({
      role: "Worker",
      policy: "Remedy",
      action: "sts:AssumeRole",
      resource: roleArn,
      uses: 1,
    });
  });

  test("are closed to a caller that only its own policies let in", () => {
    const { assume, iam } = signerFor("999999999999");
    iam.identities.putInlinePolicy("Worker", "Assume", policy(allow("sts:AssumeRole", signerArn)));
    expect(assume).toThrow(
      expect.objectContaining({
        code: "AccessDeniedException",
        status: 403,
        message: expect.stringContaining("because no role trust policy allows"),
      }),
    );
    expect(iam.denials()[0]?.remedy).toBe(
      `Add to the policy of ${signerArn} the statement {"Effect":"Allow","Principal":{"AWS":"${workerArn}"},"Action":"sts:AssumeRole"}`,
    );
  });

  test("are closed where a policy of the caller's denies", () => {
    const { assume, iam } = signerFor(workerArn);
    iam.identities.putInlinePolicy("Worker", "No", policy({ ...allow("sts:*", "*"), Effect: "Deny" }));
    expect(assume).toThrow("with an explicit deny in an identity-based policy");
  });

  test("that do not exist are refused like those that may not be assumed, and the remedy tells", () => {
    const { assume, iam } = signerFor(workerArn);
    expect(() => assume({ roleArn: `${signerArn}2` })).toThrow(
      "is not authorized to perform: sts:AssumeRole on resource",
    );
    expect(iam.denials()[0]?.remedy).toBe(
      `Make the role ${signerArn}2, or name one that exists: there is none of this name`,
    );
  });

  test("may ask in their trust policy for the session's name, an external id, and who calls from where", () => {
    const Condition = {
      StringEquals: { "sts:ExternalId": "secret", "aws:PrincipalArn": workerArn },
      StringLike: { "sts:RoleSessionName": "upload-*" },
    };
    const { assume } = signerFor("*", { Condition });
    assume({ sessionName: "upload-1", externalId: "secret" });
    expect(() => assume({ sessionName: "upload-1" })).toThrow("no role trust policy allows");
    expect(() => assume({ sessionName: "download-1", externalId: "secret" })).toThrow("no role trust policy allows");
  });

  test("give sessions as long as the role lets them be, and an hour to a caller that assumed a role itself", () => {
    const { assume, iam, worker } = signerFor("*", {}, 7200);
    const { sessionArn: _, ...user } = worker;
    assume({ durationSeconds: 7200 }, user);
    expect(() => assume({ durationSeconds: 7201 }, user)).toThrow(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    assume({ durationSeconds: 3600 });
    for (const caller of [worker, iam.operator().caller, assume().caller]) {
      expect(() => assume({ durationSeconds: 3601 }, caller)).toThrow(
        expect.objectContaining({
          code: "ValidationError",
          message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        }),
      );
    }
  });

  test("give sessions that a policy narrows", () => {
    const { assume, iam } = signerFor(workerArn);
    const session = assume({ policy: policy(allow("s3:PutObject", "arn:aws:s3:::b/up/*")) });
    const call = (action: string, key: string, caller = session.caller) =>
      iam.authorize({ caller, action, resource: `arn:aws:s3:::b/${key}` });
    call("s3:PutObject", "up/x");
    expect(() => call("s3:GetObject", "up/x")).toThrow(
      "User: arn:aws:sts::111122223333:assumed-role/Signer/one is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/up/x because no session policy allows the s3:GetObject action",
    );
    expect(iam.denials()[0]).toMatchObject({
      caller: signerArn,
      remedy:
        'Add to the Policy with which Signer was assumed, for arn:aws:sts::111122223333:assumed-role/Signer/one, the statement {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/up/x"}',
    });
    expect(() => call("s3:DeleteObject", "up/x")).toThrow("because no identity-based policy allows");
    call("s3:GetObject", "up/x", assume().caller);
    const denying = policy(allow("s3:*", "*"), { ...allow("s3:GetObject", "*", { Sid: "NoReads" }), Effect: "Deny" });
    expect(() => call("s3:GetObject", "x", assume({ policy: denying }).caller)).toThrow(
      "with an explicit deny in a session policy",
    );
    expect(iam.denials().at(-1)?.remedy).toContain("Change statement NoReads of the session policy of one");
    const uses = iam.grants().map(({ action, uses: count }) => [action, count]);
    expect(uses).toEqual([
      ["s3:GetObject", 1],
      ["s3:PutObject", 1],
    ]);
  });

  test.each<[string, string]>([
    ["{", "Syntax errors in the session policy of one: "],
    [policy({ Effect: "Allow", Action: "a:B" }), "Statement 0 of the session policy of one must have a Resource"],
    [trustBy("*"), "must not have a Principal"],
    [policy(allow("a:B", "*", { Condition: { Is: { k: "1" } } })), "The condition operator Is is not one of IAM's"],
  ])("are not assumed with the policy %s", (given, message) => {
    const { assume } = signerFor(workerArn);
    const attempt = () => assume({ policy: given });
    expect(attempt).toThrow(expect.objectContaining({ code: "MalformedPolicyDocument" }));
    expect(attempt).toThrow(message);
  });
});

test("grants are counted by action and resource, unused and shared ones too", () => {
  const { iam, send } = accountWith(
    allow(["sqs:SendMessage", "sqs:Send*"], [queue, `${queue}-DLQ`]),
    allow("sqs:SendMessage", queue),
    { Effect: "Allow", NotAction: "sqs:*", NotResource: queue },
    { Effect: "Deny", Action: "sns:*", Resource: "*" },
  );
  send();
  send();
  send({ resource: `${queue}-DLQ`, action: "sqs:SendMessageBatch" });
  const row = (action: string, resource: string, uses: number) => ({
    role: "Worker",
    policy: "Work",
    action,
    resource,
    uses,
  });
  expect(iam.grants()).toEqual([
    row("sqs:SendMessage", queue, 2),
    row("sqs:SendMessage", `${queue}-DLQ`, 0),
    row("sqs:Send*", queue, 2),
    row("sqs:Send*", `${queue}-DLQ`, 1),
    row("all but sqs:*", `all but ${queue}`, 0),
  ]);
});
