import type { Construct } from "constructs";
import { PropError, requireInteger } from "../terraform/props";
import type { RouteDefinition } from "./definition";
import type { Integration, IntegrationResponse, MockIntegration } from "./integration";

/**
 * Which pages of other origins may call an API from a browser. A function behind a `LambdaIntegration` answers for itself: it must send
 * `Access-Control-Allow-Origin`, and what else of these its answers need.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export interface Cors {
  /** Origins as a browser sends them, `https://example.com` or `http://localhost:3000`: no path, no `*`. An empty list is as no CORS at all. */
  readonly allowOrigins: readonly string[];
  /**
   * Names of the headers that a page may send.
   * @default - those of signed requests and JSON bodies, with those that the path's routes require, take a key in or authorize by
   */
  readonly allowHeaders?: readonly string[];
  /**
   * Names of the headers of an answer that a page may read, besides the few that any page may.
   * @default - none
   */
  readonly exposeHeaders?: readonly string[];
  /**
   * Seconds that a browser remembers the answer to a preflight, 0–86,400. Chromium remembers it for 7,200 at most.
   * @default 600
   */
  readonly maxAgeSeconds?: number;
  /**
   * Whether a page may send the user's cookies along.
   * @default false
   */
  readonly allowCredentials?: boolean;
}

/** What a signed request and one with a JSON body carry. */
const ALLOW_HEADERS = ["authorization", "content-type", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

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
 * @param prop the prop's name as the user wrote it
 * @throws PropError
 */
export function requireCors(construct: Construct, prop: string, cors: Cors): void {
  requireOrigins(construct, `${prop}.allowOrigins`, cors.allowOrigins);
  for (const list of ["allowHeaders", "exposeHeaders"] as const) {
    const wrong = cors[list]?.find((name) => !/^[A-Za-z0-9_-]+$/.test(name));
    if (wrong === undefined) continue;
    const rule = "names of headers: letters, digits, - and _";
    throw new PropError(
      construct,
      `${prop}.${list}`,
      rule,
      wrong,
      "Name each header: * lets no Authorization header in",
    );
  }
  requireInteger(construct, `${prop}.maxAgeSeconds`, cors.maxAgeSeconds, 0, 86_400);
}

/** What of CORS there is: none where no origin may call. */
export const corsIfAny = (cors: Cors | undefined): Cors | undefined => (cors?.allowOrigins.length ? cors : undefined);

/** Headers, in lower case, that a request to a route carries and a browser asks for before it sends them. */
export function requestHeaders(
  { requiredParameters, authorization, isApiKeyRequired }: RouteDefinition,
  apiKeySource: "HEADER" | "AUTHORIZER",
): readonly string[] {
  const prefix = "method.request.header.";
  const names = [...requiredParameters, ...identitySources(authorization)]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).toLowerCase());
  return isApiKeyRequired && apiKeySource === "HEADER" ? [...names, "x-api-key"] : names;
}

function identitySources(authorization: RouteDefinition["authorization"]): readonly string[] {
  if (typeof authorization === "string") return [];
  const { authorizer } = authorization;
  if (authorizer.type === "TOKEN") return [`method.request.header.${authorizer.header}`];
  return authorizer.type === "REQUEST" ? authorizer.identitySources : [];
}

/** Sets the header to the origin that asked, if it is among those that may. */
function chooseOrigin(allowOrigins: readonly string[]): string {
  return [
    // Over HTTP/2 names come in lower case, and this look-up tells cases apart.
    '#set($origin = $input.params().header.get("origin"))',
    '#if(!$origin || $origin == "")#set($origin = $input.params().header.get("Origin"))#end',
    `#if(${allowOrigins.map((one) => `$origin == "${one}"`).join(" || ")})`,
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end",
  ].join("");
}

/** Puts into an answer which origin may read it. One stands in it as it is; of several, a template puts in the one that asked. */
function readableBy(allowOrigins: readonly string[], response: IntegrationResponse): IntegrationResponse {
  const { headers, template, templateHeaders = [] } = response;
  const [origin, ...others] = allowOrigins;
  if (origin && others.length === 0) {
    return { ...response, headers: { ...headers, "Access-Control-Allow-Origin": origin } };
  }
  return {
    ...response,
    headers: { ...headers, Vary: "Origin" },
    templateHeaders: [...templateHeaders, "Access-Control-Allow-Origin"],
    // Behind the text: a letter right behind #end would make another word of it.
    template: `${template}${chooseOrigin(allowOrigins)}`,
  };
}

const credentialHeaders = ({ allowCredentials = false }: Cors): Readonly<Record<string, string>> =>
  allowCredentials ? { "Access-Control-Allow-Credentials": "true" } : {};

const exposedHeaders = ({ exposeHeaders = [] }: Cors): Readonly<Record<string, string>> =>
  exposeHeaders.length > 0 ? { "Access-Control-Expose-Headers": exposeHeaders.join(",") } : {};

/** The headers that a preflight allows: what the path's routes want, unless the author named them. */
export const allowedHeaders = ({ allowHeaders }: Cors, wanted: readonly string[]): string =>
  (allowHeaders ?? [...new Set([...ALLOW_HEADERS, ...wanted])].sort()).join(",");

/**
 * Answers a preflight.
 * @param methods lists the methods of the path, separated by commas; may be lazy
 * @param headers lists the headers that a page may send; may be lazy
 */
export function preflight(cors: Cors, methods: string, headers: string): MockIntegration {
  const response = {
    statusCode: "204",
    template: "",
    headers: {
      "Access-Control-Allow-Headers": headers,
      "Access-Control-Allow-Methods": methods,
      "Access-Control-Max-Age": String(cors.maxAgeSeconds ?? 600),
      ...credentialHeaders(cors),
    },
  };
  return { type: "MOCK", response: readableBy(cors.allowOrigins, response) };
}

/** Lets the pages read an integration's answers, where API Gateway makes them. */
export function readableAnswers(cors: Cors, integration: Integration): Integration {
  const readable = (response: IntegrationResponse): IntegrationResponse =>
    readableBy(cors.allowOrigins, {
      ...response,
      headers: { ...response.headers, ...exposedHeaders(cors), ...credentialHeaders(cors) },
    });
  switch (integration.type) {
    case "AWS":
      return { ...integration, responses: integration.responses.map(readable) };
    case "MOCK":
      return { ...integration, response: readable(integration.response) };
    case "AWS_PROXY":
      return integration;
  }
}

/**
 * Headers of the answers that API Gateway gives by itself. No template can choose among origins there, so with several the first one's
 * pages alone can read such an answer; and with credentials nobody's, for whom it was made then cannot be said.
 */
export function errorHeaders(cors: Cors): Readonly<Record<string, string>> {
  const [origin, ...others] = cors.allowOrigins;
  if (!origin || (cors.allowCredentials && others.length > 0)) return {};
  return {
    "Access-Control-Allow-Origin": origin,
    ...(others.length > 0 && { Vary: "Origin" }),
    ...exposedHeaders(cors),
    ...credentialHeaders(cors),
  };
}
