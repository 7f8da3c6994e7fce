import * as z from "zod/mini";
import { readArguments, text } from "../resource-arguments";

type Arguments = Readonly<Record<string, unknown>>;

/** Who a permission lets in: a service, or an account or a role by its ARN. */
const principalOf = (principal: string): unknown =>
  /^[\w.-]+\.amazonaws\.com(\.cn)?$/.test(principal) ? { Service: principal } : { AWS: principal };

/** What the local run takes of `aws_lambda_permission`. */
const PermissionArguments = z.strictObject({
  statement_id: z.optional(z.string()),
  function_name: text,
  qualifier: z.optional(z.string()),
  action: text,
  principal: text,
  source_arn: z.optional(z.string()),
  source_account: z.optional(z.string()),
});

/**
 * A statement of the own policy of a function, or of a version or alias of one, from the evaluated arguments of `aws_lambda_permission`.
 * @throws Error for what is not modelled
 * @see https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function readPermission(
  given: Arguments,
  functionArn: string,
): { readonly sid: string; readonly statement: object } {
  const permission = readArguments("aws_lambda_permission", PermissionArguments, given);
  const { source_arn: sourceArn, source_account: sourceAccount } = permission;
  const sid = permission.statement_id || "terraform";
  return {
    sid,
    statement: {
      Sid: sid,
      Effect: "Allow",
      Principal: principalOf(permission.principal),
      Action: permission.action,
      Resource: functionArn,
      Condition: {
        ...(sourceArn && { ArnLike: { "AWS:SourceArn": sourceArn } }),
        ...(sourceAccount && { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
      },
    },
  };
}
