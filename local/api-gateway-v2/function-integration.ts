import { functionArnIn, isRoleArn } from "../api-gateway/function-uri";
import type { ProxyIntegration } from "../api-gateway/integration";
import { withoutStageVariables } from "../api-gateway/stage-variables";
import type { Part } from "./api-parts";

type IntegrationPart = Part<"aws_apigatewayv2_integration">;

/** What a function behind a route does not take. */
const unused = ["integration_subtype", "request_parameters", "request_templates", "template_selection_expression"];

/**
 * Reads an integration with a function.
 * @param longest milliseconds that it may take at most, which are those it has where none are given
 * @throws Error for what is not modelled
 */
export function readFunctionIntegration(part: IntegrationPart, longest: number): ProxyIntegration {
  const { address, integration_uri: uri = "", credentials_arn: credentials, integration_method: method } = part;
  const given = unused.find((argument) => part[argument as keyof IntegrationPart] !== undefined);
  if (given) throw new Error(`${address}: ${given} is not modelled for a function, which gets the request as it is`);
  if (method !== undefined && method !== "POST")
    throw new Error(`${address}: integration_method must be POST: so functions are invoked, got: ${method}`);
  return {
    type: "AWS_PROXY",
    functionArn: readFunctionArn(address, "integration_uri", uri),
    credentials: readRoleArn(address, "credentials_arn", credentials),
    timeoutMilliseconds: readTimeout(part, longest),
  };
}

/** The function that a URI names: by its ARN, or by what API Gateway invokes. */
export function readFunctionArn(address: string, argument: string, uri: string): string {
  const isArn = /^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:([\w-]+|\$LATEST))?$/.test(
    withoutStageVariables(uri),
  );
  const functionArn = isArn ? uri : functionArnIn(uri);
  if (functionArn) return functionArn;
  throw new Error(
    `${address}: ${argument} must be the invoke_arn of a function, of a version or of an alias, in which stage variables may stand, got: ${uri}`,
  );
}

export function readRoleArn(address: string, argument: string, roleArn: string | undefined): string | undefined {
  if (!roleArn || isRoleArn(roleArn)) return roleArn;
  throw new Error(`${address}: ${argument} must be a role's ARN in the local run, got: ${roleArn}`);
}

/** @throws Error for a time beyond what the kind of API lets an integration have */
export function readTimeout({ address, timeout_milliseconds: given }: IntegrationPart, longest: number): number {
  if (given === undefined || given <= longest) return given ?? longest;
  throw new Error(`${address}: timeout_milliseconds must be at most ${longest}, got: ${given}`);
}
