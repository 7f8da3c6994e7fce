import * as z from "zod/mini";
import { AwsError } from "../aws";

const unused = z.optional(z.unknown());

/** What the local run takes of `aws_lambda_alias`. */
export const AliasArguments = z.strictObject({
  name: z
    .string()
    .check(z.regex(/^(?!\d+$)[\w-]{1,128}$/, "must be 1–128 letters, digits, - and _, and not digits alone")),
  function_name: z.string(),
  function_version: z.string().check(z.regex(/^(\$LATEST|[1-9]\d*)$/, "must be $LATEST or a version's number")),
  description: unused,
});

/** The function that an ARN names, and the version or alias of it; none where the ARN ends in the function's name. */
export function splitArn(functionArn: string): { readonly arn: string; readonly qualifier?: string } {
  const [, arn, qualifier] = /^(.*:function:[^:]+)(?::(.+))?$/.exec(functionArn) ?? [];
  return { arn: arn ?? functionArn, ...(qualifier !== undefined && qualifier !== "$LATEST" && { qualifier }) };
}

/**
 * The versions and aliases of a function. All that was ever published is here the code that is here: the numbers of versions mean nothing but
 * themselves.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
 */
export class FunctionVersions {
  private readonly aliases = new Map<string, string>();

  /** @param isPublished whether the function has versions beside `$LATEST` */
  constructor(
    private readonly functionArn: string,
    private readonly isPublished: boolean,
  ) {}

  /** The version that was published last. */
  get newest(): string {
    return this.isPublished ? "1" : "$LATEST";
  }

  /** @throws AwsError `ResourceConflictException` (409), `ResourceNotFoundException` (404) */
  addAlias(name: string, version: string): void {
    if (this.aliases.has(name))
      throw new AwsError("ResourceConflictException", `Alias already exists: ${this.functionArn}:${name}`, 409);
    this.aliases.set(name, this.versionOf(version));
  }

  /**
   * The version that a qualifier stands for.
   * @throws AwsError `ResourceNotFoundException` (404)
   */
  versionOf(qualifier = "$LATEST"): string {
    if (qualifier === "$LATEST") return qualifier;
    const version = this.isPublished && /^[1-9]\d*$/.test(qualifier) ? qualifier : this.aliases.get(qualifier);
    if (version !== undefined) return version;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${this.functionArn}:${qualifier}`, 404);
  }
}
