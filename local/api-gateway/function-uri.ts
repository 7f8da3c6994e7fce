import { withoutStageVariables } from "./stage-variables";

/** ARN of the function that a URI of API Gateway invokes, or of a version or alias of it, in which stage variables may stand; nothing for another URI. */
export function functionArnIn(uri: string): string | undefined {
  const [, functionArn] =
    /^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri) ?? [];
  const arn = /^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:([\w-]+|\$LATEST))?$/;
  return functionArn && arn.test(withoutStageVariables(functionArn)) ? functionArn : undefined;
}

/** Whether it is the ARN of a role, in which stage variables may stand. */
export const isRoleArn = (text: string): boolean =>
  /^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(withoutStageVariables(text));
