import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { AwsError } from "../aws";
import { accepting, argumentError, flag, readArguments, text } from "../resource-arguments";

/** What a client shows to be counted. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** What the client sends. */
  readonly value: string;
  readonly isEnabled: boolean;
}

const TYPE = "aws_api_gateway_api_key";

const KeyArguments = z.strictObject({
  name: text,
  enabled: z._default(flag, true),
  value: z.optional(z.string()),
  ...accepting("description", "customer_id", "tags", "tags_all"),
});

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** 40 letters and digits, as API Gateway makes them; of the key's id, so that a client's key is good in the next run, too. */
const valueFor = (id: string): string =>
  [...createHash("sha512").update(id).digest().subarray(0, 40)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");

/**
 * The API keys of the account.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
 */
export class ApiKeys {
  private readonly byId = new Map<string, ApiKey>();

  /**
   * Makes a key, or changes the one of the id, from the evaluated arguments of `aws_api_gateway_api_key`, with a value of its own where none is given.
   * @throws Error for a value that is not 20–128 characters long
   * @throws AwsError `ConflictException` (409) for a value that another key has
   */
  put(given: Readonly<Record<string, unknown>>, id: string): ApiKey {
    const made = this.read(given, id);
    this.byId.set(id, made);
    return made;
  }

  delete(id: string): void {
    this.byId.delete(id);
  }

  private read(given: Readonly<Record<string, unknown>>, id: string): ApiKey {
    const key = readArguments(TYPE, KeyArguments, given);
    const value = key.value || valueFor(id);
    // The value is a secret: it is not told.
    if (value.length < 20 || value.length > 128)
      throw argumentError(TYPE, given, `value must have 20–128 characters, got: ${value.length}`);
    const other = this.ofValue(value);
    if (other && other.id !== id) throw new AwsError("ConflictException", "API Key already exists", 409);
    return { id, name: key.name, value, isEnabled: key.enabled };
  }

  /** @throws AwsError `NotFoundException` (404) */
  get(id: string): ApiKey {
    const key = this.byId.get(id);
    if (!key) throw new AwsError("NotFoundException", `Invalid API Key identifier specified: ${id}`, 404);
    return key;
  }

  ofValue(value: string): ApiKey | undefined {
    return [...this.byId.values()].find((key) => key.value === value);
  }
}
