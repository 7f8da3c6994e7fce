import type { AccessRequest, Caller } from "../../../local/aws";
import { Iam } from "../../../local/iam/iam";

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

/** An account with one role for Lambda, and a call by it. */
function accountWith(...statements: Statement[]) {
  const iam = new Iam({ place });
  const { arn } = iam.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("lambda.amazonaws.com") });
  if (statements.length > 0) iam.putInlinePolicy("Worker", "Work", policy(...statements));
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
    const { uniqueId } = iam.putRole({ roleName: "Other", assumeRolePolicy: trustOf("lambda.amazonaws.com") });
    expect(uniqueId).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(credentials.secretAccessKey).toMatch(/^[\w+/]{40}$/);
    expect(credentials.sessionToken.length).toBeGreaterThan(300);
    expect(iam.assume(arn, "lambda.amazonaws.com").credentials).not.toEqual(credentials);
    expect(new Iam({ place }).operator().credentials).not.toEqual(iam.operator().credentials);
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
    const iam = new Iam({ place });
    const { caller } = iam.operator();
    expect(iam.operator()).toBe(iam.operator());
    expect(caller).toEqual({
      principalArn: "arn:aws:iam::111122223333:role/local-operator",
      accountId: place.accountId,
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
    const { arn } = iam.putPolicy({ policyName: "Send", document: policy(allow("sqs:SendMessage", queue)) });
    expect(arn).toBe("arn:aws:iam::111122223333:policy/Send");
    expect(send).toThrow("is not authorized");
    iam.attach("Worker", arn);
    send();
    iam.putInlinePolicy("Worker", "Stop", policy({ ...allow("sqs:SendMessage", queue), Effect: "Deny" }));
    expect(send).toThrow("with an explicit deny in an identity-based policy");
    iam.putInlinePolicy("Worker", "Stop", policy(allow("sqs:ReceiveMessage", queue)));
    send();
  });

  test("of AWS's own are known with their real actions, or an error names them", () => {
    const { iam, caller } = accountWith();
    iam.attach("Worker", "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs");
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
    expect(() => iam.attach("Worker", "arn:aws:iam::aws:policy/ReadOnlyAccess")).toThrow(
      "The AWS managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is not modelled",
    );
  });

  test.each<[string, (iam: Iam) => unknown, string]>([
    [
      "EntityAlreadyExists",
      (iam) => iam.putRole({ roleName: "Worker", assumeRolePolicy: trustOf("a") }),
      "Role with name Worker already exists.",
    ],
    [
      "EntityAlreadyExists",
      (iam) => {
        iam.putPolicy({ policyName: "P", document: policy(allow("a:B", "*")) });
        iam.putPolicy({ policyName: "P", document: policy(allow("a:B", "*")) });
      },
      "A policy called P already exists.",
    ],
    ["NoSuchEntity", (iam) => iam.putInlinePolicy("Nobody", "P", policy()), "name Nobody cannot be found"],
    ["NoSuchEntity", (iam) => iam.attach("Nobody", "arn"), "name Nobody cannot be found"],
    [
      "NoSuchEntity",
      (iam) => iam.attach("Worker", "arn:aws:iam::111122223333:policy/P"),
      "Policy arn:aws:iam::111122223333:policy/P does not exist or is not attachable.",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.putInlinePolicy("Worker", "P", policy({ Effect: "Allow", Action: "a:B" })),
      "Statement 0 of P must have a Resource",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.putInlinePolicy("Worker", "P", policy(allow("a:B", "*", { Sid: "S", Principal: "*" }))),
      "Statement S of P must not have a Principal",
    ],
    [
      "MalformedPolicyDocument",
      (iam) => iam.putRole({ roleName: "R", assumeRolePolicy: policy({ Effect: "Allow", Action: "sts:AssumeRole" }) }),
      "Statement 0 of the trust policy of R must have a Principal",
    ],
    [
      "MalformedPolicyDocument",
      (iam) =>
        iam.putRole({ roleName: "R", assumeRolePolicy: policy(allow("sts:AssumeRole", "*", { Principal: "*" })) }),
      "Statement 0 of the trust policy of R must not have a Resource",
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
      iam.putPolicy({ policyName: "P", document: policy(allow("a:B", "*", { Condition })) });
    expect(() => put({ DateLessThan: { "aws:CurrentTime": "2030-01-01" } })).toThrow("DateLessThan is not modelled");
    expect(() => put({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } })).toThrow(
      "Statement 0 of P asks for the condition key aws:sourceip, which is not modelled",
    );
    put({ StringEquals: { "s3:prefix": "a" }, Bool: { "AWS:SecureTransport": "true" } });
  });
});

describe("calls", () => {
  test("are refused in AWS's words, each once in the list, with what would allow it", () => {
    const { iam, caller, send } = accountWith();
    const message = `User: ${caller.principalArn} is not authorized to perform: sqs:SendMessage on resource: ${queue} because no identity-based policy allows the sqs:SendMessage action`;
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
    iam.putInlinePolicy("Worker", "Remedy", policy(JSON.parse(statement)));
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
    const iam = new Iam({ place });
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
