import { deflateSync, gzipSync } from "node:zlib";
import { type Answer, withHeaders } from "./answer";

const codings: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
};

/**
 * The answer, compressed where the client names a coding for it and the body has the size that the API compresses from. What the integration
 * has coded already stays as it is.
 * @param minimumBytes nothing, or less than 0, where the API compresses nothing
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html
 */
export function compressed(answer: Answer, acceptEncoding: string | undefined, minimumBytes = -1): Answer {
  const { headers, body } = answer;
  if (minimumBytes < 0 || body.length < minimumBytes) return answer;
  if (Object.keys(headers).some((name) => name.toLowerCase() === "content-encoding")) return answer;
  const coding = preferredCoding(acceptEncoding ?? "");
  const encode = Object.hasOwn(codings, coding) ? codings[coding] : undefined;
  if (!encode) return answer;
  return { ...answer, headers: withHeaders(headers, { "content-encoding": coding }), body: encode(body) };
}

/** The coding that a client wants most, which must be one that API Gateway has; of several wanted alike, the first. */
function preferredCoding(acceptEncoding: string): string {
  const [best] = acceptEncoding
    .split(",")
    .map((item) => {
      const [coding = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      return { coding, quality: Number(quality ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
  return best?.coding ?? "";
}
