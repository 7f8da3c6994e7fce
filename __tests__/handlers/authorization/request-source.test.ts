import { requestSource } from "../../../handlers/authorization/request-source";
import { requestEvent } from "../../support/authorizer-events";

const event = requestEvent({
  headers: { "X-Tenant": "north", Twice: ["a", "a"] },
  query: { Tenant: "south" },
  stageVariables: { tenant: "west" },
}) as Readonly<Record<string, unknown>>;

test.each([
  ["method.request.header.x-tenant", "north"],
  ["method.request.header.Twice", "a"],
  ["method.request.querystring.Tenant", "south"],
  ["stageVariables.tenant", "west"],
  ["context.identity.sourceIp", "192.0.2.1"],
  ["context.stage", "dev"],
])("%s reads %s", (expression, value) => {
  expect(requestSource(expression)(event)).toBe(value);
});

test.each([
  ["method.request.header.X-Other", "there is no method.request.header.X-Other"],
  ["method.request.querystring.tenant", "there is no method.request.querystring.tenant"],
  ["stageVariables.Tenant", "there is no stageVariables.Tenant"],
  ["context.identity", "there is no context.identity"],
  ["context.identity.sourceIp.length", "there is no context.identity.sourceIp.length"],
  ["context.constructor.name", "there is no context.constructor.name"],
])("%s reads nothing", (expression, message) => {
  expect(() => requestSource(expression)(event)).toThrow(message);
});

test("an event without lists is read by its single values, and one without any holds nothing", () => {
  const read = requestSource("method.request.header.X-Tenant");
  expect(read({ headers: { "x-tenant": "north" } })).toBe("north");
  expect(() => read({ headers: null, multiValueHeaders: null })).toThrow("there is no method.request.header.X-Tenant");
  expect(() => read({ headers: { "x-tenant": "a" }, multiValueHeaders: { "X-Tenant": ["b"] } })).toThrow(
    "there are several values of method.request.header.X-Tenant",
  );
});
