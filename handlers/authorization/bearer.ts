import { Refusal } from "./refusal";

/**
 * The token in an `Authorization` header: `Bearer <JWT>`.
 * @throws Refusal where there is none
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerToken(header: unknown): string {
  const [, token] = (typeof header === "string" && /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)) || [];
  if (!token) throw new Refusal("there is no bearer token");
  return token;
}
