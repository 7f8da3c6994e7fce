import { Token } from "cdktf";
import type { Construct } from "constructs";
import { requireAtMost } from "../apigateway/limits";
import { escapeTemplate } from "../terraform/escape";
import { PropError, requireMatch } from "../terraform/props";

const page =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html";
const sqsPage =
  "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-message-attributes";

/** What of a request a parameter may be made of. The whole body is the message's, and no part of anything else. */
const EXPRESSION =
  /^\$(request\.(header|querystring|path)\.[\w.-]+|request\.body(\.[\w-]+|\[\d+\])+|context\.[\w.]+|stageVariables\.\w+)$/;

const isExpression = (text: string): boolean => !Token.isUnresolved(text) && text.startsWith("$");

/** @throws PropError for what looks like an expression and is none */
function requireText(queue: Construct, prop: string, text: string): void {
  if (Token.isUnresolved(text) || EXPRESSION.test(text) || !/^\$|\$\{/.test(text)) return;
  const rule = "a text, or of the request: $request.header.<name>, .querystring, .path or .body, $context.<name>";
  throw new PropError(queue, prop, `${rule} or $stageVariables.<name>`, text, `See ${page}`);
}

/** @throws PropError for a name that SQS would refuse, for every message */
function requireAttributeName(queue: Construct, name: string): void {
  const isName = /^[\w-]+(\.[\w-]+)*$/.test(name) && name.length <= 256 && !/^(aws|amazon)\./i.test(name);
  if (isName) return;
  const rule = 'named with 1–256 letters, digits and _-., not after "AWS." or "Amazon."';
  throw new PropError(queue, "messageAttributes", rule, name, `See ${sqsPage}`);
}

/**
 * Message attributes as API Gateway takes them: a JSON object with `${…}` where something of the request is put in.
 * @throws PropError
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/17348
 */
export function messageAttributes(queue: Construct, attributes: Readonly<Record<string, string>>): string {
  const prop = "messageAttributes";
  const entries = Object.entries(attributes);
  requireAtMost(queue, prop, entries.length, 10, "attributes", sqsPage);
  for (const [name, text] of entries) {
    requireAttributeName(queue, name);
    if (text === "") throw new PropError(queue, `${prop}.${name}`, "a text that is not empty", text);
    requireText(queue, `${prop}.${name}`, text);
  }
  if (!entries.some(([, text]) => isExpression(text))) {
    const remedy = "API Gateway takes no object that is the same for all requests";
    throw new PropError(
      queue,
      prop,
      "one of the request or more, such as $request.header.X-Tenant",
      attributes,
      remedy,
    );
  }
  const values = entries.map(([name, text]) => {
    const StringValue = isExpression(text) ? escapeTemplate(`\${${text.slice(1)}}`) : text;
    return [name, { DataType: "String", StringValue }];
  });
  const json = JSON.stringify(Object.fromEntries(values));
  if (!Token.isUnresolved(json)) {
    requireAtMost(queue, prop, json.replaceAll("$${", "${").length, 512, "characters of JSON", page);
  }
  return json;
}

/**
 * Id of a message's group, or of the message itself.
 * @throws PropError
 */
export function messageId(queue: Construct, prop: string, text: string): string {
  requireText(queue, prop, text);
  if (!isExpression(text)) {
    requireMatch(queue, prop, text, /^[\x21-\x7E]{1,128}$/, "1–128 letters, digits and punctuation marks");
  }
  return text;
}
