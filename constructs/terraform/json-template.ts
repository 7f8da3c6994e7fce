/**
 * The JSON of a value as one Terraform template. A text that holds references is encoded by Terraform, once it knows what they stand for: a
 * quote or a backslash in that would break the JSON.
 * @param value resolved: without cdktf's tokens. Its texts are templates, with literal `${` escaped
 */
export function jsonTemplate(value: unknown): string {
  if (typeof value === "string") return isLiteral(value) ? JSON.stringify(value) : `\${jsonencode("${quoted(value)}")}`;
  if (Array.isArray(value)) return `[${value.map((one) => jsonTemplate(one ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${jsonTemplate(inner)}`).join(",")}}`;
}

const isLiteral = (template: string): boolean => !/\$\{|%\{/.test(template.replace(/\$\$\{|%%\{/g, ""));

/** A template as it stands between quotes: its text is escaped, and its interpolations, which are no text, are left alone. */
function quoted(template: string): string {
  let depth = 0;
  return template.replace(/\$\$\{|%%\{|\$\{|%\{|[{}]|["\\\n\r\t]/g, (found) => {
    if (found === "$${" || found === "%%{") return found;
    if (found === "${" || found === "%{" || (found === "{" && depth > 0)) depth += 1;
    else if (found === "}" && depth > 0) depth -= 1;
    else if (depth === 0 && escapes[found]) return escapes[found];
    return found;
  });
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
