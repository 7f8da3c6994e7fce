import type { Cloud } from "../cloud";
import { sign } from "../iam/sigv4";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The bytes as text. */
  readonly body: string;
}

/** A request to an API. */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  /** JSON. */
  readonly body?: string;
  /** @default - none but those of the body and the signature */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to an API, signed with the operator's credentials. Where the answer leads elsewhere, it is not followed. */
export async function signedRequest(cloud: Cloud, { method, url, body, headers }: ApiRequest): Promise<Answer> {
  const { host, pathname, search } = new URL(url);
  const given = { ...headers, host, ...contentType(body) };
  const signed = sign(
    { method, path: `${pathname}${search}`, headers: given, body: Buffer.from(body ?? "") },
    cloud.iam.operator().credentials,
    { region: cloud.place.region, service: "execute-api", now: Date.now() },
  );
  return send({ method, url, body, headers: { ...given, ...signed } });
}

/** Sends a request to an API as it is. */
export const unsignedRequest = (_: Cloud, { headers, ...request }: ApiRequest): Promise<Answer> =>
  send({ ...request, headers: { ...headers, ...contentType(request.body) } });

const contentType = (body: string | undefined): Readonly<Record<string, string>> =>
  body === undefined ? {} : { "content-type": "application/json" };

async function send({ url, ...request }: ApiRequest): Promise<Answer> {
  const response = await fetch(url, { ...request, redirect: "manual" });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, body: bytes.toString() };
}

/** The answer, where it has the status that it should have. */
export function expectStatus(answer: Answer, status: number, what: string): Answer {
  if (answer.status === status) return answer;
  throw new Error(`${what} should give ${status}, got: ${answer.status} ${answer.body}`);
}
