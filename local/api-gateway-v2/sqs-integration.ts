import type { Answer } from "../api-gateway/answer";
import { assumed, type IntegrationService, setLatency } from "../api-gateway/aws-integration";
import { configurationError, GatewayError } from "../api-gateway/gateway-response";
import { within } from "../api-gateway/integration-timeout";
import { withStageVariables } from "../api-gateway/stage-variables";
import type { Caller, Clock } from "../aws";
import { isObject, parsed } from "../protocol/matching";
import type { Part } from "./api-parts";
import { readRoleArn, readTimeout } from "./function-integration";
import type { HttpExchange } from "./http-exchange";
import { readSelection, type Selection } from "./selection";

/** A message to a queue, of what a request has. */
export interface SqsIntegration {
  readonly type: "SQS-SendMessage";
  readonly credentials: string;
  readonly parameters: readonly (readonly [name: string, selection: Selection])[];
  readonly timeoutMilliseconds: number;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html#SQS-SendMessage */
const known = new Set([
  ...["QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"],
]);

/** @throws Error for what is not modelled, and for a parameter that SQS wants and that is not there */
export function readSqsIntegration(part: Part<"aws_apigatewayv2_integration">, longest: number): SqsIntegration {
  const { address, credentials_arn: credentials, request_parameters: parameters = {} } = part;
  const unused = [
    "integration_uri",
    "integration_method",
    "request_templates",
    "template_selection_expression",
  ] as const;
  const given = unused.find((argument) => part[argument] !== undefined);
  if (given)
    throw new Error(`${address}: ${given} is not modelled for SQS-SendMessage, which is called by its parameters`);
  if (part.payload_format_version !== "1.0")
    throw new Error(`${address}: payload_format_version must be 1.0, got: ${part.payload_format_version}`);
  const roleArn = readRoleArn(address, "credentials_arn", credentials);
  if (!roleArn) throw new Error(`${address}: credentials_arn must be given: AWS services are called under a role`);
  for (const name of ["QueueUrl", "MessageBody"])
    if (!Object.hasOwn(parameters, name)) throw new Error(`${address}: request_parameters must have ${name}`);
  const unknown = Object.keys(parameters).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Error(`${address}: request_parameters: ${unknown} is not modelled by the local run`);
  return {
    type: "SQS-SendMessage",
    credentials: roleArn,
    parameters: Object.entries(parameters).map(([name, text]) => [name, readSelection(address, name, text)]),
    timeoutMilliseconds: readTimeout(part, longest),
  };
}

/**
 * Sends the message, and gives what SQS answers, be it an error, to the client.
 * @throws GatewayError for a request that lacks what a parameter is made of, and for a role that cannot be assumed
 */
export async function sendMessage(
  exchange: HttpExchange,
  { credentials, parameters, timeoutMilliseconds }: SqsIntegration,
  { sqs, assume, clock }: { sqs: IntegrationService; assume: (roleArn: string) => Caller; clock: Clock },
): Promise<Answer> {
  const form = new URLSearchParams({ Action: "SendMessage", Version: "2012-11-05" });
  for (const [name, selection] of parameters) {
    if (name === "MessageAttributes") for (const entry of attributesOf(selection(exchange))) form.append(...entry);
    else form.append(name, selection(exchange));
  }
  const caller = assumed(() => assume(withStageVariables(credentials, exchange.stage)));
  const { variables } = exchange;
  const calledAt = clock.now();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  try {
    const call = Promise.resolve().then(() =>
      sqs(caller, pathOf(form.get("QueueUrl") ?? ""), { headers, body: String(form) }),
    );
    const { status, headers: answered, body } = await within(timeoutMilliseconds, call, clock);
    variables["integration.status"] = String(status);
    variables["integration.integrationStatus"] = String(status);
    variables.integrationStatus = String(status);
    return { status, headers: { "content-type": contentTypeOf(answered) }, body: Buffer.from(body) };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError("INTEGRATION_FAILURE", "Internal server error", {
      reason: error instanceof Error ? error.message : String(error),
    });
  } finally {
    setLatency(exchange, clock.now() - calledAt);
  }
}

const contentTypeOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "text/xml";

/** `path/<account>/<queue>` of a queue's URL. */
const pathOf = (queueUrl: string): string => `path${/^https?:\/\/[^/]+(\/.*)$/.exec(queueUrl)?.[1] ?? ""}`;

/** Message attributes as the query protocol has them, of the JSON that the SDKs take. */
function attributesOf(text: string): readonly [string, string][] {
  const attributes = parsed(text);
  if (!isObject(attributes))
    throw configurationError(`MessageAttributes must become an object in JSON, got: ${text.slice(0, 200)}`);
  return Object.entries(attributes).flatMap(([name, value], index) => {
    const entry = `MessageAttribute.${index + 1}`;
    const fields = Object.entries(isObject(value) ? value : {});
    return [
      [`${entry}.Name`, name],
      ...fields.map(([field, inner]): [string, string] => [`${entry}.Value.${field}`, String(inner)]),
    ] satisfies [string, string][];
  });
}
