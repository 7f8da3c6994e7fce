import * as z from "zod/mini";
import { type Answer, type Headers, withHeaders } from "./answer";
import { type BinaryMediaTypes, bytesOf } from "./binary-media-types";
import type { HttpRequest } from "./exchange";
import { GatewayError } from "./gateway-response";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const absent = <Schema extends z.ZodMiniType>(schema: Schema) => z.optional(z.nullable(schema));

/** What a function must answer: no more is known of what API Gateway lets pass. */
const ProxyResponse = z.object({
  statusCode: z.pipe(
    z.union([z.number(), z.string().check(z.regex(/^\d{3}$/))]),
    z.pipe(z.transform(Number), z.int().check(z.minimum(200), z.maximum(599))),
  ),
  headers: absent(z.record(z.string(), scalar)),
  multiValueHeaders: absent(z.record(z.string(), z.array(scalar))),
  body: absent(z.string()),
  isBase64Encoded: absent(z.boolean()),
});
type ProxyResponse = z.infer<typeof ProxyResponse>;

/**
 * What API Gateway makes of a function's answer. A body in base64 becomes bytes where the API has binary media types that fit what the client accepts,
 * and else stays the text that it is.
 * @throws GatewayError 502 for an answer of another form, with what is wrong in the log; 500 for base64 that is none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 */
export function proxyAnswer(
  payload: unknown,
  request: Pick<HttpRequest, "headers">,
  binaryMediaTypes: BinaryMediaTypes,
): Answer {
  const { success, data, error } = ProxyResponse.safeParse(payload);
  if (!success) throw malformed(error, payload);
  const text = data.body ?? "";
  const isBytes = data.isBase64Encoded === true && binaryMediaTypes.isWantedBy(request.headers);
  return {
    status: data.statusCode,
    headers: withHeaders({ "content-type": "application/json" }, headersOf(data)),
    body: isBytes ? bytesOf(text) : Buffer.from(text),
  };
}

const rules: Readonly<Record<keyof ProxyResponse, string>> = {
  statusCode: "must be a status from 200 to 599, as a number or as text",
  headers: "must be an object whose values are texts, numbers or booleans",
  multiValueHeaders: "must be an object whose values are lists of texts, numbers or booleans",
  body: "must be text: JSON.stringify what is none",
  isBase64Encoded: "must be true or false",
};

function malformed(error: z.core.$ZodError, payload: unknown): GatewayError {
  const member = error.issues[0]?.path[0] as keyof ProxyResponse | undefined;
  const got = JSON.stringify(member === undefined ? payload : Object(payload)[member])?.slice(0, 200) ?? "nothing";
  const fault = member === undefined ? "the answer must be an object with a statusCode" : `${member} ${rules[member]}`;
  const reason = `Execution failed due to configuration error: Malformed Lambda proxy response: ${fault}, got: ${got}`;
  return new GatewayError("API_CONFIGURATION_ERROR", "Internal server error", { reason, status: 502 });
}

/** Both kinds make one list; a pair of name and value that stands in both comes once. */
function headersOf({ headers, multiValueHeaders }: ProxyResponse): Headers {
  const values = new Map<string, { readonly name: string; readonly values: string[] }>();
  const add = (name: string, value: string): void => {
    const known = values.get(name.toLowerCase()) ?? { name, values: [] };
    if (!known.values.includes(value)) known.values.push(value);
    values.set(name.toLowerCase(), known);
  };
  for (const [name, all] of Object.entries(multiValueHeaders ?? {})) for (const value of all) add(name, String(value));
  for (const [name, value] of Object.entries(headers ?? {})) add(name, String(value));
  const sent = [...values].flatMap(([key, { name, values: all }]) => {
    if (droppedHeaders.has(key)) return [];
    return [[remappedHeaders.has(key) ? `x-amzn-Remapped-${name}` : name, all.length === 1 ? String(all[0]) : all]];
  });
  return Object.fromEntries(sent);
}

/**
 * AWS's table has what is dropped and remapped. Beyond it, `content-length` and `x-amzn-requestid` were seen remapped: API Gateway writes its own.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const droppedHeaders = new Set([
  ...["expect", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "via"],
]);
const remappedHeaders = new Set([
  ...["authorization", "connection", "content-length", "content-md5", "date", "max-forwards", "server", "user-agent"],
  ...["www-authenticate", "x-amzn-requestid"],
]);
