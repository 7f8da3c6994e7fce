import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { corsHeaders } from "./cors";
import { problemOf } from "./problem";
import { type Request, readRequest } from "./request";

const cors = corsHeaders(process.env.ALLOWED_ORIGINS ?? "");

/** An answer; a body is JSON unless it says otherwise. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What becomes JSON. */
  readonly json?: unknown;
  /** Bytes in base64, which API Gateway decodes; `headers` says what they are. */
  readonly base64?: string;
}

/**
 * A handler for a Lambda proxy integration of a REST API, or of an HTTP API with payload format 1.0 or 2.0. Whatever `answer` throws becomes `application/problem+json`; what is this
 * service's fault goes to the log with the id that the problem names. Pages of the origins in `ALLOWED_ORIGINS` may read every answer.
 *
 * @param headers of every answer, problems included
 */
export const endpoint =
  (logger: Logger, answer: (request: Request) => Promise<Answer>, headers: Readonly<Record<string, string>> = {}) =>
  async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const request = readRequest(event, context);
    const common = { ...cors(request), ...headers };
    try {
      return resultOf(await answer(request), common);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status >= 500) {
        logger.error("Request failed", {
          requestId: request.id,
          function_request_id: context?.awsRequestId,
          error: error as Error,
        });
      }
      return {
        statusCode: problem.status,
        headers: { ...common, "content-type": "application/problem+json", ...problem.headers },
        body: problem.body(request.id),
      };
    }
  };

function resultOf(answer: Answer, common: Readonly<Record<string, string>>): APIGatewayProxyResult {
  const { status, headers, json, base64 } = answer;
  return {
    statusCode: status,
    headers: { ...common, ...(json !== undefined && { "content-type": "application/json" }), ...headers },
    body: base64 ?? (json === undefined ? "" : JSON.stringify(json)),
    isBase64Encoded: base64 !== undefined,
  };
}
