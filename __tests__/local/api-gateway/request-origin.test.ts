import { originOf } from "../../../local/api-gateway/request-origin";
import { gatewayOf, mockApi, type ProxyEvent, proxyApi } from "../../support/rest-api";

const vpcs = new Map([["vpce-1", "vpc-1"]]);
const from = (headers: Readonly<Record<string, string>>, sourceIp = "127.0.0.1") =>
  originOf({ headers, sourceIp }, (id) => vpcs.get(id));

test("a request comes from its socket's address, over the internet", () => {
  expect(from({})).toEqual({ sourceIp: "127.0.0.1" });
  expect(from({}, "::1")).toEqual({ sourceIp: "::1" });
});

test("X-Forwarded-For says nothing", () => {
  expect(from({ "x-forwarded-for": "203.0.113.7" })).toEqual({ sourceIp: "127.0.0.1" });
});

test.each(["203.0.113.7", "2001:db8::1"])("x-local-source-ip says another: %s", (sourceIp) => {
  expect(from({ "x-local-source-ip": sourceIp })).toEqual({ sourceIp });
});

test("x-local-vpc-endpoint says the VPC endpoint, whose VPC the stacks or x-local-vpc say", () => {
  const through = (headers: Readonly<Record<string, string>>) => from(headers).vpcEndpoint;
  expect(through({ "x-local-vpc-endpoint": "vpce-1" })).toEqual({ vpcEndpointId: "vpce-1", vpcId: "vpc-1" });
  expect(through({ "x-local-vpc-endpoint": "vpce-2" })).toEqual({ vpcEndpointId: "vpce-2", vpcId: undefined });
  expect(through({ "x-local-vpc-endpoint": "vpce-2", "x-local-vpc": "vpc-2" })).toEqual({
    vpcEndpointId: "vpce-2",
    vpcId: "vpc-2",
  });
});

test.each<[Readonly<Record<string, string>>, string]>([
  [{ "x-local-source-ip": "localhost" }, "x-local-source-ip must be an IPv4 or IPv6 address, got: localhost"],
  [{ "x-local-source-ip": "10.0.0.0/8" }, "x-local-source-ip must be an IPv4 or IPv6 address, got: 10.0.0.0/8"],
  [{ "x-local-vpc-endpoint": "vpc-1" }, "x-local-vpc-endpoint must be an id such as vpce-0a1b2c3d, got: vpc-1"],
  [{ "x-local-vpc-endpoint": "vpce-2", "x-local-vpc": "x" }, "x-local-vpc must be an id such as vpc-0a1b2c3d, got: x"],
  [{ "x-local-vpc": "vpc-1" }, "x-local-vpc must be given together with x-local-vpc-endpoint"],
])("fails for %j", (headers, message) => {
  expect(() => from(headers)).toThrow(message);
});

test("functions and templates do not see the headers", async () => {
  const headers = { "x-local-source-ip": "203.0.113.7", "X-Local-VPC-Endpoint": "vpce-1", "x-other": "1" };
  let event: ProxyEvent | undefined;
  const { gateway } = gatewayOf(proxyApi(["GET /"]), {
    result: async (given) => {
      event = given;
      return { payload: { statusCode: 200 } };
    },
  });
  const request = { method: "GET", path: "/dev", body: Buffer.from(""), sourceIp: "203.0.113.7" };
  await gateway.handle({ ...request, headers: {}, headerLines: Object.entries(headers) });
  expect(Object.keys(event?.headers ?? {}).filter((name) => /^x-(local|other)/i.test(name))).toEqual(["x-other"]);
  expect(event?.requestContext.identity.sourceIp).toBe("203.0.113.7");

  const template = '$input.params().get("header").keySet()';
  const mock = mockApi(["GET /"], { response: { response_templates: { "application/json": template } } });
  const { call } = gatewayOf(mock);
  expect((await call("GET /dev", "", { "x-local-source-ip": "203.0.113.7", "x-other": "1" })).body).toContain(
    "x-other",
  );
  expect((await call("GET /dev", "", { "x-local-source-ip": "203.0.113.7", "x-other": "1" })).body).not.toContain(
    "local",
  );
});
