import type * as http from "node:http";
import type { Answer } from "./api-gateway/answer";
import type { HttpRequest } from "./api-gateway/api-gateway";
import { AwsError, type WireResponse } from "./aws";
import { type XmlStyle, xmlError } from "./protocol/query-protocol";

/** A request once all of it has come, byte by byte as it was sent. */
export async function receive(incoming: http.IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return requestOf(incoming, Buffer.concat(chunks));
}

/** A request with its body. */
export function requestOf(incoming: http.IncomingMessage, body: Buffer): HttpRequest {
  const { rawHeaders } = incoming;
  return {
    method: incoming.method ?? "GET",
    path: incoming.url ?? "/",
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    headerLines: rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : [])),
    body,
    sourceIp: incoming.socket.remoteAddress ?? "127.0.0.1",
  };
}

/** Sends an answer, with its length where it has one and does not say it. */
export function send(outgoing: http.ServerResponse, { status, headers, body }: Answer | WireResponse): void {
  const isWithout = status === 204 || status === 304;
  const saysLength = Object.keys(headers).some((name) => name.toLowerCase() === "content-length");
  const length = isWithout || saysLength ? {} : { "content-length": String(Buffer.byteLength(body)) };
  outgoing.writeHead(status, { ...headers, ...length } as http.OutgoingHttpHeaders).end(body);
}

/**
 * Whether a request is S3's: it is signed for S3, its signature stands in the query, or nobody signed it and it is of no other service's
 * protocol, as browsers' preflights, uploads by form and reads by anyone are.
 */
export function isForS3({ path, headers }: HttpRequest): boolean {
  const { authorization } = headers;
  // Only S3 was ever signed for in the manner of `AWS <key id>:<signature>`.
  if (authorization) return /^AWS |Credential=[^,]*\/s3\/aws4_request/.test(authorization);
  const presigned = /[?&]X-Amz-Credential=([^&]*)/.exec(path)?.[1];
  if (presigned) return /(%2F|\/)s3(%2F|\/)aws4_request$/i.test(presigned);
  return headers["x-amz-target"] === undefined && !path.startsWith("/_aws/");
}

/** What AWS names the errors of no service in particular by. */
const faultStyle: XmlStyle = {
  namespace: "http://webservices.amazon.com/AWSFault/2005-15-09",
  flat: {},
  entry: ["key", "value"],
};

/** What never came to a service, such as a wrong signature, in the format that the client speaks: XML for the Query protocol, else JSON. */
export function refusalOf(error: AwsError, { headers }: Pick<HttpRequest, "headers">): WireResponse {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
  return isForm ? xmlError(error, error.code, faultStyle) : faultOf(error);
}

/** A fault of a service in its wire format is the service's; this is for what never came to one. */
export function faultOf(error: unknown): WireResponse {
  const { status, code, message } =
    error instanceof AwsError ? error : { status: 500, code: "InternalFailure", message: String(error) };
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify({ __type: code, message }) };
}
