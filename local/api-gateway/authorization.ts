import type { Decision } from "../../policy/evaluate";
import { type Access, anonymous, type Caller, type Clock, type Place } from "../aws";
import { denialMessage } from "../iam/denial";
import type { LambdaAuthorizer } from "./authorizers";
import { authenticateUser, type TokenIssuer } from "./cognito-authorizer";
import { at } from "./content-types";
import type { Exchange, HttpRequest } from "./exchange";
import { executionArnOf, methodArnOf } from "./execution-arn";
import { accessDenied, authenticateSigner, mayInvalidateCache, requireInvoke } from "./iam-authorization";
import { LambdaAuthorizers } from "./lambda-authorizer";
import type { InvokeFunction } from "./proxy-integration";
import { decideUnsigned, ResourcePolicy, type UnsignedCall } from "./resource-policy";
import type { Method, RestApi } from "./rest-api";

export interface AuthorizationOptions {
  readonly restApiId: string;
  readonly place: Place;
  readonly access: Access;
  readonly clock: Clock;
  /**
   * Who signed a request.
   * @throws AwsError when nobody did, or wrongly
   */
  readonly authenticate: (request: HttpRequest) => Caller;
  /** A session of a role, for `apigateway.amazonaws.com`. */
  readonly assume: (roleArn: string) => Caller;
  readonly invoke: InvokeFunction;
  /** The user pool of an ARN; nothing for one that is not here. */
  readonly userPoolByArn: (arn: string) => TokenIssuer | undefined;
}

/**
 * Who may call an API: what its methods ask for, together with its own policy.
 *
 * | method | first | then | where the policy neither allows nor denies |
 * | --- | --- | --- | --- |
 * | `NONE` | | the policy | denied |
 * | `AWS_IAM` | the signature | the caller's policies and the API's, as one | the caller's decide |
 * | a function | a Deny of the policy | the function's answer and the policy, as one | the function's answer decides |
 * | Cognito | the token | the policy | denied |
 *
 * Callers of another account, of whom both policies must allow it, cannot sign here.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export class Authorization {
  private readonly options: AuthorizationOptions & { readonly region: string };
  private readonly executionArn: string;
  private readonly policy?: ResourcePolicy;
  private readonly functions: LambdaAuthorizers;
  private readonly issuers = new Map<string, TokenIssuer>();

  /** @throws Error for a policy that cannot be read or is not modelled */
  constructor({ methods, policy }: Pick<RestApi, "methods" | "policy">, options: AuthorizationOptions) {
    const { restApiId, place, clock, userPoolByArn } = options;
    const executionArn = executionArnOf(place, restApiId);
    this.options = { ...options, region: place.region };
    this.executionArn = executionArn;
    this.functions = new LambdaAuthorizers({ ...options, executionArn, accountId: place.accountId });
    if (policy !== undefined)
      this.policy = at(
        "the API",
        "policy",
        () => new ResourcePolicy(policy, executionArn, { clock, region: place.region }),
      );
    for (const { authorization } of methods) {
      if (typeof authorization === "string" || authorization.authorizer.type !== "COGNITO_USER_POOLS") continue;
      const { userPoolArns } = authorization.authorizer;
      for (const arn of userPoolArns) this.issuers.set(arn, issuerOf(arn, userPoolByArn(arn)));
    }
  }

  /**
   * Lets a request in; what is known of the caller then stands in the exchange.
   * @throws GatewayError for whoever may not
   */
  async authorize(exchange: Exchange, { authorization }: Method): Promise<void> {
    const { access, authenticate } = this.options;
    const { request, path } = exchange;
    const resource = methodArnOf(this.executionArn, exchange, path);
    const resourcePolicy = this.policy?.document;
    if (authorization === "AWS_IAM") {
      const caller = authenticateSigner(exchange, authenticate);
      requireInvoke(caller, request, { access, resource, resourcePolicy });
    } else if (authorization === "NONE") {
      if (resourcePolicy) requireInvoke(anonymous, request, { access, resource, resourcePolicy });
    } else if (authorization.authorizer.type === "COGNITO_USER_POOLS") {
      const { authorizer, scopes } = authorization;
      const issuers = authorizer.userPoolArns.flatMap((arn) => this.issuers.get(arn) ?? []);
      await authenticateUser(exchange, authorizer, { issuers, scopes });
      if (resourcePolicy) requireInvoke(anonymous, request, { access, resource, resourcePolicy });
    } else {
      await this.askFunction(exchange, authorization.authorizer, { resource, request });
    }
  }

  /** Whether a client may have a kept answer replaced. */
  mayInvalidate(exchange: Exchange): boolean {
    const resource = methodArnOf(this.executionArn, exchange, exchange.path);
    return mayInvalidateCache(exchange, {
      access: this.options.access,
      resource,
      resourcePolicy: this.policy?.document,
    });
  }

  private async askFunction(exchange: Exchange, authorizer: LambdaAuthorizer, call: UnsignedCall): Promise<void> {
    const before = this.policy?.decide(call);
    if (before?.outcome === "explicit deny") {
      const asked = { caller: anonymous, action: "execute-api:Invoke", resource: call.resource };
      throw accessDenied(denialMessage(asked, before));
    }
    const { policy } = await this.functions.ask(exchange, authorizer, call.resource);
    const decision = this.policy?.decide(call, policy) ?? decideUnsigned(call, this.options, { authorizer: policy });
    requireAllow(decision);
  }
}

/** @throws GatewayError for a caller whom an authorizer's answer, and what else was asked, does not let in */
export function requireAllow({ outcome }: Pick<Decision, "outcome">): void {
  if (outcome === "allow") return;
  const why =
    outcome === "explicit deny"
      ? "with an explicit deny in an identity-based policy"
      : "because no identity-based policy allows the execute-api:Invoke action";
  throw accessDenied(`User is not authorized to access this resource ${why}`);
}

/** Who issues a pool's tokens. Nobody here has one of a pool that stands elsewhere, and so nobody gets in by it. */
const issuerOf = (arn: string, pool: TokenIssuer | undefined): TokenIssuer =>
  pool ?? {
    arn,
    claimsOf: () =>
      Promise.reject(new Error("the pool is not in the stacks that run here: the local run knows no others")),
  };
