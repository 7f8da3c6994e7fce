import type { Resource } from "../terraform/config";

/** What AWS answers to the deletion of something protected, by type. */
const answers: Readonly<Record<string, (attributes: Resource["attributes"]) => string | undefined>> = {
  aws_dynamodb_table: ({ deletion_protection_enabled: enabled }) =>
    enabled === true || enabled === "true"
      ? "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
      : undefined,
  aws_cognito_user_pool: ({ deletion_protection: protection }) =>
    protection === "ACTIVE"
      ? "InvalidParameterException: The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."
      : undefined,
};

/**
 * Refuses to delete what is protected, be it for good or for a replacement. As in AWS, the protection that counts is that of before: it is taken
 * off in a reload of its own.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html#WorkingWithTables.Basics.DeletionProtection
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-deletion-protection.html
 * @throws Error that says what to do
 */
export function requireUnprotected({ type, address, attributes }: Resource): void {
  const answer = answers[type]?.(attributes);
  if (answer === undefined) return;
  throw new Error(`${address}: ${answer} Undo the change that deletes it, or take its protection off and reload first`);
}
