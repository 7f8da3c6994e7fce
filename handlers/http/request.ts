import { refusal } from "./problem";

/** What a handler needs of a REST API's proxy event, read so that no event, however odd, makes the reading fail. */
export interface Request {
  /** API Gateway's id of the request, which the client has in `x-amzn-requestid` and the access log in its lines; else Lambda's. */
  readonly id: string;
  /** Path after the stage, percent-encoded as it was sent; behind a custom domain it begins with the base path. */
  readonly path: string;
  /** The same from the host on, stage included. */
  readonly pathFromHost: string;
  readonly pathParameters: ReadonlyMap<string, string>;
  /** Decoded; every value of a name that comes more than once. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** By name in lower case; the values of a name that comes more than once are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Aborts shortly before Lambda would end the invocation, so that there is time left to answer. */
  readonly signal: AbortSignal | undefined;
  /**
   * The body as text.
   * @throws Problem 400 where it is not UTF-8
   */
  text(): string;
}

/** Milliseconds that are kept back from the invocation's time for making the answer. */
const TIME_TO_ANSWER = 500;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Names with their values: all of them where the event lists them, else the only one it has. */
function valuesOf(single: unknown, multiple: unknown): ReadonlyMap<string, readonly string[]> {
  const lists = Object.entries(fieldsOf(multiple)).filter(([, values]) => Array.isArray(values));
  const all = [...Object.entries(fieldsOf(single)).map(([name, value]) => [name, [value]] as const), ...lists];
  return new Map(
    all.map(([name, values]) => [name, (values as unknown[]).filter((value) => typeof value === "string")]),
  );
}

/** @param context Lambda's; its time is the limit */
export function readRequest(event: unknown, context: unknown): Request {
  const { path, pathParameters, requestContext, body, isBase64Encoded, ...fields } = fieldsOf(event);
  const { requestId, path: pathFromHost } = fieldsOf(requestContext);
  const ids = [requestId, fieldsOf(context).awsRequestId].map(stringOf);
  const headers = valuesOf(fields.headers, fields.multiValueHeaders);
  const parameters = Object.entries(fieldsOf(pathParameters)).filter(([, value]) => typeof value === "string");
  return {
    id: ids.find((id) => /^[\w-]{1,128}$/.test(id)) ?? "",
    path: stringOf(path),
    pathFromHost: stringOf(pathFromHost),
    pathParameters: new Map(parameters as [string, string][]),
    query: valuesOf(fields.queryStringParameters, fields.multiValueQueryStringParameters),
    headers: new Map([...headers].map(([name, values]) => [name.toLowerCase(), values.join(", ")])),
    signal: deadlineOf(context),
    text: () => (isBase64Encoded === true ? decoded(stringOf(body)) : stringOf(body)),
  };
}

function deadlineOf(context: unknown): AbortSignal | undefined {
  const { getRemainingTimeInMillis: remaining } = fieldsOf(context);
  return typeof remaining === "function"
    ? AbortSignal.timeout(Math.max(1, Math.floor(remaining()) - TIME_TO_ANSWER))
    : undefined;
}

function decoded(base64: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    throw refusal([{ field: "body", rule: "must be UTF-8" }]);
  }
}
