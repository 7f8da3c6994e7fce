import { type Answer, withHeaders } from "../api-gateway/answer";
import { BinaryMediaTypes } from "../api-gateway/binary-media-types";
import { proxyAnswer } from "../api-gateway/proxy-answer";
import { isObject } from "../protocol/matching";

/** An HTTP API decodes whatever says that it is base64. */
const everyType = new BinaryMediaTypes(["*/*"]);

/**
 * What an HTTP API makes of a function's answer. In format 2.0 one without `statusCode` is the body itself, with 200.
 * @throws GatewayError for an answer of another form
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 */
export function httpAnswer(payload: unknown, version: "1.0" | "2.0"): Answer {
  const isWhole = isObject(payload) && payload.statusCode !== undefined;
  if (version === "1.0" || isWhole) {
    const { cookies, ...rest } = isObject(payload) ? payload : { cookies: undefined };
    const answer = proxyAnswer(isObject(payload) ? rest : payload, { headers: {} }, everyType);
    if (version === "1.0" || !Array.isArray(cookies)) return answer;
    return { ...answer, headers: withHeaders(answer.headers, { "set-cookie": cookies.map(String) }) };
  }
  const body = typeof payload === "string" ? payload : JSON.stringify(payload ?? null);
  return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
}
