import type { IncomingMessage } from "node:http";

/** Why a request is turned away, and with which status. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
  /** With 405: the method that there is. */
  readonly allow?: string;
}

/**
 * Keeps other web sites out that are open in the same browser. They must not read the page (its name must be one that no DNS record of theirs can
 * lead here, and there are no CORS headers), nor make it do something: what acts must come from the page itself and be JSON, which no form can send.
 *
 * @param port that the page is served at
 * @returns nothing for a request that may pass
 */
export function refusalOf({ headers, method, url = "/" }: IncomingMessage, port: number): Refusal | undefined {
  const { host, origin, "sec-fetch-site": site, "content-type": contentType = "" } = headers;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return { status: 421, why: `The page is at http://127.0.0.1:${port}/ and under no other name.` };
  if (!url.startsWith("/")) return { status: 400, why: "What is asked for must begin with /." };
  // A link from somewhere else may lead to the page, and to nothing in it.
  if (site !== undefined && site !== "same-origin" && site !== "none" && !(method === "GET" && url === "/"))
    return { status: 403, why: "Other sites have no access." };
  const allow = /^\/send(\?|$)/.test(url) ? "POST" : "GET";
  if (method !== allow) return { status: 405, why: `Here only ${allow} is answered.`, allow };
  if (method === "GET") return undefined;
  const isOwn = origin === undefined ? site === "same-origin" : origin === `http://${host}`;
  if (!isOwn) return { status: 403, why: "Only the page itself may do something." };
  return /^application\/json\s*(;|$)/i.test(contentType)
    ? undefined
    : { status: 415, why: "The content type must be application/json." };
}
