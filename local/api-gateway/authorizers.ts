import { at } from "./content-types";
import { functionArnIn, isRoleArn } from "./function-uri";
import { type IdentitySource, readIdentitySources } from "./identity-sources";
import type { Part } from "./rest-api-parts";

/** What every authorizer has. */
interface AnyAuthorizer {
  readonly authorizerId: string;
  readonly authorizerName: string;
}

/** An authorizer that is a function. */
export interface AnyLambdaAuthorizer extends AnyAuthorizer {
  /** A function's, or that of a version or alias of one; stage variables may stand in it, as in the role's. */
  readonly functionArn: string;
  /** Role that invokes; without one the function's own policy must let API Gateway in. */
  readonly credentials?: string;
  /** Seconds that an answer of the function is kept; 0 keeps none. */
  readonly ttlSeconds: number;
}

/** A function that is given a token out of one header. */
export interface TokenAuthorizer extends AnyLambdaAuthorizer {
  readonly type: "TOKEN";
  readonly header: string;
  /** Matches the whole of a token that may come to the function. */
  readonly validation?: RegExp;
}

/** A function that is given the request. */
export interface RequestAuthorizer extends AnyLambdaAuthorizer {
  readonly type: "REQUEST";
  /** What kept answers are found by, and what a request must have where answers are kept. */
  readonly identitySources: readonly IdentitySource[];
}

/** Users of Cognito pools, by their tokens. */
export interface CognitoAuthorizer extends AnyAuthorizer {
  readonly type: "COGNITO_USER_POOLS";
  readonly header: string;
  readonly userPoolArns: readonly string[];
  /** Matches the whole of the client id that a token must be for. */
  readonly validation?: RegExp;
}

export type LambdaAuthorizer = RequestAuthorizer | TokenAuthorizer;
export type Authorizer = CognitoAuthorizer | LambdaAuthorizer;

type AuthorizerPart = Part<"aws_api_gateway_authorizer">;

/**
 * Reads an authorizer from its evaluated arguments.
 * @throws Error for what is not modelled, or what API Gateway would refuse
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
 */
export function readAuthorizer(part: AuthorizerPart): Authorizer {
  const { address, id: authorizerId, name: authorizerName, authorizer_result_ttl_in_seconds: ttlSeconds } = part;
  switch (part.type) {
    case "TOKEN": {
      const lambda = readFunction(part);
      return {
        ...{ type: "TOKEN", authorizerId, authorizerName, ttlSeconds, ...lambda },
        ...{ header: readHeader(part), validation: readValidation(part) },
      };
    }
    case "REQUEST": {
      const identitySources = readIdentitySources(address, part.identity_source);
      if (ttlSeconds > 0 && identitySources.length === 0)
        throw new Error(
          `${address}: identity_source must name what kept answers are found by, or authorizer_result_ttl_in_seconds must be 0, got: ${ttlSeconds}`,
        );
      return { type: "REQUEST", authorizerId, authorizerName, ttlSeconds, identitySources, ...readFunction(part) };
    }
    case "COGNITO_USER_POOLS": {
      const { provider_arns: userPoolArns = [] } = part;
      if (userPoolArns.length === 0) throw new Error(`${address}: provider_arns must name at least one user pool`);
      return {
        ...{ type: "COGNITO_USER_POOLS", authorizerId, authorizerName, userPoolArns },
        ...{ header: readHeader(part), validation: readValidation(part) },
      };
    }
  }
}

function readFunction({ address, authorizer_uri: uri = "", authorizer_credentials: credentials }: AuthorizerPart) {
  const functionArn = functionArnIn(uri);
  if (!functionArn)
    throw new Error(
      `${address}: authorizer_uri must be the invoke_arn of a function, of a version or of an alias, in which stage variables may stand, got: ${uri}`,
    );
  if (credentials && !isRoleArn(credentials))
    throw new Error(`${address}: authorizer_credentials must be a role's ARN in the local run, got: ${credentials}`);
  return { functionArn, credentials };
}

function readHeader({ address, identity_source: source }: AuthorizerPart): string {
  const [, header] = /^method\.request\.header\.([\w.-]+)$/.exec(source) ?? [];
  if (!header) throw new Error(`${address}: identity_source must be method.request.header.<name>, got: ${source}`);
  return header.toLowerCase();
}

const readValidation = ({ address, identity_validation_expression: text }: AuthorizerPart): RegExp | undefined =>
  text ? at(address, "identity_validation_expression", () => new RegExp(`^(?:${text})$`, "s")) : undefined;
