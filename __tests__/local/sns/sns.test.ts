import * as http from "node:http";
import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
} from "@aws-sdk/client-sns";
import { AwsError, type Clock } from "../../../local/aws";
import { type Mail, type Publication, Sns } from "../../../local/sns/sns";
import { openAccess, place, someone } from "../../support/local";
import { bodyOf, close, listen } from "../../support/loopback";

const clock: Clock = { now: () => 1_800_000_000_000, after: () => () => undefined };

function start(access = openAccess()) {
  const lines: string[] = [];
  const sns = new Sns({ place, access, clock, log: (source, message) => void lines.push(`${source} ${message}`) });
  const topic = sns.createTopic({ name: "orders", kms_master_key_id: "alias/aws/sns" });
  const subscribe = (endpoint: string, more: object = {}) =>
    sns.subscribe({ topic_arn: topic.arn, protocol: "email", endpoint, ...more });
  const publish = (input: object) => sns.call(someone, "Publish", { TopicArn: topic.arn, Message: "m", ...input });
  return { sns, access, lines, topic, subscribe, publish };
}

const text = (StringValue: string) => ({ DataType: "String", StringValue });

describe("a topic", () => {
  test("gets the attributes that Terraform computes", () => {
    const arn = "arn:aws:sns:eu-west-1:123456789012:orders";
    expect(start().topic).toEqual({ arn, id: arn });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ name: "orders" }, "a topic of this name exists already"],
    [{ name: "a.fifo" }, "name must not end with .fifo: the local run has standard topics only"],
    [{ name: "a", fifo_topic: true }, "fifo_topic must be false: the local run has standard topics only"],
    [{ name: "a b" }, "name must be 1–256 letters, digits, - and _"],
    [{ name: "a", policy: "{}" }, "aws_sns_topic of a: policy is not modelled by the local run"],
  ])("is refused for %j", (arguments_, message) => {
    expect(() => start().sns.createTopic(arguments_)).toThrow(message);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ protocol: "sqs" }, 'protocol must be email or lambda, got: "sqs"'],
    [{ endpoint: "nobody" }, "endpoint must be an e-mail address"],
    [{ endpoint: "" }, "endpoint must be given"],
    [{ topic_arn: "x" }, "topic_arn names a topic that does not exist: x"],
    [{ filter_policy_scope: "x" }, 'filter_policy_scope must be MessageAttributes or MessageBody, got: "x"'],
    [{ filter_policy: '{"a":[{"cidr":"x"}]}' }, "the operator cidr is not modelled by the local run"],
    [{ delivery_policy: "{}" }, "delivery_policy is not modelled by the local run"],
  ])("refuses a subscription with %j", (changes, message) => {
    expect(() => start().subscribe("a@example.com", changes)).toThrow(message);
  });

  test("has an address once", () => {
    const { subscribe } = start();
    const first = subscribe("a@example.com");
    expect(first.arn).toMatch(/^arn:aws:sns:eu-west-1:123456789012:orders:[0-9a-f-]{36}$/);
    expect(subscribe("a@example.com")).toEqual(first);
    expect(() => subscribe("a@example.com", { filter_policy: '{"a":["b"]}' })).toThrow(
      "the address has a subscription already, with another filter policy",
    );
  });
});

