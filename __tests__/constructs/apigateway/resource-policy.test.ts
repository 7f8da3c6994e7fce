import type { ResourcePolicy } from "../../../constructs/apigateway/resource-policy";
import { RestApi, type RestApiProps } from "../../../constructs/apigateway/rest-api";
import { VpcEndpoint } from "../../../constructs/ec2/vpc-endpoint";
import { statementsOf } from "../../../policy/document";
import { evaluate, type PolicyRequest } from "../../../policy/evaluate";
import { apiProps, synthesizeApi, toFunction } from "../../support/api";
import { type Config, countOf, only, synthesize } from "../../support/synth";

const VPCE = "vpce-0123456789abcdef0";

const configOf = (policy?: ResourcePolicy, changes: Partial<RestApiProps> = {}): Config =>
  synthesizeApi((api) => api.addRoute("GET", "/a", toFunction), { policy, authorization: "NONE", ...changes });

const isPrivate = { endpoint: { type: "PRIVATE", vpcEndpointIds: [VPCE] } } as const;
const documentOf = (config: Config) => JSON.parse(only(config, "aws_api_gateway_rest_api_policy").policy);

/** What the policy alone says about a request; the references in it have values by then. */
function decision(config: Config, request: Partial<PolicyRequest>, own = '{"Statement":[]}'): string {
  const json = only(config, "aws_api_gateway_rest_api_policy")
    .policy.replaceAll(
      "${aws_api_gateway_rest_api.Api.execution_arn}",
      "arn:aws:execute-api:eu-west-1:123456789012:api",
    )
    .replaceAll("${data.aws_partition.Partition.partition}", "aws")
    .replaceAll("${data.aws_caller_identity.CallerIdentity.account_id}", "123456789012");
  return evaluate(
    {
      requester: { isAnonymous: true },
      action: "execute-api:Invoke",
      resource: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/a",
      context: {},
      ...request,
    },
    {
      identity: [{ name: "own", statements: statementsOf(own) }],
      resource: { name: "policy", statements: statementsOf(json) },
    },
  ).outcome;
}

const from = (sourceIp: string) => ({ context: { "aws:SourceIp": sourceIp } });
const identity = (name: string, accountId = "123456789012") => ({
  requester: { arn: `arn:aws:iam::${accountId}:role/${name}`, accountId },
  context: { "aws:PrincipalArn": `arn:aws:iam::${accountId}:role/${name}`, "aws:PrincipalAccount": accountId },
});

test("there is none unless it is asked for, and a deployment waits for one and follows its changes", () => {
  expect(countOf(configOf(), "aws_api_gateway_rest_api_policy")).toBe(0);
  const trigger = (ip: string) =>
    JSON.stringify(only(configOf({ deny: [{ sourceIps: [ip] }] }), "aws_api_gateway_deployment").triggers);
  expect(trigger("203.0.113.7")).not.toBe(trigger("203.0.113.8"));
  expect(only(configOf({ deny: [{ sourceIps: ["::1"] }] }), "aws_api_gateway_deployment").depends_on).toContain(
    "aws_api_gateway_rest_api_policy.Api_Policy",
  );
});

test("allow closes the API to all other sources, which an Allow alone would not", () => {
  const config = configOf({ allow: [{ sourceIps: ["198.51.100.0/24"] }, { sourceIps: ["2001:db8::/32"] }] });
  const Resource = "${aws_api_gateway_rest_api.Api.execution_arn}/*";
  const invoke = { Principal: "*", Action: "execute-api:Invoke", Resource };
  expect(documentOf(config).Statement).toEqual([
    { Effect: "Allow", ...invoke, Condition: { IpAddress: { "aws:SourceIp": ["198.51.100.0/24"] } } },
    { Effect: "Allow", ...invoke, Condition: { IpAddress: { "aws:SourceIp": ["2001:db8::/32"] } } },
    {
      Sid: "DenyOthers",
      Effect: "Deny",
      ...invoke,
      Condition: { NotIpAddress: { "aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"] } },
    },
  ]);
  expect(decision(config, from("198.51.100.255"))).toBe("allow");
  expect(decision(config, from("2001:db8::1"))).toBe("allow");
  expect(decision(config, from("198.51.101.0"))).toBe("explicit deny");
});

test("one that says nothing is none", () => {
  expect(countOf(configOf({}), "aws_api_gateway_rest_api_policy")).toBe(0);
});

