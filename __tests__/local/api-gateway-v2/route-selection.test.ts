import { readRouteSelection } from "../../../local/api-gateway-v2/route-selection";

test.each<[string | undefined, string, string | undefined]>([
  [undefined, '{"action":"subscribe"}', "subscribe"],
  ["$request.body.action", '{"action":7}', "7"],
  ["$request.body.action", '{"action":{"a":1}}', undefined],
  ["$request.body.action", '{"other":1}', undefined],
  ["$request.body.action", "[1]", undefined],
  ["$request.body.action", "no json", undefined],
  ["$request.body.message.type", '{"message":{"type":"order"}}', "order"],
  ["$request.body.toString", "{}", undefined],
  [`\${request.body.kind}/\${request.body.action}`, '{"kind":"a","action":"b"}', "a/b"],
  [`\${request.body.kind}/\${request.body.action}`, '{"kind":"a"}', undefined],
])("%s of %s is %s", (expression, message, routeKey) => {
  expect(readRouteSelection("api", expression)(message)).toBe(routeKey);
});

test.each(["fixed", "$request.header.x", "$request.body", `\${request.body.a}-$context.stage`])(
  "refuses %s",
  (expression) => {
    expect(() => readRouteSelection("api", expression)).toThrow(
      `api: route_selection_expression must be such as $request.body.action or \${request.body.action}, got: ${expression}`,
    );
  },
);
