import { ResourceArguments } from "../protocol/resource-arguments";

type Arguments = Readonly<Record<string, unknown>>;

/** Who a permission lets in: a service, or an account or a role by its ARN. */
const principalOf = (principal: string): unknown =>
  /^[\w.-]+\.amazonaws\.com(\.cn)?$/.test(principal) ? { Service: principal } : { AWS: principal };

/**
 * A statement of the own policy of a function, or of a version or alias of one, from the evaluated arguments of `aws_lambda_permission`.
 * @throws Error for what is not modelled
 * @see https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function readPermission(
  given: Arguments,
  functionArn: string,
): { readonly sid: string; readonly statement: object } {
  const permission = new ResourceArguments("aws_lambda_permission", { ...given, name: given.statement_id }, [
    ...["name", "statement_id", "function_name", "qualifier", "action", "principal", "source_arn", "source_account"],
  ]);
  const sid = permission.text("statement_id") || "terraform";
  const sourceArn = permission.text("source_arn");
  const sourceAccount = permission.text("source_account");
  return {
    sid,
    statement: {
      Sid: sid,
      Effect: "Allow",
      Principal: principalOf(permission.requiredText("principal")),
      Action: permission.requiredText("action"),
      Resource: functionArn,
      Condition: {
        ...(sourceArn && { ArnLike: { "AWS:SourceArn": sourceArn } }),
        ...(sourceAccount && { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
      },
    },
  };
}
