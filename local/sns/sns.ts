import { randomUUID } from "node:crypto";
import {
  type Access,
  AwsError,
  type Caller,
  type Clock,
  type Log,
  type Place,
  type WireRequest,
  type WireResponse,
} from "../aws";
import { readEntries, requireModelled, runEntries } from "../protocol/batch";
import {
  type MessageAttributes,
  readMessageAttributes,
  sizeOfAttributes,
  snsAttributeRules,
} from "../protocol/message-attributes";
import {
  type FormTree,
  readForm,
  readList,
  readMap,
  type XmlStyle,
  xmlError,
  xmlResult,
} from "../protocol/query-protocol";
import { ResourceArguments } from "../protocol/resource-arguments";
import { lambdaEvent, type Notification, undelivered } from "./lambda-event";
import { readSubscription, type Subscription } from "./subscription";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/** A mail that AWS would have sent. */
export interface Mail {
  readonly to: string;
  /** AWS's own subject where the message has none. */
  readonly subject: string;
  readonly text: string;
  readonly topicArn: string;
  readonly messageId: string;
  /** When it was published, in milliseconds since 1970. */
  readonly at: number;
  /** Values of the message attributes, by name; binary ones in base64. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A message that a topic took, whether or not somebody gets it. */
export interface Publication {
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly at: number;
  /** Mails that it became. */
  readonly mails: number;
}

/** Where messages go beside the outbox. */
export interface Deliveries {
  /**
   * Gives an event to Lambda, which takes it from there.
   * @throws AwsError for a function that is not there, or does not let the topic in
   */
  invoke(call: { readonly topicArn: string; readonly functionArn: string; readonly event: unknown }): void;
  /** Puts a message that could not be delivered into a queue. */
  send(call: { readonly topicArn: string; readonly queueArn: string; readonly body: string }): Promise<void>;
}

interface Topic {
  readonly topicArn: string;
  readonly topicName: string;
  readonly displayName: string;
  readonly encryptionKey?: string;
  readonly subscriptions: Subscription[];
}

interface TopicCall {
  readonly topic: Topic;
  readonly input: Parameters;
}

interface Operation {
  readonly action: string;
  /** Modelled, beside `TopicArn`. */
  readonly parameters: readonly string[];
  readonly run: (call: TopicCall) => Result;
}

const xmlStyle: XmlStyle = { namespace: "http://sns.amazonaws.com/doc/2010-03-31/", flat: {}, entry: ["key", "value"] };
const messageParameters = ["Message", "Subject", "MessageStructure", "MessageAttributes"];

/** Of one message, and of a batch together. */
const MAX_MESSAGE_BYTES = 262_144;

/**
 * Amazon SNS: standard topics, mails into an outbox instead of the world, and functions. An e-mail subscription counts as confirmed.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export class Sns {
  private readonly topics = new Map<string, Topic>();
  /** Subscriptions to topics of stacks that are still to come, by the topic's ARN. */
  private readonly awaiting = new Map<string, Subscription[]>();
  private readonly mails: Mail[] = [];
  private readonly counts = new Map<string, number>();
  private readonly mailListeners = new Set<(mail: Mail) => void>();
  private readonly publishListeners = new Set<(publication: Publication) => void>();

