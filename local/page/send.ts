import type { RouteDescription } from "../api-gateway/api-gateway";
import type { Cloud, RunningStack } from "../cloud";
import { headersFor } from "../walks/caller";
import { exampleRequestOf } from "../walks/example-requests";
import { signedRequest, unsignedRequest } from "../walks/signed-request";

/** A route that requests can be sent to, as the page's form shows it. */
export interface SendableRoute {
  /** Number in the list of all. */
  readonly id: number;
  readonly stack: string;
  /** Such as `POST /orders`. */
  readonly name: string;
  readonly method: string;
  /** Path that would be taken, with the names of its parameters for values. */
  readonly path: string;
  /** JSON that would be taken; none for methods without a body. */
  readonly exampleBody?: string;
  /** How requests are let in, such as `signed as the operator`. */
  readonly authorization: string;
}

/** What a request got back. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}

interface Target {
  readonly stack: RunningStack;
  readonly url: string;
  readonly route: RouteDescription;
}

/** A request that the form cannot send; says why. */
export class UnsendableError extends Error {
  override readonly name = "UnsendableError";
}

const MOST_SHOWN = 100_000;

const targetsOf = (cloud: Cloud): readonly Target[] =>
  cloud.stacks.flatMap((stack) => {
    const rest = stack.apis.flatMap(({ url, stages }) =>
      stages.flatMap(({ stageName, routes }) => routes.map((route) => ({ stack, url: `${url}/${stageName}`, route }))),
    );
    const v2 = stack.apisV2.flatMap(({ stages }) =>
      stages.flatMap(({ url, routes }) => routes.map((route) => ({ stack, url, route }))),
    );
    return [...rest, ...v2].filter(({ route }) => route.httpMethod !== "OPTIONS");
  });

const authorizations: Readonly<Record<RouteDescription["authorization"], string>> = {
  AWS_IAM: "signed as the operator",
  COGNITO_USER_POOLS: "with a user pool's token",
  CUSTOM: "with a token for the authorizer",
  NONE: "open to everybody",
};

/** The routes of all APIs that take requests: those that take bodies first, since orders are what most people send. */
export function sendableRoutes(cloud: Cloud): readonly SendableRoute[] {
  const routes = targetsOf(cloud).map(({ stack, route }, id) => {
    const { method, path, body } = exampleRequestOf(route);
    return {
      ...{ id, stack: stack.name, name: `${route.httpMethod} ${route.path}`, method, path },
      authorization: authorizations[route.authorization],
      ...(body !== undefined && { exampleBody: body }),
    };
  });
  return routes.sort((one, other) => Number(other.stack.startsWith("orders")) - Number(one.stack.startsWith("orders")));
}

/**
 * Sends a request to a route as whoever it lets in.
 * @param path with the query, from the stage on
 * @throws UnsendableError for a route that is not there, a path that leads out of its stage, and a route that nobody here can call
 */
export async function sendTo(
  cloud: Cloud,
  { id, path, body }: { readonly id: number; readonly path: string; readonly body?: string },
): Promise<Answered> {
  const target = targetsOf(cloud)[id];
  if (!target) throw new UnsendableError("The route is no longer there: the stacks have changed. Choose again.");
  const { stack, url, route } = target;
  const full = `${url}${path}`;
  if (!path.startsWith("/") || !new URL(full).href.startsWith(`${url}/`))
    throw new UnsendableError(`The path must begin with / and stay below ${url}, got: ${path}`);
  const headers = await headersFor(cloud, stack, route);
  if (typeof headers === "string") throw new UnsendableError(`Nobody here can call it: ${headers}.`);
  const send = route.authorization === "AWS_IAM" ? signedRequest : unsignedRequest;
  const { method, body: example } = exampleRequestOf(route);
  const answer = await send(cloud, { method, url: full, headers, ...(example !== undefined && { body: body ?? "" }) });
  return {
    status: answer.status,
    body: answer.body.slice(0, MOST_SHOWN),
    requestId: answer.headers.get("x-amzn-requestid") ?? answer.headers.get("apigw-requestid") ?? "",
  };
}
