/** What `$context` holds, by dotted name; a name without a value does not apply to the request. */
export type ContextVariables = Partial<Record<ContextVariable, string>> & {
  [fromAuthorizer: `authorizer.${string}`]: string | undefined;
};

type ContextVariable = (typeof contextVariables)[number];

/**
 * Variables of `$context` that are modelled, beside those that an authorizer makes: `authorizer.<name>`. `xrayTraceId` never has a value: there are no traces here.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
export const contextVariables = [
  "accountId",
  "apiId",
  "stage",
  "deploymentId",
  "domainName",
  "domainPrefix",
  "requestId",
  "extendedRequestId",
  "protocol",
  "xrayTraceId",
  "httpMethod",
  "path",
  "resourcePath",
  "resourceId",
  "requestTime",
  "requestTimeEpoch",
  "identity.sourceIp",
  "identity.userAgent",
  "identity.userArn",
  "identity.accountId",
  "identity.accessKey",
  "identity.caller",
  "identity.user",
  "identity.apiKey",
  "identity.apiKeyId",
  "identity.vpcId",
  "identity.vpceId",
  "authenticate.error",
  "authorize.error",
  "waf.error",
  "waf.latency",
  "waf.status",
  "wafResponseCode",
  "webaclArn",
  "status",
  "responseLength",
  "responseLatency",
  "isCanaryRequest",
  "integration.status",
  "integration.integrationStatus",
  "integration.latency",
  "integration.requestId",
  "integration.error",
  "integrationStatus",
  "integrationLatency",
  "integrationErrorMessage",
  "awsEndpointRequestId",
  "error.message",
  "error.messageString",
  "error.responseType",
  "error.validationErrorString",
] as const;

/** Names that an authorizer may make, a Cognito claim such as `authorizer.claims.cognito:username` among them. */
export const fromAuthorizer = /^authorizer\.(\w+|claims\.((cognito|custom):)?\w+)$/;

/** Whether `$context` has, or may have, a variable of this name. */
export const isContextVariable = (name: string): name is ContextVariable | `authorizer.${string}` =>
  (contextVariables as readonly string[]).includes(name) || fromAuthorizer.test(name);

/** The variables of `$context` that a kind of API has. */
export interface VariableNames {
  readonly names: readonly string[];
  readonly has: (name: string) => boolean;
}

export const restApiVariables: VariableNames = { names: contextVariables, has: isContextVariable };

/** Text with `$context` variables, and no other code: the body of a gateway response, the format of an access log. */
export class ContextTemplate {
  private readonly template: string;
  /** Where the variables begin that stand within a JSON string. */
  private readonly insideStrings: ReadonlySet<number>;

  /**
   * @param known variables that there are
   * @throws Error that names what is not modelled
   */
  constructor(template: string, known = restApiVariables) {
    this.template = template;
    const unknown = /\$(?!context\.)[A-Za-z{!][\w.]*/.exec(template)?.[0];
    if (unknown) throw new Error(`${unknown} is not modelled by the local run: only $context variables are`);
    for (const [variable, name] of template.matchAll(reference)) {
      if (!known.has(name ?? ""))
        throw new Error(
          `${variable} is not modelled by the local run; there are: ${known.names.join(", ")}, authorizer.<name>`,
        );
    }
    const offsets = [...template.matchAll(reference)].map(({ index }) => index);
    this.insideStrings = new Set(offsets.filter((offset) => isInsideJsonString(template, offset)));
  }

  /**
   * Puts values in place of the variables. Within a JSON string a value is escaped, so that the JSON stays valid; that AWS does this is our
   * assumption: its documents do not say.
   * @param absent What stands for a variable without a value
   */
  fill(variables: Readonly<Record<string, string | undefined>>, absent: string): string {
    return this.template.replace(reference, (_, name: string, offset: number) => {
      const value = variables[name] ?? absent;
      return name !== "error.messageString" && this.insideStrings.has(offset)
        ? JSON.stringify(value).slice(1, -1)
        : value;
    });
  }
}

function isInsideJsonString(template: string, offset: number): boolean {
  const quotes = template.slice(0, offset).replace(/\\./gs, "").match(/"/g);
  return (quotes?.length ?? 0) % 2 === 1;
}

const reference =
  /\$context\.(authorizer\.claims\.(?:(?:cognito|custom):)?\w+|authorizer\.\w+|[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)/g;
