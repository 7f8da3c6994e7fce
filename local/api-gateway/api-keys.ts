import { randomBytes } from "node:crypto";
import { AwsError } from "../aws";
import { ResourceArguments } from "../protocol/resource-arguments";

/** What a client shows to be counted. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** What the client sends. */
  readonly value: string;
  readonly isEnabled: boolean;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** 40 letters and digits, as API Gateway makes them. */
const newValue = (): string => Array.from(randomBytes(40), (byte) => ALPHABET[byte % ALPHABET.length]).join("");

/**
 * The API keys of the account.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
 */
export class ApiKeys {
  private readonly byId = new Map<string, ApiKey>();

  /**
   * Makes a key from the evaluated arguments of `aws_api_gateway_api_key`, with a value of its own where none is given.
   * @throws Error for a value that is not 20–128 characters long
   * @throws AwsError `ConflictException` (409) for a value that another key has
   */
  create(given: Readonly<Record<string, unknown>>, id: string): ApiKey {
    const key = new ResourceArguments("aws_api_gateway_api_key", given, [
      ...["name", "description", "enabled", "value", "customer_id", "tags", "tags_all"],
    ]);
    const value = key.text("value") || newValue();
    // The value is a secret: it is not told.
    if (value.length < 20 || value.length > 128)
      throw key.error(`value must have 20–128 characters, got: ${value.length}`);
    if (this.ofValue(value)) throw new AwsError("ConflictException", "API Key already exists", 409);
    const made = { id, name: key.requiredText("name"), value, isEnabled: !isFalse(given.enabled) };
    this.byId.set(id, made);
    return made;
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

const isFalse = (value: unknown): boolean => value === false || value === "false";
