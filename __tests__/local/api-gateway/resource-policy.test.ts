import { AwsError } from "../../../local/aws";
import { Iam } from "../../../local/iam/iam";
import type { Resource } from "../../../terraform/config";
import { authorizedApi, authorizedGateway, eventIn, invokePolicy } from "../../support/authorizers";
import { place } from "../../support/local";
import { changed, gatewayOf, ManualClock, mockApi, proxyApi, resource } from "../../support/rest-api";
import { userPool } from "../../support/user-pool";

const API = "arn:aws:execute-api:eu-west-1:123456789012:api";
const MASKED = "arn:aws:execute-api:eu-west-1:********9012:api";
const ROLE = "arn:aws:iam::123456789012:role/caller";
const PATH = "GET /dev/orders";

type Statement = Readonly<Record<string, unknown>>;

const statement = (Effect: "Allow" | "Deny", changes: Statement = {}): Statement => ({
  ...{ Effect, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" },
  ...changes,
});
const policyOf = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const withPolicy = (resources: readonly Resource[], ...statements: readonly Statement[]): readonly Resource[] => [
  ...resources,
  resource("rest_api_policy", "Policy", { policy: policyOf(...statements) }),
];

/** IAM with a role `caller`, allowed or denied to call the API, or neither. */
function iamWith(effect?: "Allow" | "Deny") {
  const iam = new Iam({ place, clock: new ManualClock() });
  const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const { arn } = iam.identities.putRole({
    roleName: "caller",
    assumeRolePolicy: JSON.stringify({ Statement: trust }),
  });
  if (effect) iam.identities.putInlinePolicy("caller", "calls", JSON.stringify(invokePolicy(effect, "*")));
  const { caller } = iam.assume(arn, "lambda.amazonaws.com");
  return { access: iam, authenticate: () => ({ ...caller, sourceIp: "127.0.0.1" }) };
}

describe("without authorization", () => {
  const api = mockApi(["GET /orders", "POST /orders"]);
  const statusOf = async (resources: readonly Resource[], sourceIp = "127.0.0.1", route = PATH) =>
    (await gatewayOf(resources, { access: iamWith().access }).call(route, "", {}, { sourceIp })).status;

  test("everybody may call where there is no policy", async () => {
    expect(await statusOf(api)).toBe(200);
  });

  test("an Allow is needed where there is one, and a Deny goes before it", async () => {
    expect(await statusOf(withPolicy(api, statement("Allow")))).toBe(200);
    expect(await statusOf(withPolicy(api, statement("Allow", { Resource: `${API}/prod/*` })))).toBe(403);
    expect(await statusOf(withPolicy(api, statement("Allow"), statement("Deny")))).toBe(403);
    expect(await statusOf(changed(api, "rest_api", { policy: policyOf(statement("Allow")) }))).toBe(200);
    expect(await statusOf(changed(api, "rest_api", { policy: policyOf(statement("Deny")) }))).toBe(403);
  });

  test.each<[string, boolean]>([
    ["execute-api:/*", true],
    ["execute-api:/dev/GET/orders", true],
    ["execute-api:/dev/*/orders", true],
    ["execute-api:/dev/POST/orders", false],
    ["execute-api:/prod/*", false],
    [`${API}/*/GET/*`, true],
    [`${API}x/*`, false],
    ["arn:aws:execute-api:*:123456789012:*", true],
    ["arn:aws:execute-api:us-east-1:*:*", false],
  ])("the resource %s is that of GET /orders in dev: %s", async (Resource, isThat) => {
    expect(await statusOf(withPolicy(api, statement("Allow", { Resource })))).toBe(isThat ? 200 : 403);
    expect(await statusOf(withPolicy(api, statement("Allow", { Resource: ["execute-api:/none", Resource] })))).toBe(
      isThat ? 200 : 403,
    );
  });

  test.each<[string, string, number]>([
    ["203.0.113.0/24", "203.0.113.0", 200],
    ["203.0.113.0/24", "203.0.113.255", 200],
    ["203.0.113.0/24", "203.0.114.0", 403],
    ["203.0.113.7", "203.0.113.7", 200],
    ["2001:db8::/32", "2001:db8::1", 200],
    ["2001:db8::/32", "127.0.0.1", 403],
  ])("aws:SourceIp %s: a call from %s gets %i", async (cidr, sourceIp, status) => {
    const only = statement("Allow", { Condition: { IpAddress: { "aws:SourceIp": cidr } } });
    expect(await statusOf(withPolicy(api, only), sourceIp)).toBe(status);
    const allButOthers = statement("Deny", { Condition: { NotIpAddress: { "aws:SourceIp": cidr } } });
    expect(await statusOf(withPolicy(api, statement("Allow"), allButOthers), sourceIp)).toBe(status);
  });

  test("says who is not let in, and hides most of the account", async () => {
    const bodyOf = async (...statements: readonly Statement[]) => {
      const { access } = iamWith();
      const { call } = gatewayOf(withPolicy(api, ...statements), { access });
      const { status, headers, body } = await call(PATH);
      expect([status, headers["x-amzn-ErrorType"]]).toEqual([403, "AccessDeniedException"]);
      return { ...JSON.parse(body), denials: access.denials() };
    };
    const denied = `User: anonymous is not authorized to perform: execute-api:Invoke on resource: ${MASKED}/dev/GET/orders`;
    expect(await bodyOf(statement("Allow"), statement("Deny"))).toEqual({
      Message: `${denied} with an explicit deny in a resource-based policy`,
      denials: [expect.objectContaining({ caller: "anonymous", resource: `${API}/dev/GET/orders` })],
    });
    expect((await bodyOf(statement("Allow", { Principal: { AWS: ROLE } }))).Message).toBe(
      `${denied} because no resource-based policy allows the execute-api:Invoke action`,
    );
  });

  test("a route that there is not is not the policy's to refuse", async () => {
    const { call } = gatewayOf(withPolicy(api, statement("Deny")), { access: iamWith().access });
    expect((await call("GET /dev/nothing")).body).toBe('{"message":"Missing Authentication Token"}');
  });
});

/** What the policy says of a call, and what comes of it, by what the caller's own policies, or the authorizer's answer, say. */
const outcomes: readonly [policy: readonly Statement[], allowed: number, neither: number, denied: number][] = [
  [[statement("Allow")], 200, 200, 403],
  [[statement("Allow", { Resource: "execute-api:/other/*" })], 200, 403, 403],
  [[statement("Deny")], 403, 403, 403],
  [[statement("Allow"), statement("Deny")], 403, 403, 403],
];
const effects = ["Allow", undefined, "Deny"] as const;

describe("with IAM", () => {
  const api = changed(proxyApi(["GET /orders"]), "method", { authorization: "AWS_IAM" });

  test.each(outcomes)("Table A: %j", async (statements, ...expected) => {
    const statuses = [];
    for (const effect of effects) {
      const { call } = gatewayOf(withPolicy(api, ...statements), iamWith(effect));
      statuses.push((await call(PATH)).status);
    }
    expect(statuses).toEqual(expected);
  });

  test("a role of the account may be let in by name, another not", async () => {
    const statusFor = async (role: string) => {
      const { call } = gatewayOf(withPolicy(api, statement("Allow", { Principal: { AWS: role } })), iamWith());
      return (await call(PATH)).status;
    };
    expect(await statusFor(ROLE)).toBe(200);
    expect(await statusFor(`${ROLE}s`)).toBe(403);
    // An account hands the question on to its identities' own policies.
    expect(await statusFor("arn:aws:iam::123456789012:root")).toBe(403);
  });

  test("nobody who did not sign is let in, whatever the policy says", async () => {
    const authenticate = () => {
      throw new AwsError("MissingAuthenticationToken", "why", 403);
    };
    const { call } = gatewayOf(withPolicy(api, statement("Allow")), { ...iamWith("Allow"), authenticate });
    expect((await call(PATH)).body).toBe('{"message":"Missing Authentication Token"}');
  });
});

describe("with a function as authorizer", () => {
  const api = authorizedApi(["GET /orders"], { type: "TOKEN" });
  const answering = (effect?: "Allow" | "Deny") => () => ({
    payload: { principalId: "p", policyDocument: invokePolicy(effect ?? "Allow", effect ? "*" : `${API}/other/*`) },
  });
  const token = { authorization: "abc" };

  test.each(outcomes)("Table A: %j", async (statements, ...expected) => {
    const statuses = [];
    for (const effect of effects) {
      const { call } = authorizedGateway(withPolicy(api, ...statements), answering(effect));
      statuses.push((await call(PATH, "", token)).status);
    }
    expect(statuses).toEqual(expected);
  });

  test("a Deny of the policy comes before the function, and before the token is looked for", async () => {
    const { call, invoked } = authorizedGateway(withPolicy(api, statement("Deny")), answering("Allow"));
    const message = `User: anonymous is not authorized to perform: execute-api:Invoke on resource: ${MASKED}/dev/GET/orders with an explicit deny in a resource-based policy`;
    for (const headers of [token, {}])
      expect(await call(PATH, "", headers)).toMatchObject({ status: 403, body: JSON.stringify({ Message: message }) });
    expect(invoked).toEqual([]);
  });

  test("a policy that allows others alone denies nothing: the function is asked", async () => {
    const others = statement("Allow", { Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } });
    const { call, asks } = authorizedGateway(withPolicy(api, others), answering("Allow"));
    expect((await call(PATH, "", token)).status).toBe(200);
    expect(asks()).toHaveLength(1);
  });
});

