import { allowedOrigin } from "../../../local/api-gateway/allowed-origin";
import { ManualClock } from "../../support/rest-api";

const API = "arn:aws:execute-api:eu-west-1:123456789012:api";
const VPCE = "vpce-0123456789abcdef0";

const statement = (Effect: "Allow" | "Deny", Condition?: object) => ({
  ...{ Effect, Principal: "*", Action: "execute-api:Invoke", Resource: `${API}/*` },
  ...(Condition && { Condition }),
});

const originFor = (statements: readonly object[] | undefined, vpcEndpointIds?: readonly string[]) =>
  allowedOrigin(
    {
      isPrivate: vpcEndpointIds !== undefined,
      vpcEndpointIds: vpcEndpointIds ?? [],
      policy: statements && JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    },
    API,
    { region: "eu-west-1", clock: new ManualClock() },
  );

test.each<[string, readonly object[] | undefined, Record<string, string>]>([
  ["no policy", undefined, {}],
  ["a policy that has nothing against it", [statement("Allow")], {}],
  [
    "its own address among others",
    [statement("Deny", { NotIpAddress: { "aws:SourceIp": ["198.51.100.0/24", "127.0.0.0/8"] } })],
    {},
  ],
  [
    "other addresses alone",
    [
      statement("Allow"),
      statement("Deny", { NotIpAddress: { "aws:SourceIp": ["203.0.113.7", "198.51.100.0/24"] } }),
      statement("Deny", { IpAddress: { "aws:SourceIp": "203.0.113.7" } }),
    ],
    { "x-local-source-ip": "198.51.100.0" },
  ],
  ["principals, which are no place", [statement("Deny", { StringNotEquals: { "aws:PrincipalAccount": "1" } })], {}],
])("a public API with %s", (_, statements, headers) => {
  expect(originFor(statements)).toEqual(headers);
});

test.each<[string, readonly object[], Record<string, string>]>([
  [
    "endpoints of its own",
    [statement("Allow"), statement("Deny", { StringNotEquals: { "aws:SourceVpce": [VPCE] } })],
    { "x-local-vpc-endpoint": VPCE },
  ],
  [
    "a VPC and addresses in it",
    [
      statement("Allow"),
      statement("Deny", { StringNotEquals: { "aws:SourceVpc": "vpc-1" } }),
      statement("Deny", { NotIpAddress: { "aws:VpcSourceIp": "10.0.0.0/16" } }),
    ],
    { "x-local-source-ip": "10.0.0.0", "x-local-vpc-endpoint": VPCE, "x-local-vpc": "vpc-1" },
  ],
  ["nobody let in", [statement("Deny")], { "x-local-vpc-endpoint": VPCE }],
])("a private API with %s", (_, statements, headers) => {
  expect(originFor(statements, [VPCE])).toEqual(headers);
});
