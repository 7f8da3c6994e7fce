import { configurationError } from "./gateway-response";

/**
 * The media types that an API takes for binary; `*` stands for any part.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
 */
export class BinaryMediaTypes {
  private readonly patterns: readonly RegExp[];

  constructor(mediaTypes: readonly string[]) {
    this.patterns = mediaTypes.map((mediaType) => {
      const literals = mediaType.toLowerCase().split("*");
      return new RegExp(`^${literals.map((text) => text.replace(/[.+^$()|[\]{}?\\]/g, "\\$&")).join("[^/]*")}$`);
    });
  }

  includes(mediaType: string): boolean {
    return this.patterns.some((pattern) => pattern.test(mediaType));
  }

  /** Whether a client wants bytes: only what its `Accept` names first counts, and without one it takes anything. */
  isWantedBy({ accept }: Readonly<Record<string, string | undefined>>): boolean {
    const [first = ""] = (accept ?? "").split(",");
    return this.includes(first.split(";")[0]?.trim().toLowerCase() || "*/*");
  }
}

/**
 * The bytes that a text in base64 stands for.
 * @throws GatewayError for other text, as API Gateway does
 */
export function bytesOf(base64: string): Buffer {
  const text = base64.replace(/[\r\n]/g, "");
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1;
  if (!isBase64) throw configurationError("Unable to base64 decode the body.");
  return Buffer.from(text, "base64");
}
