import { additionsOf, Meters } from "../../../local/page/meters";
import type { Happening } from "../../../local/traffic";
import { someone } from "../../support/local";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:writer";
const invoked = (event: unknown): Happening => ({ kind: "invocation", functionArn, requestId: "r", event });
const called = (action: string, resource: string, isAllowed = true): Happening => ({
  ...{ kind: "call", caller: someone, action, resource, isAllowed },
});
const request = (route: string | undefined, status: number): Happening => ({
  ...{ kind: "request", apiId: "api1", route, status, requestId: "r" },
});
const added = (happening: Happening): readonly string[] =>
  additionsOf(happening).map(({ meter, passed, refused }) => `${meter} +${passed} ✕${refused}`);

test("counts a request on its route, on the one for any method, and on its API; below 400 as passed", () => {
  expect(added(request("POST /orders", 399))).toEqual([
    ...["route api1 POST /orders +1 ✕0", "route api1 ANY /orders +1 ✕0", "api api1 +1 ✕0"],
  ]);
  expect(added(request("$connect", 400))).toEqual(["route api1 $connect +0 ✕1", "api api1 +0 ✕1"]);
  expect(added(request(undefined, 403))).toContain("api api1 +0 ✕1");
});

test.each([
  ["messages of a queue, each", { Records: [{ eventSourceARN: "q" }, { eventSourceARN: "q" }] }, "delivery q", 2],
  ["a topic's notification", { Records: [{ Sns: { TopicArn: "t", MessageId: "m" } }] }, "delivery t", 1],
  ["an authorizer's question", { methodArn: "arn:aws:execute-api:eu-west-1:1:api1/dev/GET/x" }, "authorizer api1", 1],
  ["that of an HTTP API", { routeArn: "arn:aws:execute-api:eu-west-1:1:api1/$default/GET/x" }, "authorizer api1", 1],
  ["a request, which its API counts", { requestContext: { requestId: "r" } }, "", 0],
  ["what is no object", null, "", 0],
])("counts what a function is invoked with: %s", (_, event, meter, count) => {
  expect(added(invoked(event))).toEqual(Array(count).fill(`${meter} ${functionArn} +1 ✕0`));
});

test.each([
  ["s3:PutObject", "arn:aws:s3:::files/a/b", "arn:aws:s3:::files"],
  ["dynamodb:Query", "arn:aws:dynamodb:r:1:table/t/index/i", "arn:aws:dynamodb:r:1:table/t"],
  ["execute-api:ManageConnections", "arn:aws:execute-api:r:1:api1/dev/POST/@connections/x", "clients:api1"],
])("counts %s on what the node of %s is", (action, resource, node) => {
  expect(added(called(action, resource))).toEqual([`call ${someone.principalArn} ${node} +1 ✕0`]);
  expect(added(called(action, resource, false))).toEqual([`call ${someone.principalArn} ${node} +0 ✕1`]);
});

test("counts no polling and nothing that is about no node, but what of it is denied", () => {
  expect(added(called("sqs:ReceiveMessage", "arn:aws:sqs:r:1:q"))).toEqual([]);
  expect(added(called("sqs:ReceiveMessage", "arn:aws:sqs:r:1:q", false))).toHaveLength(1);
  expect(added(called("dynamodb:GetRecords", "arn:aws:dynamodb:r:1:table/t/stream/s"))).toEqual([]);
  expect(added(called("logs:PutLogEvents", "arn:aws:logs:r:1:log-group:g"))).toEqual([]);
});

test("keeps meters of the picture alone, and what they have counted when it is drawn anew", () => {
  const meters = new Meters();
  meters.keep(["a", "b"]);
  for (const meter of ["a", "b", "b", "c"]) meters.add({ meter, passed: 1, refused: 0 });
  meters.keep(["b", "c"]);
  expect(meters.of(["b", "c"])).toEqual({ passed: 2, refused: 0 });
  meters.add({ meter: "c", passed: 0, refused: 1 });
  expect(meters.of(["a", "b", "c"])).toEqual({ passed: 2, refused: 1 });
});
