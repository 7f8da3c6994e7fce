import { Lazy } from "cdktf";
import {
  HttpSqsIntegration,
  type HttpSqsIntegrationProps,
} from "../../../constructs/apigatewayv2/http-sqs-integration";
import { Queue, type QueueProps } from "../../../constructs/sqs/queue";
import { gatewayRole } from "../../support/api";
import { synthesizeHttpApi } from "../../support/http-api";
import { type Config, only } from "../../support/synth";

type Given = Partial<Omit<HttpSqsIntegrationProps, "queue" | "role">>;

const configOf = (props: Given, queueProps: Partial<QueueProps> = {}, variables: Record<string, string> = {}): Config =>
  synthesizeHttpApi(
    (api, stack) => {
      const queue = new Queue(stack, "Inbox", { queueName: "inbox", ...queueProps });
      api.addRoute("POST /orders/{id}", new HttpSqsIntegration({ queue, role: gatewayRole(stack), ...props }));
    },
    { variables },
  );

const parametersOf = (...given: Parameters<typeof configOf>): Record<string, string> =>
  only(configOf(...given), "aws_apigatewayv2_integration").request_parameters;

const inOrder = (deduplicateBy: "MessageDeduplicationId" | "content"): Partial<QueueProps> => ({
  queueName: "inbox.fifo",
  fifo: { deduplicateBy },
});

const attributes = (values: Record<string, string>): Given => ({ messageAttributes: values });

test("waits as long as it is told", () => {
  const timeoutOf = (timeoutSeconds?: number) =>
    only(configOf({ timeoutSeconds }), "aws_apigatewayv2_integration").timeout_milliseconds;
  expect([timeoutOf(), timeoutOf(30)]).toEqual([undefined, 30_000]);
  expect(() => timeoutOf(31)).toThrow(
    "timeoutSeconds must be at most 30 seconds that an integration may take, got: 31",
  );
});

describe("message attributes", () => {
  test("stand as JSON in which API Gateway, and not Terraform, puts what the request has", () => {
    const { MessageAttributes: json = "" } = parametersOf(
      attributes({
        tenant: "$request.header.X-Tenant",
        id: "$request.path.id",
        kind: "$request.body.order.items[0].kind",
        source: "web",
      }),
    );
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    expect(JSON.parse(json)).toEqual({
      tenant: text("$${request.header.X-Tenant}"),
      id: text("$${request.path.id}"),
      kind: text("$${request.body.order.items[0].kind}"),
      source: text("web"),
    });
  });

  test("may be references of Terraform's", () => {
    const reference = Lazy.stringValue({ produce: () => "${aws_sqs_queue.Inbox.name}" });
    const { MessageAttributes: json = "" } = parametersOf(
      attributes({ tenant: "$request.header.X-Tenant", queue: reference }),
    );
    expect(json).toContain('"StringValue":"${aws_sqs_queue.Inbox.name}"');
  });

  test("want the stage variables that they are made of", () => {
    const given = attributes({ color: "$stageVariables.color" });
    expect(parametersOf(given, {}, { color: "red" }).MessageAttributes).toContain("$${stageVariables.color}");
    expect(() => parametersOf(given)).toThrow(
      "variables of the stage $default must set color, which POST /orders/{id} uses, got: none",
    );
  });

  test("may be sent by pages of other origins, where some may call", () => {
    const config = synthesizeHttpApi(
      (api, stack) => {
        const queue = new Queue(stack, "Inbox", { queueName: "inbox" });
        const tenant = "$request.header.X-Tenant";
        const given = { messageAttributes: { tenant }, messageGroupId: "$request.header.X-Group" };
        api.addRoute("POST /orders", new HttpSqsIntegration({ queue, role: gatewayRole(stack), ...given }));
      },
      { cors: { allowOrigins: ["https://a.example"] } },
    );
    const { allow_headers: headers } = only(config, "aws_apigatewayv2_api").cors_configuration;
    expect(headers).toEqual(expect.arrayContaining(["authorization", "x-group", "x-tenant"]));
  });

  const many = (count: number) =>
    attributes(Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, "$context.path"])));
  // {"a":{"DataType":"String","StringValue":"${context.path}"},"b":{…"StringValue":"…"}} has 106 characters around the text.
  const long = (length: number) => attributes({ a: "$context.path", b: "t".repeat(length) });
  const around = JSON.stringify({
    a: { DataType: "String", StringValue: "${context.path}" },
    b: { DataType: "String", StringValue: "" },
  }).length;

  test.each<[string, Given]>([
    ["a name of 256 characters", attributes({ ["n".repeat(256)]: "$context.path" })],
    ["a name with dots within", attributes({ "a.b-c_d": "$context.path" })],
    ["a name that begins as a forbidden one does", attributes({ awsome: "$context.path" })],
    ["512 characters in all", long(512 - around)],
  ])("may have %s", (_, given) => {
    expect(parametersOf(given).MessageAttributes).toContain("$${context.path}");
  });

  test.each<[string, Given, string]>([
    ["none of the request", attributes({ a: "b" }), "messageAttributes must be one of the request or more, such as"],
    ["none at all", attributes({}), "got: {}. API Gateway takes no object that is the same for all requests"],
    ["11 of them", many(11), "messageAttributes must be at most 10 attributes, got: 11. It is AWS's limit"],
    ["10 that are long", many(10), "messageAttributes must be at most 512 characters of JSON, got:"],
    ["513 characters in all", long(513 - around), "must be at most 512 characters of JSON, got: 513"],
    ["a name that AWS keeps", attributes({ "AWS.x": "$context.path" }), 'got: "AWS.x"'],
    ["another name that AWS keeps", attributes({ "amazon.x": "$context.path" }), 'got: "amazon.x"'],
    ["a dot at the end", attributes({ "x.": "$context.path" }), "messageAttributes must be named with 1–256 letters"],
    ["two dots", attributes({ "x..y": "$context.path" }), 'got: "x..y"'],
    ["no name", attributes({ "": "$context.path" }), 'got: ""'],
    ["a name of 257 characters", attributes({ ["n".repeat(257)]: "$context.path" }), "must be named with 1–256"],
    ["nothing in it", attributes({ a: "" }), 'messageAttributes.a must be a text that is not empty, got: ""'],
    ["the whole body", attributes({ a: "$request.body" }), "messageAttributes.a must be a text, or of the request:"],
    ["an unknown source", attributes({ a: "$request.cookie.x" }), 'got: "$request.cookie.x". See https://docs.aws'],
    ["a template of API Gateway's", attributes({ a: "x-${request.path.id}" }), 'got: "x-${request.path.id}"'],
    ["a REST API's source", attributes({ a: "$method.request.header.x" }), 'got: "$method.request.header.x"'],
  ])("cannot have %s", (_, given, message) => {
    expect(() => parametersOf(given)).toThrow(message);
  });
});

