import * as z from "zod/mini";
import { AwsError } from "../aws";
import { accepting, argumentError, block, choice, flag, list, readArguments, text } from "../resource-arguments";
import type { KeyElement } from "./table-contents";

const TYPE = "aws_dynamodb_table";

/** What the local run takes of `aws_dynamodb_table`. */
const TableArguments = z.strictObject({
  name: z.string().check(z.regex(/^[\w.-]{3,255}$/, "must be 3–255 letters, digits, -, _ and .")),
  hash_key: text,
  range_key: z.optional(text),
  attribute: list(z.strictObject({ name: text, type: z.enum(["S", "N", "B"]) })),
  ttl: block(z.strictObject({ attribute_name: z._default(z.string(), ""), enabled: flag })),
  stream_enabled: flag,
  stream_view_type: choice("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
  ...accepting(
    "billing_mode",
    "server_side_encryption",
    "point_in_time_recovery",
    "deletion_protection_enabled",
    "tags",
  ),
});

/** A table as its arguments describe it. */
export interface TableDescription {
  readonly tableName: string;
  /** The partition key and, where there is one, the sort key. */
  readonly keySchema: readonly KeyElement[];
  /** Name of the attribute that says, in seconds since 1970, when an item expires. */
  readonly timeToLiveAttribute?: string;
  /** What the stream's records hold; none where there is no stream. */
  readonly streamViewType?: string;
}

/** An error about a table, which it names. */
export const tableError = (tableName: string, sentence: string): Error =>
  argumentError(TYPE, { name: tableName }, sentence);

/**
 * Reads a table from the evaluated arguments of `aws_dynamodb_table`.
 * @throws Error for what is not modelled or incomplete
 * @throws AwsError `ValidationException` for a key that is no attribute
 */
export function readTable(given: Readonly<Record<string, unknown>>): TableDescription {
  const table = readArguments(TYPE, TableArguments, given);
  const { name: tableName, ttl, stream_enabled: isStreaming, stream_view_type: streamViewType } = table;
  const keyNames = [table.hash_key, ...(table.range_key === undefined ? [] : [table.range_key])];
  const keySchema = keyNames.flatMap((name) => table.attribute.find((attribute) => attribute.name === name) ?? []);
  if (keySchema.length < keyNames.length) {
    const message = `One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [${keyNames.join(", ")}]`;
    throw new AwsError("ValidationException", message);
  }
  if (ttl?.enabled && !ttl.attribute_name) {
    throw tableError(tableName, "ttl.attribute_name must be given where ttl.enabled is true");
  }
  if (isStreaming && streamViewType === undefined) {
    throw tableError(tableName, "stream_view_type must be given where stream_enabled is true");
  }
  return {
    tableName,
    keySchema,
    timeToLiveAttribute: ttl?.enabled ? ttl.attribute_name : undefined,
    streamViewType: isStreaming ? streamViewType : undefined,
  };
}
