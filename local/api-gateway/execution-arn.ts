import type { Place } from "../aws";

/** What stands before the stage in the ARNs of an API. */
export const executionArnOf = ({ partition, region, accountId }: Place, restApiId: string): string =>
  `arn:${partition}:execute-api:${region}:${accountId}:${restApiId}`;

/** What policies name a call by. */
export interface CalledMethod {
  readonly request: { readonly method: string };
  readonly stage: { readonly stageName: string };
}

/**
 * What policies name, `execute-api:Invoke`'s by the path that was called, a function's by the path of the resource.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
 */
export const methodArnOf = (executionArn: string, { request, stage }: CalledMethod, path: string): string =>
  `${executionArn}/${stage.stageName}/${request.method}${path}`;
