import { ResourceIds } from "../../local/resource-ids";

const ids = new ResourceIds("orders-dev/aws_api_gateway_rest_api.Api");

test("ids have the form of AWS's", () => {
  expect(ids.ofApi()).toMatch(/^[a-z0-9]{10}$/);
  expect(ids.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids.hexadecimal(17)).toMatch(/^[0-9a-f]{17}$/);
});

test("ids are the same for a resource in every run, and others for its parts, another resource and another stack", () => {
  expect(new ResourceIds("orders-dev/aws_api_gateway_rest_api.Api").ofApi()).toBe(ids.ofApi());
  const others = ["orders-dev/aws_api_gateway_rest_api.Other", "orders-prod/aws_api_gateway_rest_api.Api"];
  const all = [ids.ofApi(), ids.ofApi("root"), ...others.map((seed) => new ResourceIds(seed).ofApi())];
  expect(new Set(all).size).toBe(4);
});
