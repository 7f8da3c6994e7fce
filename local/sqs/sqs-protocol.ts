import { randomUUID } from "node:crypto";
import { AwsError, type WireRequest, type WireResponse } from "../aws";
import {
  type FormTree,
  faultOf,
  readForm,
  readList,
  readMap,
  type XmlStyle,
  xmlError,
  xmlResult,
} from "../protocol/query-protocol";

type Result = Record<string, unknown>;
type Run = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<Result>;

const xmlStyle: XmlStyle = {
  namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
  flat: {
    Messages: "Message",
    QueueUrls: "QueueUrl",
    queueUrls: "QueueUrl",
    Results: "ListMessageMoveTasksResultEntry",
    Attributes: "Attribute",
    MessageAttributes: "MessageAttribute",
    ...Object.fromEntries(
      ["SendMessage", "DeleteMessage", "ChangeMessageVisibility"].map((operation) => [
        `${operation}BatchResultEntry`,
        `${operation}BatchResultEntry`,
      ]),
    ),
    BatchResultErrorEntry: "BatchResultErrorEntry",
  },
  entry: ["Name", "Value"],
};

/** Operations whose answer in the query protocol's JSON is known; only API Gateway asks for that. */
const jsonAnswers = ["SendMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue"];

/** Errors that the query protocol calls by the JSON protocol's name behind `AWS.SimpleQueueService.` */
const prefixed = [
  "BatchEntryIdsNotDistinct",
  "BatchRequestTooLong",
  "EmptyBatchRequest",
  "InvalidBatchEntryId",
  "MessageNotInflight",
  "PurgeQueueInProgress",
  "TooManyEntriesInBatchRequest",
  "UnsupportedOperation",
];

/** An error's name in the query protocol. */
export function queryCode({ code }: AwsError): string {
  if (code === "AccessDeniedException") return "AccessDenied";
  if (code === "QueueDoesNotExist") return "AWS.SimpleQueueService.NonExistentQueue";
  return prefixed.includes(code) ? `AWS.SimpleQueueService.${code}` : code;
}

/**
 * SQS over HTTP: the JSON protocol where a target is named, else the query protocol, in XML or, with `accept: application/json`, JSON.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests.html
 */
export function answer(request: WireRequest, run: Run): Promise<WireResponse> {
  const target = request.headers["x-amz-target"];
  return target === undefined ? answerQuery(request, run) : answerJson(target, request.body, run);
}

async function answerJson(target: string, body: string, run: Run): Promise<WireResponse> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": randomUUID() };
  try {
    const result = await run(target.replace(/^AmazonSQS\./, ""), readJson(body));
    return { status: 200, headers, body: JSON.stringify(result) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return {
      status: error.status,
      headers: { ...headers, "x-amzn-query-error": `${queryCode(error)};${faultOf(error)}` },
      body: JSON.stringify({ __type: `com.amazonaws.sqs#${error.code}`, message: error.message }),
    };
  }
}

async function answerQuery({ headers, body }: WireRequest, run: Run): Promise<WireResponse> {
  const isJson = /\bapplication\/json\b/.test(headers.accept ?? "");
  try {
    const { Action: operation, Version: _version, ...form } = readForm(body);
    if (typeof operation !== "string") {
      throw new AwsError("MissingAction", "The request must contain the parameter Action.");
    }
    if (isJson && !jsonAnswers.includes(operation)) {
      const sentence = `${operation} with accept: application/json is not modelled by the local run. It knows ${jsonAnswers.join(", ")}.`;
      throw new AwsError("UnsupportedOperation", sentence);
    }
    const path = headers["x-local-path"];
    const queue = path && /^\/[^/]+\/[^/]+$/.test(path) ? { QueueUrl: path } : {};
    const result = await run(operation, { ...queue, ...inputOf(form) });
    return isJson ? jsonResult(operation, result) : xmlResult(operation, xmlShape(operation, result), xmlStyle);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return isJson ? jsonError(error) : xmlError(error, queryCode(error), xmlStyle);
  }
}

function readJson(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body || "{}");
  } catch {
    throw new AwsError("SerializationException", "The body is not JSON.");
  }
}

/** What the query protocol calls otherwise than the SDK: lists are numbered parameters with a name in the singular. */
function inputOf({ MessageAttribute, ...form }: FormTree): Record<string, unknown> {
  const lists = ["AttributeName", "MessageSystemAttributeName", "MessageAttributeName"];
  const input = Object.entries(form).map(([name, value]): [string, unknown] => {
    if (lists.includes(name)) return [`${name}s`, readList(value)];
    if (!name.endsWith("BatchRequestEntry")) return [name, value];
    return ["Entries", readList(value).map((entry) => (typeof entry === "string" ? {} : inputOf(entry)))];
  });
  const attributes = MessageAttribute === undefined ? {} : { MessageAttributes: readMap(MessageAttribute) };
  return { ...Object.fromEntries(input), ...attributes };
}

/** In XML what came of a batch is named after the operation. */
function xmlShape(operation: string, { Successful, Failed, ...rest }: Result): Result {
  if (Successful === undefined) return rest;
  return { ...rest, [`${operation}ResultEntry`]: Successful, BatchResultErrorEntry: Failed };
}

/** The answer as API Gateway gets it, with a null for what there is not. */
function jsonResult(operation: string, result: Result): WireResponse {
  const empty = { MD5OfMessageAttributes: null, MD5OfMessageSystemAttributes: null, SequenceNumber: null };
  const sent = operation === "SendMessage" ? { SendMessageResult: { ...empty, ...result } } : {};
  const body = { [`${operation}Response`]: { ResponseMetadata: { RequestId: randomUUID() }, ...sent } };
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function jsonError(error: AwsError): WireResponse {
  const detail = { Code: queryCode(error), Message: error.message, Type: faultOf(error) };
  const body = JSON.stringify({ Error: detail, RequestId: randomUUID() });
  return { status: error.status, headers: { "content-type": "application/json" }, body };
}
