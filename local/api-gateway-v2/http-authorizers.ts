import type { AnyLambdaAuthorizer } from "../api-gateway/authorizers";
import { type IdentitySource, readIdentitySources } from "../api-gateway/identity-sources";
import type { Part, Parts } from "./api-parts";
import { httpVariables } from "./context-variables";
import { readFunctionArn, readRoleArn } from "./function-integration";

/** Tokens of an issuer. */
export interface JwtAuthorizer {
  readonly type: "JWT";
  readonly authorizerName: string;
  readonly issuer: string;
  /** Apps or APIs that a token may be for. */
  readonly audience: readonly string[];
  /** Where the token is. */
  readonly identitySource: IdentitySource;
  /** Of the route: a token must have one of them. */
  readonly scopes: readonly string[];
}

/** A function that is given the request. */
export interface FunctionAuthorizer extends AnyLambdaAuthorizer {
  readonly type: "REQUEST";
  readonly version: "1.0" | "2.0";
  /** Whether it answers `{"isAuthorized": true}`, or with a policy. */
  readonly isSimple: boolean;
  /** What a request must have, and what kept answers are found by. */
  readonly identitySources: readonly IdentitySource[];
}

export type HttpAuthorization = "AWS_IAM" | "NONE" | FunctionAuthorizer | JwtAuthorizer;

/** Seconds that answers are kept where nothing is said. */
const USUAL_TTL = 300;

/** @throws Error for an authorizer that is not there, and for what is not modelled */
export function readHttpAuthorization(parts: Parts, route: Part<"aws_apigatewayv2_route">): HttpAuthorization {
  const { address, authorization_type: type, authorization_scopes: scopes } = route;
  if (scopes.length > 0 && type !== "JWT")
    throw new Error(`${address}: authorization_scopes are of JWT alone, got: ${type}`);
  switch (type) {
    case "JWT":
      return readJwt(parts.authorizerOf(route, type), scopes);
    case "CUSTOM":
      return readFunction(parts.authorizerOf(route, "REQUEST"));
    default:
      return type;
  }
}

function readJwt(part: Part<"aws_apigatewayv2_authorizer">, scopes: readonly string[]): JwtAuthorizer {
  const { address, name: authorizerName, jwt_configuration: jwt, authorizer_uri: uri } = part;
  if (!jwt || uri !== undefined)
    throw new Error(`${address}: a JWT authorizer has jwt_configuration and no authorizer_uri`);
  const [identitySource, another] = identitySourcesOf(part);
  const isOne = identitySource && !another && ["header", "querystring"].includes(identitySource.location);
  if (!isOne)
    throw new Error(
      `${address}: identity_sources must be one of $request.header.<name> and $request.querystring.<name>, got: ${part.identity_sources.join(", ")}`,
    );
  return { type: "JWT", authorizerName, issuer: jwt.issuer, audience: jwt.audience, identitySource, scopes };
}

function readFunction(part: Part<"aws_apigatewayv2_authorizer">): FunctionAuthorizer {
  const { address, id, name, authorizer_uri: uri = "", authorizer_payload_format_version: version } = part;
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
  if (!version)
    throw new Error(`${address}: authorizer_payload_format_version must be given for a function: 1.0 or 2.0`);
  if (part.enable_simple_responses && version === "1.0")
    throw new Error(`${address}: enable_simple_responses is of authorizer_payload_format_version 2.0, got: ${version}`);
  const identitySources = identitySourcesOf(part);
  const ttlSeconds = part.authorizer_result_ttl_in_seconds ?? (identitySources.length > 0 ? USUAL_TTL : 0);
  if (ttlSeconds > 0 && identitySources.length === 0)
    throw new Error(
      `${address}: identity_sources must name what kept answers are found by, or authorizer_result_ttl_in_seconds must be 0, got: ${ttlSeconds}`,
    );
  return {
    type: "REQUEST",
    authorizerId: id,
    authorizerName: name,
    functionArn: readFunctionArn(address, "authorizer_uri", uri),
    credentials: readRoleArn(address, "authorizer_credentials_arn", part.authorizer_credentials_arn),
    ...{ version, isSimple: part.enable_simple_responses, identitySources, ttlSeconds },
  };
}

/** `$request.header.X` in the words of REST APIs, whose sources are the same. */
const identitySourcesOf = ({ address, identity_sources: sources }: Part<"aws_apigatewayv2_authorizer">) =>
  sources.flatMap((source) =>
    readIdentitySources(address, source.replace(/^\$request\./, "method.request.").replace(/^\$/, ""), httpVariables),
  );
