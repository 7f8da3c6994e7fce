import { SqsIntegration } from "../../../constructs/apigateway/integrations/sqs";
import { Queue } from "../../../constructs/sqs/queue";
import { MappingTemplate } from "../../../local/api-gateway/mapping-template";
import { gatewayRole, synthesizeApi } from "../../support/api";
import { policiesOf } from "../../support/policies";
import { only } from "../../support/synth";

const MAX_BYTES = 3_000;

const config = synthesizeApi((api, stack) => {
  const queue = new Queue(stack, "Queue", { queueName: "q", maxMessageBytes: MAX_BYTES });
  api.addRoute("POST", "/messages", new SqsIntegration({ queue, role: gatewayRole(stack, "Role") }));
});
const integration = only(config, "aws_api_gateway_integration");
const request = integration.request_templates["application/json"];

const mapped = (template: string, input: { body: string }) => new MappingTemplate(template).render(input);

/** The form that SQS would get for a body. */
const sent = (body: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(mapped(request, { body }).text));

/** What the client gets for an answer of SQS: the response whose pattern matches the whole status, else the one without pattern. */
function answer(status: number, body: string): { status: number; body: unknown } {
  const responses = Object.values(config.resource.aws_api_gateway_integration_response ?? {});
  const response =
    responses.find(
      ({ selection_pattern: pattern }) => pattern && new RegExp(`^(?:${pattern})$`).test(String(status)),
    ) ?? responses.find(({ selection_pattern: pattern }) => !pattern);
  const given = Number(/_(\d{3})\.status_code/.exec(response?.status_code)?.[1]);
  const { text, status: overridden } = mapped(response?.response_templates["application/json"], { body });
  return { status: overridden ?? given, body: JSON.parse(text) };
}

const sqsError = (code: string): string => JSON.stringify({ Error: { Code: code, Message: "…", Type: "Sender" } });

test("sends to the one queue, as a form, and passes on nothing but JSON", () => {
  expect(integration).toMatchObject({
    type: "AWS",
    integration_http_method: "POST",
    passthrough_behavior: "NEVER",
    request_parameters: { "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'" },
    uri: "arn:${data.aws_partition.Partition.partition}:apigateway:eu-west-1:sqs:path/${data.aws_caller_identity.CallerIdentity.account_id}/${aws_sqs_queue.Queue.name}",
    credentials: "${aws_iam_role.Role.arn}",
  });
  expect(Object.keys(integration.request_templates)).toEqual(["application/json"]);
});

test("lets the role send to the one queue before the first request can come", () => {
  expect(policiesOf(config, "Role")).toEqual({
    SendMessage: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Queue.arn}" }],
  });
  expect(integration.depends_on).toEqual(["aws_iam_role_policy.Role_SendMessage"]);
});

test.each([
  '{"orderID":"1"}',
  '{"a":"&DelaySeconds=900&Action=PurgeQueue"}',
  '{"a":"100 % + 1 = ? / # ü 数 😀"}',
  '{"a":"$util.urlEncode($x) #if(true)x#end ${aws_sqs_queue.q} %{ if true }"}',
])("sends the body as it came, and no parameter of the client's: %s", (body) => {
  expect(sent(body)).toEqual({ Action: "SendMessage", MessageBody: body });
});

test.each([
  ["ASCII", "x".repeat(MAX_BYTES), "x".repeat(MAX_BYTES + 1)],
  ["two bytes a character", "é".repeat(MAX_BYTES / 2), `${"é".repeat(MAX_BYTES / 2)}x`],
])("leaves out a message of more bytes than the queue takes, and so sends nothing (%s)", (_, largest, tooLarge) => {
  expect(sent(largest).MessageBody).toBe(largest);
  expect(sent(tooLarge)).toEqual({ Action: "SendMessage" });
});

describe("answers", () => {
  test("202 with the message's id when SQS has taken it", () => {
    const body = JSON.stringify({ SendMessageResponse: { SendMessageResult: { MessageId: "m-1" } } });
    expect(answer(200, body)).toEqual({ status: 202, body: { messageId: "m-1" } });
  });

  test("413 for a message left out as too large", () => {
    expect(answer(400, sqsError("MissingParameter"))).toEqual({
      status: 413,
      body: { message: "The body must be at most 3000 bytes." },
    });
  });

  test("400 for characters that SQS does not hold", () => {
    expect(answer(400, sqsError("InvalidMessageContents")).status).toBe(400);
  });

  test.each([
    [400, "AWS.SimpleQueueService.NonExistentQueue", 502],
    [403, "AccessDenied", 502],
    [302, "", 502],
    [500, "InternalFailure", 503],
    [503, "ServiceUnavailable", 503],
  ])("never a success for SQS's %i %s, but %i", (status, code, expected) => {
    const given = answer(status, sqsError(code));
    expect(given.status).toBe(expected);
    expect(JSON.stringify(given.body)).not.toContain("Error");
  });
});