describe("a FIFO queue", () => {
  test("gets the group and the id of each message", () => {
    const ids = { messageGroupId: "$request.body.customer", messageDeduplicationId: "$request.header.Idempotency-Key" };
    expect(parametersOf(ids, inOrder("MessageDeduplicationId"))).toEqual({
      QueueUrl: "${aws_sqs_queue.Inbox.url}",
      MessageBody: "$request.body",
      MessageGroupId: "$request.body.customer",
      MessageDeduplicationId: "$request.header.Idempotency-Key",
    });
  });

  test("that goes by the content needs no id, and may have one", () => {
    expect(parametersOf({ messageGroupId: "all" }, inOrder("content"))).toMatchObject({ MessageGroupId: "all" });
    const both = { messageGroupId: "all", messageDeduplicationId: "$context.requestId" };
    expect(parametersOf(both, inOrder("content")).MessageDeduplicationId).toBe("$context.requestId");
  });

  test.each<[Given, Partial<QueueProps>, string]>([
    [{}, inOrder("content"), "messageGroupId must be set for a FIFO queue, got: undefined. Its messages are in order"],
    [
      { messageGroupId: "all" },
      inOrder("MessageDeduplicationId"),
      'messageDeduplicationId must be set where the queue goes by it, got: undefined. Set it, or deduplicateBy of the queue to "content" (in test/Inbox)',
    ],
    [
      { messageDeduplicationId: "$context.requestId" },
      {},
      'messageDeduplicationId must be left out for a standard queue, got: "$context.requestId" (in test/Inbox)',
    ],
    [
      { messageGroupId: "g".repeat(129) },
      inOrder("content"),
      "messageGroupId must be 1–128 letters, digits and punctuation marks",
    ],
    [{ messageGroupId: "two words" }, inOrder("content"), 'got: "two words"'],
    [{ messageGroupId: "" }, inOrder("content"), 'got: ""'],
    [{ messageGroupId: "$request.body" }, inOrder("content"), 'got: "$request.body"'],
  ])("refuses %j for %j", (given, queueProps, message) => {
    expect(() => parametersOf(given, queueProps)).toThrow(message);
  });

  test("takes a group of 128 characters", () => {
    const messageGroupId = "~".repeat(128);
    expect(parametersOf({ messageGroupId }, inOrder("content")).MessageGroupId).toBe(messageGroupId);
  });
});

test("a standard queue takes a group, which gets its fair share", () => {
  expect(parametersOf({ messageGroupId: "$request.header.X-Tenant" }).MessageGroupId).toBe("$request.header.X-Tenant");
});
