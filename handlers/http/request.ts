import { refusal } from "./problem";

/** What a handler needs of a REST or an HTTP API's event, read so that no event, however odd, makes the reading fail. */
export interface Request {
  /** API Gateway's id of the request, which the client has in `x-amzn-requestid` and the access log in its lines; else Lambda's. */
  readonly id: string;
  /**
   * Path after the stage, percent-encoded as it was sent; behind a custom domain it begins with the base path. An HTTP API decodes it first, so
   * that a slash that was sent encoded is one of the path's.
   */
  readonly path: string;
  /** The same from the host on, stage included. */
  readonly pathFromHost: string;
  /** Percent-encoded. */
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

/** A decoded path as it may have been sent. */
const encoded = (path: unknown): string =>
  stringOf(path)
    .split("/")
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd")))
    .join("/");

/**
 * An event in the words of a REST API. An HTTP API's has a `version`; its paths are decoded, with the stage in front where that has a name, and in
 * format 2.0 other names stand for the same.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function inWordsOfRest(event: Fields): Fields {
  if (event.version === undefined) return event;
  const { requestId, stage } = fieldsOf(event.requestContext);
  const whole = encoded(event.rawPath ?? event.path);
  const inFront = `/${stringOf(stage)}/`;
  const parameters = Object.entries(fieldsOf(event.pathParameters)).map(([name, value]) => [name, encoded(value)]);
  return {
    ...event,
    path: whole.startsWith(inFront) ? whole.slice(inFront.length - 1) : whole,
    pathParameters: Object.fromEntries(parameters),
    requestContext: { requestId, path: whole },
    // Format 2.0 joins several values of a name by commas.
    ...(typeof event.rawQueryString === "string" && {
      queryStringParameters: undefined,
      multiValueQueryStringParameters: valuesByName(new URLSearchParams(event.rawQueryString)),
    }),
  };
}

const valuesByName = (query: URLSearchParams): Fields =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));

/** @param context Lambda's; its time is the limit */
export function readRequest(event: unknown, context: unknown): Request {
  const { path, pathParameters, requestContext, body, isBase64Encoded, ...fields } = inWordsOfRest(fieldsOf(event));
  const { requestId, path: pathFromHost } = fieldsOf(requestContext);
  const ids = [requestId, fieldsOf(context).awsRequestId].map(stringOf);
  const headers = valuesOf(fields.headers, fields.multiValueHeaders);
  const parameters = Object.entries(fieldsOf(pathParameters)).filter(([, value]) => typeof value === "string");
  return {
    id: ids.find((id) => /^[\w-]{1,128}=?$/.test(id)) ?? "",
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