describe("publishing", () => {
  test("puts a mail for each address into the outbox and tells of it", async () => {
    const { sns, subscribe, publish, topic } = start();
    subscribe("a@example.com");
    subscribe("b@example.com");
    const told: Mail[] = [];
    const stop = sns.onMail((mail) => told.push(mail));
    const MessageAttributes = { kind: text("tea"), seal: { DataType: "Binary", BinaryValue: Buffer.from("hi") } };
    const { MessageId } = await publish({ Subject: "New order 1", Message: "tea", MessageAttributes });
    const mail = {
      subject: "New order 1",
      text: "tea",
      topicArn: topic.arn,
      messageId: MessageId,
      at: clock.now(),
      attributes: { kind: "tea", seal: "aGk=" },
    };
    expect(sns.outbox).toEqual([
      { ...mail, to: "a@example.com" },
      { ...mail, to: "b@example.com" },
    ]);
    expect(told).toEqual(sns.outbox);
    stop();
    await publish({});
    expect(told).toHaveLength(2);
    expect(sns.outbox.at(-1)?.subject).toBe("AWS Notification Message");
  });

  test("is seen where nobody subscribed", async () => {
    const { sns, publish, topic, lines } = start();
    const told: Publication[] = [];
    sns.onPublish((publication) => told.push(publication));
    const { MessageId } = await publish({ Subject: "New order 1" });
    expect(told).toMatchObject([
      { topicArn: topic.arn, messageId: MessageId, subject: "New order 1", message: "m", mails: 0 },
    ]);
    expect(sns.published.get(topic.arn)).toBe(1);
    expect(sns.outbox).toEqual([]);
    expect(lines).toEqual(["orders ← New order 1, 0 of 0 subscriptions"]);
  });

  test("reaches only whose filter policy lets it through", async () => {
    const { sns, subscribe, publish } = start();
    subscribe("attributes@example.com", { filter_policy: '{"country":["IE"]}' });
    subscribe("body@example.com", { filter_policy: '{"country":["IE"]}', filter_policy_scope: "MessageBody" });
    await publish({ MessageAttributes: { country: text("IE") } });
    await publish({ Message: '{"country":"IE"}' });
    await publish({ Message: '{"country":"FR"}', MessageAttributes: { country: text("FR") } });
    expect(sns.outbox.map(({ to }) => to)).toEqual(["attributes@example.com", "body@example.com"]);
  });

  test.each(["x", "x".repeat(99), " x", "Zoë 数"])("takes the subject %j", async (Subject) => {
    const { sns, subscribe, publish } = start();
    subscribe("a@example.com");
    await publish({ Subject });
    expect(sns.outbox[0]?.subject).toBe(Subject);
  });

  test.each(["", "x".repeat(100), "a\nb", "a\tb", "a\u007fb"])("refuses the subject %j", async (Subject) => {
    await expect(start().publish({ Subject })).rejects.toMatchObject({
      code: "InvalidParameter",
      status: 400,
      message: "Invalid parameter: Subject",
    });
  });

  test("takes 262,144 bytes, attributes included", async () => {
    const { publish } = start();
    await publish({ Message: "é".repeat(131_072) });
    const MessageAttributes = { a: text("b") };
    await publish({ Message: "x".repeat(262_136), MessageAttributes });
    for (const input of [{ Message: "x".repeat(262_145) }, { Message: "x".repeat(262_137), MessageAttributes }]) {
      await expect(publish(input)).rejects.toMatchObject({ message: "Invalid parameter: Message too long" });
    }
    await expect(publish({ Message: "" })).rejects.toMatchObject({ message: "Invalid parameter: Empty message" });
  });

  test.each<[string, object]>([
    ["a", text("x")],
    ["a.b-c_9", { DataType: "Number", StringValue: "-1.5e3" }],
    ["x".repeat(256), { DataType: "String.Array", StringValue: '["a"]' }],
  ])("takes the attribute %s", async (name, attribute) => {
    await start().publish({ MessageAttributes: { [name]: attribute } });
  });

  test.each<[string, object, string]>([
    ["a b", text("x"), "can only include alphanumeric characters"],
    [".a", text("x"), "can not start or end with '.'"],
    ["a.", text("x"), "can not start or end with '.'"],
    ["a..b", text("x"), "successive '.'"],
    ["aws.a", text("x"), "reserved"],
    ["Amazon.a", text("x"), "reserved"],
    ["x".repeat(257), text("x"), "1 to 256 bytes"],
    ["a", text(""), "must contain non-empty message attribute value for message attribute type 'String'"],
    ["a", { DataType: "Binary", StringValue: "x" }, "message attribute type 'Binary'"],
    ["a", { DataType: "Number", StringValue: "ten" }, "Could not cast message attribute 'a' value to number."],
    ["a", { DataType: "String.mine", StringValue: "x" }, "invalid message attribute type: String.mine"],
    ["a", { StringValue: "x" }, "invalid message attribute type: undefined"],
  ])("refuses the attribute %s %j", async (name, attribute, message) => {
    await expect(start().publish({ MessageAttributes: { [name]: attribute } })).rejects.toMatchObject({
      code: "ParameterValueInvalid",
      message: expect.stringContaining(message),
    });
  });

  test("takes a text for each protocol", async () => {
    const { sns, subscribe, publish } = start();
    subscribe("a@example.com");
    const asJson = (Message: string) => publish({ Message, MessageStructure: "json" });
    await asJson('{"default":"all","email":"mail"}');
    await asJson('{"default":"all","sms":"short"}');
    expect(sns.outbox.map((mail) => mail.text)).toEqual(["mail", "all"]);
    await expect(asJson("{")).rejects.toMatchObject({ message: expect.stringContaining("failed to parse") });
    await expect(asJson('{"email":"mail"}')).rejects.toMatchObject({ message: expect.stringContaining("No default") });
    await expect(publish({ MessageStructure: "xml" })).rejects.toMatchObject({ code: "InvalidParameter" });
  });

  test.each<[object, string, number, string]>([
    [{ TopicArn: "arn:aws:sns:eu-west-1:123456789012:other" }, "NotFound", 404, "Topic does not exist"],
    [{ TopicArn: "orders" }, "InvalidParameter", 400, "An ARN must have at least 6 elements, not 1"],
    [{ TopicArn: undefined }, "InvalidParameter", 400, "no value for required parameter"],
    [{ PhoneNumber: "+3531" }, "UnsupportedOperation", 400, "PhoneNumber of Publish is not modelled by the local run"],
    [{ MessageGroupId: "1" }, "UnsupportedOperation", 400, "MessageGroupId of Publish is not modelled"],
  ])("answers %j with %s", async (input, code, status, message) => {
    await expect(start().publish(input)).rejects.toMatchObject({
      code,
      status,
      message: expect.stringContaining(message),
    });
  });

  test("names an operation that is not modelled", async () => {
    await expect(start().sns.call(someone, "CreateTopic", { Name: "x" })).rejects.toMatchObject({
      code: "InvalidAction",
      message:
        "CreateTopic is not modelled by the local run. It knows Publish, PublishBatch, GetTopicAttributes, ListSubscriptionsByTopic, ListTopics, ListSubscriptions, GetSubscriptionAttributes.",
    });
  });
});