test("deny refuses its sources and no other", () => {
  const config = configOf({ deny: [{ sourceIps: ["203.0.113.7"] }, { principals: ["123456789012"] }] });
  expect(decision(config, from("203.0.113.7"))).toBe("explicit deny");
  expect(decision(config, from("203.0.113.8"))).toBe("allow");
});

test("both together allow what is in the one and not in the other", () => {
  const config = configOf({ allow: [{ sourceIps: ["203.0.113.0/24"] }], deny: [{ sourceIps: ["203.0.113.7"] }] });
  expect(decision(config, from("203.0.113.8"))).toBe("allow");
  expect(decision(config, from("203.0.113.7"))).toBe("explicit deny");
  expect(decision(config, from("192.0.2.1"))).toBe("explicit deny");
});

test("principals are identities and whole accounts", () => {
  const config = configOf(
    { allow: [{ principals: ["arn:aws:iam::123456789012:role/Reader", "210987654321"] }] },
    { authorization: "AWS_IAM" },
  );
  expect(documentOf(config).Statement[0].Principal).toEqual({
    AWS: [
      "arn:${data.aws_partition.Partition.partition}:iam::210987654321:root",
      "arn:aws:iam::123456789012:role/Reader",
    ],
  });
  expect(decision(config, identity("Reader"))).toBe("allow");
  expect(decision(config, identity("Writer"))).toBe("explicit deny");
});

test("sources of several kinds are each enough", () => {
  const config = configOf({ allow: [{ sourceIps: ["203.0.113.7"] }, { principals: ["210987654321"] }] });
  const [, , deny] = documentOf(config).Statement;
  expect(deny.Condition).toEqual({
    NotIpAddress: { "aws:SourceIp": ["203.0.113.7"] },
    StringNotEquals: { "aws:PrincipalAccount": ["210987654321"] },
  });
  expect(decision(config, from("203.0.113.7"))).toBe("allow");
  expect(decision(config, { ...from("192.0.2.1") })).toBe("explicit deny");
});

describe("by who decides about the methods", () => {
  const policy: ResourcePolicy = { allow: [{ sourceIps: ["203.0.113.7"] }] };
  const mayInvoke = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" },
  });
  const signed = (sourceIp: string) => ({
    ...identity("Reader"),
    context: { ...identity("Reader").context, "aws:SourceIp": sourceIp },
  });

  test("IAM: an identity needs its own grant as well, which a mere Allow would have replaced", () => {
    const config = configOf(policy, { authorization: "AWS_IAM" });
    expect(decision(config, signed("203.0.113.7"), mayInvoke)).toBe("allow");
    expect(decision(config, signed("203.0.113.7"))).toBe("implicit deny");
    expect(decision(config, signed("192.0.2.1"), mayInvoke)).toBe("explicit deny");
    expect(documentOf(config).Statement[0].Principal).toEqual({
      AWS: "arn:${data.aws_partition.Partition.partition}:iam::${data.aws_caller_identity.CallerIdentity.account_id}:root",
    });
  });

  test("a user pool: the policy must allow", () => {
    const authorizer = {
      type: "COGNITO_USER_POOLS",
      authorizerName: "users",
      ttlSeconds: 0,
      userPoolArns: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abcdefghi"],
      dependsOn: [],
    } as const;
    expect(decision(configOf(policy, { authorization: { authorizer } }), from("203.0.113.7"))).toBe("allow");
  });

  test("a function: the policy allows nothing, since the function's answer does", () => {
    const authorizer = {
      type: "TOKEN",
      authorizerName: "tokens",
      ttlSeconds: 0,
      uri: "uri",
      credentialsArn: "role",
      header: "Authorization",
      dependsOn: [],
    } as const;
    const config = configOf(policy, { authorization: { authorizer } });
    const effects = (of: Config) => documentOf(of).Statement.map(({ Effect }: { Effect: string }) => Effect);
    expect(effects(config)).toEqual(["Deny"]);
    // But for a private API, where a Deny alone lets nobody in.
    expect(effects(configOf(undefined, { ...isPrivate, authorization: { authorizer } }))).toEqual(["Allow", "Deny"]);
  });

  test("methods of several kinds are allowed each as it needs", () => {
    const config = synthesizeApi(
      (api) => {
        api.addRoute("GET", "/a/{id}/b", toFunction, { authorization: "NONE" });
        api.addRoute("POST", "/a/{id}/b", toFunction);
      },
      { policy },
    );
    const api = "${aws_api_gateway_rest_api.Api.execution_arn}";
    expect(
      documentOf(config).Statement.map(({ Effect, Resource }: Record<string, string>) => [Effect, Resource]),
    ).toEqual([
      ["Allow", `${api}/*`],
      ["Allow", `${api}/*/GET/a/*/b`],
      ["Deny", `${api}/*`],
    ]);
  });
});

