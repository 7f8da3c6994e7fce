import { AwsError } from "../aws";

/** Whether a pattern fits a line. */
export type Fits = (text: string) => boolean;

/**
 * Reads a pattern of terms: all that stand by themselves must be in a line, or those in quotes, none behind a minus, and one at least of those
 * behind a question mark. Case counts. Patterns of JSON and of columns are not modelled.
 *
 * @throws AwsError `InvalidParameterException` (400) for a pattern that is not one of terms
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function filterPattern(pattern: string): Fits {
  if (/^\s*[{[%]/.test(pattern)) {
    const sentence = `filterPattern must be terms, such as ERROR or "timed out": the local run has no other patterns, got: ${pattern}`;
    throw new AwsError("InvalidParameterException", sentence);
  }
  const terms = [...pattern.matchAll(/([-?]?)(?:"((?:\\"|[^"])*)"|([^\s"]+))/g)].map(([, sign, quoted, bare]) => ({
    sign,
    text: (quoted ?? bare ?? "").replaceAll('\\"', '"'),
  }));
  const of = (sign: string): readonly string[] => terms.filter((term) => term.sign === sign).map(({ text }) => text);
  const [all, none, any] = [of(""), of("-"), of("?")];
  return (line) =>
    all.every((text) => line.includes(text)) &&
    !none.some((text) => line.includes(text)) &&
    // Beside terms that must be there, AWS passes over those that may.
    (any.length === 0 || all.length > 0 || any.some((text) => line.includes(text)));
}
