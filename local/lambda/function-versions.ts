import * as z from "zod/mini";
import { AwsError } from "../aws";
import { accepting } from "../resource-arguments";

/** What the local run takes of `aws_lambda_alias`. */
export const AliasArguments = z.strictObject({
  name: z
    .string()
    .check(z.regex(/^(?!\d+$)[\w-]{1,128}$/, "must be 1–128 letters, digits, - and _, and not digits alone")),
  function_name: z.string(),
  function_version: z.string().check(z.regex(/^(\$LATEST|[1-9]\d*)$/, "must be $LATEST or a version's number")),
  ...accepting("description"),
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
  /**
   * @param isPublished whether the function has versions beside `$LATEST`
   * @param aliases versions by the aliases that stand for them
   */
  constructor(
    private readonly functionArn: string,
    private readonly isPublished: boolean,
    private readonly aliases = new Map<string, string>(),
  ) {}

  /** Those of the same function after a change of it: aliases stay. */
  republished(isPublished: boolean): FunctionVersions {
    return new FunctionVersions(this.functionArn, isPublished, this.aliases);
  }

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

  /** @throws AwsError `ResourceNotFoundException` (404) */
  moveAlias(name: string, version: string): void {
    this.aliases.set(name, this.versionOf(version));
  }

  removeAlias(name: string): void {
    this.aliases.delete(name);
  }

  /**
   * The version that a qualifier stands for.
   * @throws AwsError `ResourceNotFoundException` (404)
   */
  versionOf(qualifier?: string): string {
    const version = this.find(qualifier);
    if (version !== undefined) return version;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${this.functionArn}:${qualifier}`, 404);
  }
  /** Whether a qualifier stands for a version. */
  has(qualifier?: string): boolean {
    return this.find(qualifier) !== undefined;
  }

  private find(qualifier = "$LATEST"): string | undefined {
    if (qualifier === "$LATEST") return qualifier;
    return this.isPublished && /^[1-9]\d*$/.test(qualifier) ? qualifier : this.aliases.get(qualifier);
  }
}