describe("a private API", () => {
  const via = (vpce: string) => ({ context: { "aws:SourceVpce": vpce } });

  test("lets in who comes through its endpoints, and nobody else", () => {
    const config = configOf(undefined, isPrivate);
    expect(only(config, "aws_api_gateway_rest_api").endpoint_configuration).toEqual({
      types: ["PRIVATE"],
      vpc_endpoint_ids: [VPCE],
    });
    expect(decision(config, via(VPCE))).toBe("allow");
    expect(decision(config, via("vpce-0fedcba9876543210"))).toBe("explicit deny");
    expect(decision(config, from("10.0.0.1"))).toBe("explicit deny");
  });

  test("knows addresses as those in the VPC", () => {
    const config = configOf(
      { allow: [{ sourceIps: ["10.0.0.0/16"] }], deny: [{ vpcIds: ["vpc-0123456789abcdef0"] }] },
      isPrivate,
    );
    expect(JSON.stringify(documentOf(config))).toContain('"IpAddress":{"aws:VpcSourceIp":["10.0.0.0/16"]}');
    expect(JSON.stringify(documentOf(config))).toContain('"StringEquals":{"aws:SourceVpc":["vpc-0123456789abcdef0"]}');
  });

  describe("that takes addresses or principals", () => {
    const through = (vpce: string, more: Readonly<Record<string, string>>) => ({
      context: { ...via(vpce).context, ...more },
    });
    const other = "vpce-0fedcba9876543210";

    test("takes them through its own endpoints alone: another's VPC can have the same addresses", () => {
      const config = configOf({ allow: [{ sourceIps: ["10.0.0.0/16"] }] }, isPrivate);
      const address = { "aws:VpcSourceIp": "10.0.1.1" };
      expect(decision(config, through(VPCE, address))).toBe("allow");
      expect(decision(config, through(other, address))).toBe("explicit deny");
      expect(decision(config, through(VPCE, { "aws:VpcSourceIp": "10.1.0.1" }))).toBe("explicit deny");
      expect(decision(config, { context: address })).toBe("explicit deny");
    });

    test("and through those that the policy names", () => {
      const allow = [{ sourceIps: ["10.0.0.0/16"] }, { vpcIds: ["vpc-0123456789abcdef0"] }];
      const config = configOf({ allow }, isPrivate);
      expect(decision(config, through(VPCE, { "aws:VpcSourceIp": "10.0.1.1" }))).toBe("allow");
      expect(decision(config, through(other, { "aws:SourceVpc": "vpc-0123456789abcdef0" }))).toBe("allow");
      expect(decision(config, through(other, { "aws:VpcSourceIp": "10.0.1.1" }))).toBe("explicit deny");
    });

    test("wants principals to come through them, too", () => {
      const config = configOf(
        { allow: [{ principals: ["123456789012"] }] },
        { ...isPrivate, authorization: "AWS_IAM" },
      );
      const reader = identity("Reader");
      const own = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}';
      expect(decision(config, { ...reader, ...through(VPCE, reader.context) }, own)).toBe("allow");
      expect(decision(config, { ...reader, ...through(other, reader.context) }, own)).toBe("explicit deny");
    });
  });

  test("may come with an endpoint of its own", () => {
    const config = synthesize((stack) => {
      const { vpcEndpointId } = new VpcEndpoint(stack, "Endpoint", {
        service: "execute-api",
        endpointName: "apis",
        vpcId: "vpc-0123456789abcdef0",
        subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        clientCidrBlocks: ["10.0.0.0/16"],
      });
      const endpoint = { type: "PRIVATE", vpcEndpointIds: [vpcEndpointId] } as const;
      const api = new RestApi(stack, "Api", { ...apiProps, endpoint });
      api.addRoute("GET", "/a", toFunction);
    });
    expect(only(config, "aws_vpc_endpoint")).toMatchObject({
      vpc_id: "vpc-0123456789abcdef0",
      service_name: "${data.aws_vpc_endpoint_service.Endpoint_Service.service_name}",
      vpc_endpoint_type: "Interface",
      private_dns_enabled: true,
      subnet_ids: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
      security_group_ids: ["${aws_security_group.Endpoint_Clients.id}"],
    });
    expect(only(config, "aws_vpc_security_group_ingress_rule")).toMatchObject({
      cidr_ipv4: "10.0.0.0/16",
      ip_protocol: "tcp",
      from_port: 443,
      to_port: 443,
    });
    expect(only(config, "aws_api_gateway_rest_api").endpoint_configuration.vpc_endpoint_ids).toEqual([
      "${aws_vpc_endpoint.Endpoint.id}",
    ]);
  });
});

