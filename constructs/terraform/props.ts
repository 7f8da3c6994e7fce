import { Token } from "cdktf";
import type { Construct } from "constructs";

/** A prop that breaks its rule. The message is for the person who wrote the prop. */
export class PropError extends Error {
  override readonly name = "PropError";

  /**
   * @param remedy what to do, when the rule alone does not say it
   */
  constructor(construct: Construct, prop: string, rule: string, got: unknown, remedy?: string) {
    const value = typeof got === "string" ? `"${got}"` : typeof got === "number" ? String(got) : JSON.stringify(got);
    super(`${prop} must be ${rule}, got: ${value}${remedy ? `. ${remedy}` : ""} (in ${construct.node.path})`);
  }
}

/**
 * Checks an integer prop against its range, both ends included. An absent value and a token, known only to Terraform, pass.
 * @throws PropError
 */
export function requireInteger(
  construct: Construct,
  prop: string,
  value: number | undefined,
  min: number,
  max: number,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new PropError(construct, prop, `an integer from ${min} to ${max}`, value);
  }
}

/**
 * Checks a text prop against a pattern. An absent value and a token, known only to Terraform, pass.
 * @throws PropError
 */
export function requireMatch(
  construct: Construct,
  prop: string,
  value: string | undefined,
  pattern: RegExp,
  rule: string,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!pattern.test(value)) throw new PropError(construct, prop, rule, value);
}
