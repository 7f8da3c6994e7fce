import { render } from "velocityjs";

/** What a mapping template is given. */
interface MappingInput {
  readonly body: string;
}

/** A Java string as templates see it: JavaScript's lacks `contains`, and its `length` is no method. */
function javaString(text: string): object {
  return { length: () => text.length, contains: (part: string) => text.includes(part), toString: () => text };
}

/**
 * Runs a mapping template as API Gateway does: real VTL, with the parts of `$input`, `$util` and `$context` that the templates use.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export function mapped(template: string, { body }: MappingInput): { readonly text: string; readonly status?: number } {
  const responseOverride: { status?: number } = {};
  const context = {
    input: {
      body: javaString(body),
      path: (expression: string) =>
        expression
          .split(".")
          .slice(1)
          .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], JSON.parse(body)),
    },
    util: {
      urlEncode: (text: object) => encodeURIComponent(String(text)),
      base64Encode: (text: object) => javaString(Buffer.from(String(text)).toString("base64")),
    },
    context: { responseOverride },
  };
  return {
    text: render(template, context as unknown as Parameters<typeof render>[1]),
    status: responseOverride.status,
  };
}