describe("is refused", () => {
  const addresses = "IP addresses or blocks of them, such as 198.51.100.0/24";
  test.each<[ResourcePolicy, Partial<RestApiProps>, string]>([
    [{ allow: [{ sourceIps: [] }] }, {}, `policy.allow must be at least one of ${addresses}, got: []`],
    [
      { allow: [{ sourceIps: ["10.0.0.0/33"] }] },
      {},
      `policy.allow must be ${addresses}, got: "10.0.0.0/33" (in test/Api)`,
    ],
    [{ allow: [{ sourceIps: ["::1/129"] }] }, {}, 'got: "::1/129"'],
    [{ deny: [{ sourceIps: ["10.0.0.256"] }] }, {}, `policy.deny must be ${addresses}, got: "10.0.0.256"`],
    [{ deny: [{ sourceIps: ["10.0.0.0/8/8"] }] }, {}, 'got: "10.0.0.0/8/8"'],
    [{ deny: [{ sourceIps: ["10.0.0.0/"] }] }, {}, 'got: "10.0.0.0/"'],
    [
      { allow: [{ principals: ["12345678901"] }] },
      {},
      'policy.allow must be accounts of 12 digits, or ARNs of users and roles, such as arn:aws:iam::123456789012:role/Reader, got: "12345678901"',
    ],
    [{ allow: [{ principals: ["arn:aws:iam::123456789012:role/*"] }] }, {}, 'got: "arn:aws:iam::123456789012:role/*"'],
    [
      { allow: [{ vpcEndpointIds: ["vpce-1"] }] },
      isPrivate,
      'policy.allow must be ids of VPC endpoints, such as vpce-0123456789abcdef0, got: "vpce-1"',
    ],
    [{ allow: [{ vpcIds: ["vpce-0123456789abcdef0"] }] }, isPrivate, "policy.allow must be ids of VPCs"],
    [
      { allow: [{ vpcEndpointIds: [VPCE] }] },
      {},
      "policy.allow must be of addresses and principals, since only private APIs are called from VPCs",
    ],
    [
      {},
      { endpoint: { type: "PRIVATE", vpcEndpointIds: [] } },
      "endpoint.vpcEndpointIds must be at least one VPC endpoint, got: []",
    ],
    [{ allow: [] }, {}, "policy.allow must be at least one source, got: []. Leave it out to name none"],
    [{ deny: [] }, isPrivate, "policy.deny must be at least one source, got: []"],
    [
      { allow: [{ vpcIds: ["vpc-0123456789abcdef0"] }] },
      { endpoint: { type: "PRIVATE", vpcEndpointIds: ["vpc-0123456789abcdef0"] } },
      'endpoint.vpcEndpointIds must be ids of VPC endpoints, such as vpce-0123456789abcdef0, got: "vpc-0123456789abcdef0"',
    ],
    [
      { allow: [{ principals: ["123456789012"] }] },
      {},
      "policy.allow must have a source besides principals for methods that are called unsigned, got: GET /a. Only a signed request tells",
    ],
    [
      { allow: [{ principals: ["123456789012"] }] },
      { authorization: "AWS_IAM", cors: { allowOrigins: ["https://a.example"] } },
      "called unsigned, got: OPTIONS /a",
    ],
  ])("%j %j", (policy, changes, message) => {
    expect(() => configOf(policy, changes)).toThrow(message);
  });

  test.each(["0.0.0.0/0", "10.0.0.0/32", "::/0", "::1/128", "10.0.0.1"])("but not %s", (address) => {
    expect(countOf(configOf({ allow: [{ sourceIps: [address] }] }), "aws_api_gateway_rest_api_policy")).toBe(1);
  });
});
