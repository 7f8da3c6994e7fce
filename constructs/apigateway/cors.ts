import type { Construct } from "constructs";
import { PropError } from "../terraform/props";
import type { MockIntegration } from "./integration";

/** Which pages of other origins may call an API from a browser. */
export interface Cors {
  /** Origins as a browser sends them, `https://example.com` or `http://localhost:3000`: no path, no `*`. */
  readonly allowOrigins: readonly string[];
}

/** What a signed request and one with a JSON body carry. */
const ALLOW_HEADERS = "authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token";

/** Seconds that a browser remembers the answer to a preflight. Chromium's limit is 7,200. */
const MAX_AGE_SECONDS = 600;

/** An origin as a browser sends it: lower case, no path, no slash at the end. */
export const ORIGIN = /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/**
 * @param prop the prop's name as the user wrote it
 * @throws PropError for what no browser sends as an origin
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
 */
export function requireOrigins(construct: Construct, prop: string, origins: readonly string[]): void {
  for (const origin of origins) {
    if (ORIGIN.test(origin)) continue;
    throw new PropError(
      construct,
      prop,
      "origins as browsers send them, such as https://example.com or http://localhost:3000",
      origin,
      "No path, no / at the end, lower case, and no *: name each origin",
    );
  }
}

/**
 * Answers a preflight. One origin stands in the answer as it is; of several, the answer holds the one that asked, if it is among them.
 *
 * @param methods lists the methods of the path, separated by commas; may be lazy
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export function preflight({ allowOrigins }: Cors, methods: string): MockIntegration {
  const [origin, ...others] = allowOrigins;
  const common = {
    "Access-Control-Allow-Headers": ALLOW_HEADERS,
    "Access-Control-Allow-Methods": methods,
    "Access-Control-Max-Age": String(MAX_AGE_SECONDS),
  };
  if (origin && others.length === 0) {
    const headers = { ...common, "Access-Control-Allow-Origin": origin };
    return { type: "MOCK", response: { statusCode: "204", template: "", headers } };
  }
  return {
    type: "MOCK",
    response: {
      statusCode: "204",
      headers: { ...common, Vary: "Origin" },
      templateHeaders: ["Access-Control-Allow-Origin"],
      template: [
        // Over HTTP/2 names come in lower case, and this look-up tells cases apart.
        '#set($origin = $input.params().header.get("origin"))',
        '#if(!$origin || $origin == "")#set($origin = $input.params().header.get("Origin"))#end',
        `#if(${allowOrigins.map((one) => `$origin == "${one}"`).join(" || ")})`,
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end",
      ].join(""),
    },
  };
}

/**
 * Headers of the answers that API Gateway gives by itself. No template can choose among origins there, so with several the first one's
 * pages alone can read such an answer.
 */
export function errorHeaders({ allowOrigins }: Cors): Readonly<Record<string, string>> {
  const [origin, ...others] = allowOrigins;
  if (!origin) return {};
  return { "Access-Control-Allow-Origin": origin, ...(others.length > 0 && { Vary: "Origin" }) };
}