  private readonly onTopic: Readonly<Record<string, Operation>> = {
    Publish: { action: "Publish", parameters: ["TargetArn", ...messageParameters], run: (call) => this.publish(call) },
    PublishBatch: {
      action: "Publish",
      parameters: ["PublishBatchRequestEntries"],
      run: (call) => this.publishBatch(call),
    },
    GetTopicAttributes: { action: "GetTopicAttributes", parameters: [], run: (call) => this.topicAttributes(call) },
    ListSubscriptionsByTopic: {
      action: "ListSubscriptionsByTopic",
      parameters: [],
      run: (call) => this.subscriptions(call),
    },
  };

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      /** The policy of a customer-managed key, by its ARN; none for a key of AWS's own. */
      keyPolicyOf?(keyArn: string): string | undefined;
      /** @default - none: functions get nothing */
      readonly deliveries?: Deliveries;
    },
  ) {}

  /** Mails that would have gone out, oldest first. */
  get outbox(): readonly Mail[] {
    return this.mails;
  }

  /** How many messages each topic took, by its ARN. */
  get published(): ReadonlyMap<string, number> {
    return this.counts;
  }

  /**
   * Makes a topic of the evaluated arguments of `aws_sns_topic`. Nothing is encrypted, but who publishes needs the key.
   * @throws Error for a topic that AWS would not make, or that is not modelled: FIFO, a policy
   */
  createTopic(arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const modelled = ["name", "display_name", "fifo_topic", "kms_master_key_id", "tags"];
    const given = new ResourceArguments("aws_sns_topic", arguments_, modelled);
    const topicName = given.requiredText("name");
    if (given.isTrue("fifo_topic") || topicName.endsWith(".fifo")) {
      throw given.error("fifo_topic is not modelled by the local run, which has standard topics only");
    }
    if (!/^[\w-]{1,256}$/.test(topicName)) throw given.error("name must be 1–256 letters, digits, - and _");
    const { partition, region, accountId } = this.options.place;
    const topicArn = `arn:${partition}:sns:${region}:${accountId}:${topicName}`;
    if (this.topics.has(topicArn)) throw given.error("a topic of this name exists already");
    this.topics.set(topicArn, {
      topicArn,
      topicName,
      displayName: given.text("display_name") ?? "",
      encryptionKey: given.text("kms_master_key_id"),
      subscriptions: this.awaiting.get(topicArn) ?? [],
    });
    this.awaiting.delete(topicArn);
    return { arn: topicArn, id: topicArn };
  }

  /**
   * Subscribes an e-mail address or a function: the evaluated arguments of `aws_sns_topic_subscription`. The same subscription again gives the
   * first. The topic may be one of a stack that is still to come.
   * @throws Error for another protocol, and for a filter policy that is wrong or not modelled
   */
  subscribe(arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const { given, topicArn, subscription } = readSubscription(arguments_);
    const subscriptions = this.topics.get(topicArn)?.subscriptions ?? this.awaitedAt(topicArn);
    if (!subscriptions) throw given.error(`topic_arn names a topic that does not exist: ${topicArn}`);
    const { endpoint, filterPolicy, scope } = subscription;
    const existing = subscriptions.find((one) => one.endpoint === endpoint);
    if (existing && (existing.filterPolicy !== filterPolicy || existing.scope !== scope)) {
      throw given.error("the address has a subscription already, with another filter policy");
    }
    const subscriptionArn = existing?.subscriptionArn ?? `${topicArn}:${randomUUID()}`;
    if (!existing) subscriptions.push({ subscriptionArn, ...subscription });
    return { arn: subscriptionArn, id: subscriptionArn };
  }

  /** @throws Error for a topic that something subscribed to, and that no stack made */
  requireTopics(): void {
    for (const [topicArn, [first]] of this.awaiting)
      throw new Error(
        `aws_sns_topic_subscription of ${first?.endpoint}: topic_arn names a topic that does not exist: ${topicArn}. Run the stack that makes it, too`,
      );
  }

  /** Subscriptions to a topic that another stack may make; nothing for what can be no topic here. */
  private awaitedAt(topicArn: string): Subscription[] | undefined {
    const { partition, region, accountId } = this.options.place;
    const here = `arn:${partition}:sns:${region}:${accountId}:`;
    if (!topicArn.startsWith(here) || !/^[\w-]{1,256}$/.test(topicArn.slice(here.length))) return undefined;
    const subscriptions = this.awaiting.get(topicArn) ?? [];
    this.awaiting.set(topicArn, subscriptions);
    return subscriptions;
  }

  /**
   * One operation, in the shape of the SDK's input and output.
   * @throws AwsError with AWS's error code, such as `NotFound`
   */
  async call(caller: Caller, operation: string, input: Parameters): Promise<Result> {
    if (operation === "ListTopics") {
      requireModelled(operation, input, []);
      this.options.access.authorize({ caller, action: "sns:ListTopics", resource: "*" });
      return { Topics: [...this.topics.keys()].map((TopicArn) => ({ TopicArn })) };
    }
    const found = Object.hasOwn(this.onTopic, operation) ? this.onTopic[operation] : undefined;
    if (!found) {
      const modelled = [...Object.keys(this.onTopic), "ListTopics"].join(", ");
      throw new AwsError("InvalidAction", `${operation} is not modelled by the local run. It knows ${modelled}.`);
    }
    requireModelled(operation, input, ["TopicArn", ...found.parameters]);
    const topicArn = requireArn(input.TopicArn ?? (operation === "Publish" ? input.TargetArn : undefined));
    this.options.access.authorize({ caller, action: `sns:${found.action}`, resource: topicArn });
    if (found.action === "Publish") this.requireKey(caller, topicArn);
    const topic = this.topics.get(topicArn);
    if (!topic) throw new AwsError("NotFound", "Topic does not exist", 404);
    return found.run({ topic, input });
  }

  /** Answers the query protocol in XML, as the SDKs speak it. */
  async handle(caller: Caller, request: WireRequest): Promise<WireResponse> {
    try {
      const { Action: operation, Version: _version, ...form } = readForm(request.body);
      if (typeof operation !== "string")
        throw new AwsError("MissingAction", "The request must contain the parameter Action.");
      return xmlResult(operation, await this.call(caller, operation, inputOf(form)), xmlStyle);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return xmlError(error, error.code === "AccessDeniedException" ? "AuthorizationError" : error.code, xmlStyle);
    }
  }

  /** Tells of each mail, until what it gives is called. */
  onMail(listener: (mail: Mail) => void): () => void {
    this.mailListeners.add(listener);
    return () => this.mailListeners.delete(listener);
  }

  /** Tells of each message that a topic takes, until what it gives is called. */
  onPublish(listener: (publication: Publication) => void): () => void {
    this.publishListeners.add(listener);
    return () => this.publishListeners.delete(listener);
  }

  /**
   * Whoever publishes to a topic that is encrypted with a customer-managed key needs the key's consent, too.
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  private requireKey(caller: Caller, topicArn: string): void {
    const resource = this.topics.get(topicArn)?.encryptionKey;
    const resourcePolicy = resource && this.options.keyPolicyOf?.(resource);
    if (!resource || !resourcePolicy) return;
    const context = caller.service ? { "aws:SourceAccount": caller.accountId } : undefined;
    for (const action of ["kms:GenerateDataKey", "kms:Decrypt"]) {
      this.options.access.authorize({ caller, action, resource, resourcePolicy, context });
    }
  }

  private publish({ topic, input }: TopicCall): Result {
    const { topicArn, topicName } = topic;
    const message = readMessage(input);
    const messageId = randomUUID();
    const at = this.options.clock.now();
    const attributes = Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, value.StringValue ?? value.BinaryValue ?? ""]),
    );
    const recipients = topic.subscriptions.filter(({ passes }) => passes(message.full, message.attributes));
    this.counts.set(topicArn, (this.counts.get(topicArn) ?? 0) + 1);
    this.options.log(
      topicName,
      `← ${message.subject ?? "(no subject)"}, ${recipients.length} of ${topic.subscriptions.length} subscriptions`,
    );

    const common = { topicArn, messageId, at, attributes };
    const mails = recipients.filter(({ protocol }) => protocol === "email");
    const { subject, textFor } = message;
    const publication = { ...common, subject, message: textFor("email"), mails: mails.length };
    for (const listener of this.publishListeners) listener(publication);
    for (const { endpoint: to } of mails)
      this.mail({ ...common, to, subject: subject ?? "AWS Notification Message", text: textFor("email") });
    for (const subscription of recipients.filter(({ protocol }) => protocol === "lambda")) {
      const { subscriptionArn } = subscription;
      const text = textFor("lambda");
      const notification = { topicArn, subscriptionArn, messageId, subject, message: text, at };
      this.invoke(subscription, { ...notification, attributes: message.attributes });
    }
    return { MessageId: messageId };
  }

  /**
   * Gives a message to a function. What Lambda refuses is this side's fault and not tried again: it goes to the subscription's dead-letter queue.
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
   */
  private invoke({ endpoint, deadLetterQueueArn }: Subscription, notification: Notification): void {
    const { deliveries, log } = this.options;
    const { topicArn } = notification;
    const topicName = topicArn.split(":").at(-1) ?? "";
    try {
      deliveries?.invoke({ topicArn, functionArn: endpoint, event: lambdaEvent(notification) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      log(topicName, `a message could not be given to ${endpoint}: ${error.message}`);
      if (!deadLetterQueueArn) return;
      const call = { topicArn, queueArn: deadLetterQueueArn, body: undelivered(notification) };
      deliveries?.send(call).catch((refused: Error) => {
        log(topicName, `nor could it be sent to ${deadLetterQueueArn}, and is lost: ${refused.message}`);
      });
    }
  }

  private mail(mail: Mail): void {
    this.mails.push(mail);
    this.options.log("outbox", `← ${mail.to}: ${mail.subject}`);
    for (const listener of this.mailListeners) listener(mail);
  }

  private publishBatch({ topic, input }: TopicCall): Result {
    const entries = readEntries(input.PublishBatchRequestEntries);
    const bytes = entries.reduce(
      (sum, { Message }) => sum + (typeof Message === "string" ? Buffer.byteLength(Message) : 0),
      0,
    );
    if (bytes > MAX_MESSAGE_BYTES) {
      const sentence = "The length of all the messages put together is more than the limit.";
      throw new AwsError("BatchRequestTooLong", sentence);
    }
    return runEntries(
      entries,
      ({ code }) => code,
      (entry) => {
        requireModelled("a batch entry", entry, messageParameters);
        return this.publish({ topic, input: entry });
      },
    );
  }

  private topicAttributes({ topic }: TopicCall): Result {
    return {
      Attributes: {
        TopicArn: topic.topicArn,
        Owner: this.options.place.accountId,
        DisplayName: topic.displayName,
        SubscriptionsConfirmed: String(topic.subscriptions.length),
        SubscriptionsPending: "0",
        SubscriptionsDeleted: "0",
        ...(topic.encryptionKey ? { KmsMasterKeyId: topic.encryptionKey } : {}),
      },
    };
  }

  private subscriptions({ topic }: TopicCall): Result {
    const Owner = this.options.place.accountId;
    return {
      Subscriptions: topic.subscriptions.map(({ subscriptionArn, endpoint, protocol }) => ({
        SubscriptionArn: subscriptionArn,
        Owner,
        Protocol: protocol,
        Endpoint: endpoint,
        TopicArn: topic.topicArn,
      })),
    };
  }
}

const invalid = (what: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: ${what}`);

function requireArn(value: unknown): string {
  if (typeof value !== "string" || value === "")
    throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
  const elements = value.split(":").length;
  if (elements < 6) throw invalid(`TopicArn Reason: An ARN must have at least 6 elements, not ${elements}`);
  return value;
}

interface ReadMessage {
  readonly subject?: string;
  /** What a protocol's subscriptions get. */
  readonly textFor: (protocol: Subscription["protocol"]) => string;
  /** What was published. */
  readonly full: string;
  readonly attributes: MessageAttributes;
}

function readMessage(input: Parameters): ReadMessage {
  const full = typeof input.Message === "string" ? input.Message : "";
  if (full === "") throw invalid("Empty message");
  const attributes = readMessageAttributes(input.MessageAttributes, snsAttributeRules);
  if (Buffer.byteLength(full) + sizeOfAttributes(attributes) > MAX_MESSAGE_BYTES) throw invalid("Message too long");
  return { subject: readSubject(input.Subject), textFor: textsOf(full, input.MessageStructure), full, attributes };
}

/** AWS's page says "less than 100 characters", no line breaks and no control characters. */
function readSubject(subject: unknown): string | undefined {
  if (subject === undefined) return undefined;
  if (typeof subject === "string" && /^\P{Cc}{1,99}$/u.test(subject)) return subject;
  throw invalid("Subject");
}

/** With the structure `json`, a text for each protocol. */
function textsOf(message: string, structure: unknown): ReadMessage["textFor"] {
  if (structure === undefined || structure === "") return () => message;
  if (structure !== "json") throw invalid("MessageStructure");
  let texts: unknown;
  try {
    texts = JSON.parse(message);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const { default: text, ...own } = (texts ?? {}) as Record<string, unknown>;
  if (typeof text !== "string") throw invalid("Message Structure - No default entry in JSON message body");
  return (protocol) => {
    const given = own[protocol];
    return typeof given === "string" ? given : text;
  };
}

/** The SDK's shape of a form: `entry` numbers a map, `member` a list. */
function inputOf({ MessageAttributes, PublishBatchRequestEntries, ...form }: FormTree): Record<string, unknown> {
  const inside = (tree: string | FormTree | undefined, name: string): string | FormTree | undefined =>
    typeof tree === "object" ? tree[name] : undefined;
  const entries = readList(inside(PublishBatchRequestEntries, "member"));
  return {
    ...form,
    ...(MessageAttributes ? { MessageAttributes: readMap(inside(MessageAttributes, "entry")) } : {}),
    ...(PublishBatchRequestEntries
      ? { PublishBatchRequestEntries: entries.map((entry) => (typeof entry === "string" ? {} : inputOf(entry))) }
      : {}),
  };
}
