/**
 * Keeps Terraform from reading `${` and `%{` as the start of a template: mapping templates, log formats and IAM policy variables use
 * the same signs.
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export function escapeTemplate(text: string): string {
  return text.replace(/[$%](?=\{)/g, "$&$&");
}
