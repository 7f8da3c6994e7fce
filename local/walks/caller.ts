import type { RouteDescription } from "../api-gateway/api-gateway";
import { tokenRequestOf } from "../authorization-headers";
import type { Cloud, RunningStack } from "../cloud";
import { type Answer, type ApiRequest, signedRequest, unsignedRequest } from "./signed-request";

/** Calls an API as its routes want to be called. */
export type Call = (request: ApiRequest) => Promise<Answer>;

/** Times that a request is made again after 429, a second apart: a plan may have a burst of one. */
const PATIENCE = 5;

/**
 * What calls a stack's API: signed or with a token, with a key where a plan wants one, from where its policy lets requests in.
 * @returns a sentence where nobody here could
 */
export async function callerFor(cloud: Cloud, stack: RunningStack): Promise<Call | string> {
  const [route] = stack.apis.flatMap(({ stages }) => stages.flatMap(({ routes }) => routes)).filter(isCalled);
  if (!route) return "it has no routes";
  const headers = await headersFor(cloud, stack, route);
  if (typeof headers === "string") return headers;
  const send = route.authorization === "AWS_IAM" ? signedRequest : unsignedRequest;
  return async (request) => {
    const asked = { ...request, headers: { ...headers, ...request.headers } };
    let answer = await send(cloud, asked);
    for (let tries = 0; tries < PATIENCE && answer.status === 429 && answer.headers.has("retry-after"); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      answer = await send(cloud, asked);
    }
    return answer;
  };
}

/**
 * Headers by which a route lets a request in that is signed where it must be: a token, a key, where it comes from.
 * @returns a sentence where nobody here has them
 */
export async function headersFor(
  cloud: Cloud,
  stack: RunningStack,
  route: RouteDescription,
): Promise<Readonly<Record<string, string>> | string> {
  const token = await tokenHeader(cloud, stack, route);
  if (typeof token === "string") return token;
  return { ...route.origin, ...token, ...(route.apiKey && { "x-api-key": route.apiKey }) };
}

const isCalled = ({ httpMethod }: RouteDescription): boolean => httpMethod !== "OPTIONS";

async function tokenHeader(
  cloud: Cloud,
  { outputs }: RunningStack,
  { authorizedBy }: RouteDescription,
): Promise<Readonly<Record<string, string>> | string> {
  if (!authorizedBy) return {};
  const own = cloud.cognito.userPools.filter(({ userPoolId }) => userPoolId === outputs.user_pool_id?.value);
  const asked = tokenRequestOf(own, authorizedBy);
  if (!asked) return "its callers have tokens of an issuer that is not here";
  const { authorizer } = authorizedBy;
  const [source, ...others] = authorizer.type === "REQUEST" ? authorizer.identitySources : [];
  // The first source has the token; what the others must be, the function knows.
  if (others.length > 0)
    return `its authorizer looks at more than a token: ${others.map(({ name }) => name).join(", ")}`;
  const token = await cloud.cognito.tokenFor(asked);
  switch (authorizer.type) {
    case "COGNITO_USER_POOLS":
      return { [authorizer.header]: token };
    case "TOKEN":
      return { [authorizer.header]: `Bearer ${token}` };
    case "REQUEST":
      return source?.location === "header" ? { [source.name]: `Bearer ${token}` } : "its token is not in a header";
  }
}
