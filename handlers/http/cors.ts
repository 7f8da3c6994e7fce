import type { Request } from "./request";

/**
 * Headers that let a browser's page of an allowed origin read the answer. There are none for cookies or other credentials: requests are signed.
 *
 * @param allowedOrigins separated by spaces; none = no CORS
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsHeaders(allowedOrigins: string): (request: Request) => Readonly<Record<string, string>> {
  const allowed = new Set(allowedOrigins.split(" ").filter((origin) => origin !== ""));
  return ({ headers }) => {
    const origin = headers.get("origin") ?? "";
    // Whoever caches an answer must know that it depends on the origin, also where this one gets nothing.
    const vary: Record<string, string> = allowed.size > 0 ? { vary: "Origin" } : {};
    return allowed.has(origin) ? { ...vary, "access-control-allow-origin": origin } : vary;
  };
}
