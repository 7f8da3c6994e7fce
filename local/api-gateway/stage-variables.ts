import { configurationError } from "./gateway-response";
import type { StageVariables } from "./stage";

const reference = /\$\{stageVariables\.(\w+)\}/g;

/**
 * Puts a stage's variables in place of `${stageVariables.<name>}`, in integrations' URIs and credentials.
 * @throws GatewayError for a variable that the stage does not have: its requests fail, those of other stages need not
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
 */
export const withStageVariables = (text: string, { stageName, variables }: StageVariables): string =>
  text.replace(reference, (_, name: string) => {
    const value = variables[name];
    if (value !== undefined) return value;
    throw configurationError(`the stage ${stageName} has no variable ${name}, which the integration names: ${text}`);
  });

/** Text with a plain word in place of each variable: what its form is checked by before there is a request. */
export const withoutStageVariables = (text: string): string => text.replace(reference, "variable");