test("asks whether the caller may, for a batch as for one", async () => {
  const { sns, access, topic, publish } = start();
  await publish({});
  await sns.call(someone, "PublishBatch", {
    TopicArn: topic.arn,
    PublishBatchRequestEntries: [{ Id: "a", Message: "m" }],
  });
  await sns.call(someone, "ListTopics", {});
  await sns.call(someone, "GetTopicAttributes", { TopicArn: topic.arn });
  expect(access.asked).toEqual([
    { caller: someone, action: "sns:Publish", resource: topic.arn },
    { caller: someone, action: "sns:Publish", resource: topic.arn },
    { caller: someone, action: "sns:ListTopics", resource: "*" },
    { caller: someone, action: "sns:GetTopicAttributes", resource: topic.arn },
  ]);
});

describe("through the SDK", () => {
  let refuses = false;
  const { sns, topic, subscribe } = start(
    openAccess(() => {
      if (refuses) throw new AwsError("AccessDeniedException", "no <grant>", 403);
    }),
  );
  const server = http.createServer(async (request, response) => {
    const headers = request.headers as Record<string, string>;
    const answer = await sns.handle(someone, { headers, body: String(await bodyOf(request)) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  let client: SNSClient;

  beforeAll(async () => {
    const endpoint = await listen(server);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new SNSClient({ endpoint, region: place.region, credentials, maxAttempts: 1 });
    subscribe("a@example.com");
  });

  afterAll(async () => {
    client.destroy();
    await close(server);
  });

  afterEach(() => {
    refuses = false;
  });

  test("publishes any text with its attributes", async () => {
    const Message = 'New order\r\n\t{"a": "1+1 & <é>"} 数 %41';
    const MessageAttributes = {
      orderID: text("a+b&c"),
      total: { DataType: "Number", StringValue: "9.5" },
      seal: { DataType: "Binary", BinaryValue: Buffer.from("hi") },
    };
    const command = new PublishCommand({ TopicArn: topic.arn, Subject: "New order 1", Message, MessageAttributes });
    const { MessageId } = await client.send(command);
    expect(sns.outbox.at(-1)).toMatchObject({
      messageId: MessageId,
      subject: "New order 1",
      text: Message,
      attributes: { orderID: "a+b&c", total: "9.5", seal: "aGk=" },
    });
  });

  test("publishes a batch, of which some may fail", async () => {
    const PublishBatchRequestEntries = [
      { Id: "a", Message: "tea", MessageAttributes: { kind: text("tea") } },
      { Id: "b", Message: "" },
    ];
    const result = await client.send(new PublishBatchCommand({ TopicArn: topic.arn, PublishBatchRequestEntries }));
    expect(result.Successful).toEqual([{ Id: "a", MessageId: sns.outbox.at(-1)?.messageId }]);
    expect(result.Failed).toEqual([
      { Id: "b", Code: "InvalidParameter", Message: "Invalid parameter: Empty message", SenderFault: true },
    ]);
    expect(sns.outbox.at(-1)?.attributes).toEqual({ kind: "tea" });
  });

  test("tells of topics and subscriptions", async () => {
    expect((await client.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: topic.arn }]);
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: topic.arn }));
    expect(Attributes).toMatchObject({
      TopicArn: topic.arn,
      Owner: place.accountId,
      SubscriptionsConfirmed: "1",
      KmsMasterKeyId: "alias/aws/sns",
    });
    const { Subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic.arn }));
    expect(Subscriptions).toMatchObject([{ Endpoint: "a@example.com", Protocol: "email", TopicArn: topic.arn }]);
  });

  test("gets AWS's errors", async () => {
    const publish = (input: object) => client.send(new PublishCommand({ TopicArn: topic.arn, Message: "m", ...input }));
    await expect(publish({ TopicArn: `${topic.arn}x` })).rejects.toMatchObject({ name: "NotFoundException" });
    await expect(publish({ Subject: "a\nb" })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(publish({ MessageAttributes: { a: text("") } })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
    });
    refuses = true;
    await expect(publish({})).rejects.toMatchObject({
      name: "AuthorizationErrorException",
      message: "no <grant>",
      $metadata: { httpStatusCode: 403 },
    });
  });
});
