import type { StackChange } from "../cloud";

/** Resources that are named of a stack; the rest are counted. */
const NAMED = 6;
/** Arguments by which a function's code shows that it is another. */
const CODE = new Set(["filename", "source_code_hash"]);

/** What an apply did, in one line: `aws_lambda_function.WriteOrder (code) in orders-dev`. */
export function describeChanges(changes: readonly StackChange[]): string {
  if (changes.length === 0) return "nothing that runs has changed";
  const stacks = [...new Set(changes.map(({ stack }) => stack))];
  return stacks
    .map((stack) => {
      const own = changes.filter((change) => change.stack === stack).map(describe);
      const more = own.length > NAMED ? ` and ${own.length - NAMED} more` : "";
      return `${own.slice(0, NAMED).join(", ")}${more} in ${stack}`;
    })
    .join("; ");
}

function describe({ address, action, changed }: StackChange): string {
  const names = [...new Set(changed.map((name) => (CODE.has(name) ? "code" : name)))];
  if (action === "created" || action === "deleted") return `${address} (${action})`;
  return `${address} (${action === "replaced" ? "replaced: " : ""}${names.join(", ") || action})`;
}