describe("with users of a pool", () => {
  const pool = userPool();
  const users = { type: "COGNITO_USER_POOLS", provider_arns: [pool.arn] };
  const api = authorizedApi(["GET /orders"], users);
  const statusOf = async (statements: readonly Statement[], authorization?: string) => {
    const userPoolByArn = (arn: string) => pool.cognito.poolByArn(arn);
    const options = { access: iamWith().access, clock: pool.clock, userPoolByArn };
    const { call } = authorizedGateway(withPolicy(api, ...statements), undefined, options);
    return (await call(PATH, "", { authorization })).status;
  };

  test("the token comes first, then an Allow is needed", async () => {
    const statuses = [];
    for (const [statements] of outcomes) statuses.push(await statusOf(statements, await pool.token()));
    expect(statuses).toEqual([200, 403, 403, 403]);
    expect(await statusOf([statement("Allow")])).toBe(401);
    expect(await statusOf([statement("Deny")])).toBe(401);
  });
});

describe("a private API", () => {
  const throughEndpoint = statement("Deny", { Condition: { StringNotEquals: { "aws:SourceVpce": "vpce-1" } } });
  const privateApi = (...statements: readonly Statement[]) =>
    withPolicy(
      changed(proxyApi(["GET /orders"]), "rest_api", { endpoint_configuration: { types: ["PRIVATE"] } }),
      ...statements,
    );
  const from = (vpcEndpointId: string, vpcId?: string) => ({
    sourceIp: "10.0.0.7",
    vpcEndpoint: { vpcEndpointId, vpcId },
  });
  const statusOf = async (resources: readonly Resource[], origin: object = {}) =>
    (await gatewayOf(resources, { access: iamWith().access }).call(PATH, "", {}, origin)).status;

  test("is not there for who comes over the internet, whatever its policy says", async () => {
    const { call, logged } = gatewayOf(privateApi(statement("Allow")), { access: iamWith().access });
    expect(await call(PATH)).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
      headers: { "x-amzn-ErrorType": "ForbiddenException" },
    });
    expect(logged).toEqual([
      "small: GET /dev/orders 403: the API is private: x-local-vpc-endpoint says which VPC endpoint a request comes through",
    ]);
  });

  test("lets in by its VPC endpoint", async () => {
    const api = privateApi(statement("Allow"), throughEndpoint);
    expect([await statusOf(api, from("vpce-1")), await statusOf(api, from("vpce-2"))]).toEqual([200, 403]);
    // A Deny alone lets nobody in.
    expect(await statusOf(privateApi(throughEndpoint), from("vpce-1"))).toBe(403);
  });

  test("lets in by its VPC", async () => {
    const ofVpc = statement("Allow", { Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } });
    const statuses = [];
    for (const vpc of ["vpc-1", "vpc-2", undefined])
      statuses.push(await statusOf(privateApi(ofVpc), from("vpce-1", vpc)));
    expect(statuses).toEqual([200, 403, 403]);
  });

  test("knows an address in the VPC as aws:VpcSourceIp, and as nothing else", async () => {
    const byIp = (key: string) => statement("Allow", { Condition: { IpAddress: { [key]: "10.0.0.0/24" } } });
    expect(await statusOf(privateApi(byIp("aws:VpcSourceIp")), from("vpce-1"))).toBe(200);
    expect(await statusOf(privateApi(byIp("aws:SourceIp")), from("vpce-1"))).toBe(403);
  });

  test("asks the same of those who sign", async () => {
    const signed = changed(privateApi(statement("Allow"), throughEndpoint), "method", { authorization: "AWS_IAM" });
    const { call } = gatewayOf(signed, iamWith("Allow"));
    expect((await call(PATH, "", {}, from("vpce-1"))).status).toBe(200);
    expect((await call(PATH, "", {}, from("vpce-2"))).status).toBe(403);
  });

  test("tells its functions of the endpoint", async () => {
    const { call } = authorizedGateway(privateApi(statement("Allow")), undefined, { access: iamWith().access });
    expect(eventIn(await call(PATH, "", {}, from("vpce-1", "vpc-1"))).requestContext.identity).toMatchObject({
      sourceIp: "10.0.0.7",
      vpcId: "vpc-1",
      vpceId: "vpce-1",
    });
  });

  test("is the only kind that a VPC endpoint leads to", async () => {
    expect(await statusOf(mockApi(["GET /orders"]), from("vpce-1"))).toBe(403);
  });
});

describe("fails at start for a policy that", () => {
  const api = mockApi(["GET /orders"]);

  test.each<[string, string, string]>([
    ["is no JSON", "{", "policy: "],
    ["has no Principal", policyOf(statement("Allow", { Principal: undefined })), "must have a Principal"],
    ["has another Effect", policyOf({ ...statement("Allow"), Effect: "allow" }), "must have the Effect Allow or Deny"],
    [
      "asks for a key that is not modelled",
      policyOf(statement("Allow", { Condition: { StringEquals: { "aws:Referer": "x" } } })),
      "asks for the condition key aws:referer, which is not modelled",
    ],
  ])("%s", (_, policy, message) => {
    expect(() => gatewayOf(changed(api, "rest_api", { policy }))).toThrow(message);
  });
});
