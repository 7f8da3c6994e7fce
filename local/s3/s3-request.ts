import type { HttpRequest } from "../api-gateway/api-gateway";
import { S3Error } from "./s3-errors";

type Headers = Readonly<Record<string, string | undefined>>;

/** A request as S3 reads it. */
export interface S3Request {
  readonly method: string;
  readonly bucketName?: string;
  /** Decoded; dots and slashes are characters like any other. */
  readonly key?: string;
  /** Parameters of the query, without those that stand for headers. */
  readonly query: ReadonlyMap<string, string>;
  /** By name in lower case; `x-amz-…` parameters of the query count as headers, as presigners put them there. */
  readonly headers: Headers;
  readonly body: Buffer;
  /** Path as it came, without the query: the `Resource` of errors. */
  readonly resource: string;
  /** How it is signed, in the words of `s3:authType`; nothing where it is not. */
  readonly authType?: "REST-HEADER" | "REST-QUERY-STRING";
}

/** What signing adds to the query of a presigned URL; it is for whoever verifies the signature. */
const signing = ["algorithm", "credential", "expires", "signedheaders", "signature"].map((name) => `x-amz-${name}`);

/** `http://bucket.localhost:4566/key`, and S3's own names. */
const virtualHost = /^(.+)\.(?:localhost|s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?)(?::\d+)?$/;

const invalidUri = (uri: string): S3Error =>
  new S3Error("InvalidURI", "Couldn't parse the specified URI.", 400, { URI: uri });

/** @throws S3Error `InvalidURI` (400) for what is not percent-encoded UTF-8 */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUri(text);
  }
}

/**
 * @throws S3Error `InvalidURI` (400)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function readRequest({ method, path, headers, body }: HttpRequest): S3Request {
  const [, resource = "/", queryString = ""] = /^([^?]*)\??(.*)$/s.exec(path) ?? [];
  const pairs = queryString
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.replace(/\+/g, " ").split("=");
      return [decoded(name), decoded(value.join("="))] as const;
    });
  const isHeader = ([name]: readonly [string, string]): boolean => /^x-amz-/i.test(name);
  const inQuery = pairs.filter(isHeader).map(([name, value]) => [name.toLowerCase(), value] as const);
  const isPresigned = inQuery.some(([name]) => name === "x-amz-algorithm" || name === "x-amz-signature");
  const authType = isPresigned ? "REST-QUERY-STRING" : headers.authorization === undefined ? undefined : "REST-HEADER";
  return {
    method,
    ...addressed(resource, headers.host ?? ""),
    query: new Map(pairs.filter((pair) => !isHeader(pair))),
    headers: { ...Object.fromEntries(inQuery.filter(([name]) => !signing.includes(name))), ...headers },
    body,
    resource,
    authType,
  };
}

function addressed(resource: string, host: string): Pick<S3Request, "bucketName" | "key"> {
  const [, hostBucket] = virtualHost.exec(host) ?? [];
  const [, pathBucket = "", rest = ""] = /^\/([^/]*)(?:\/(.*))?$/s.exec(resource) ?? [];
  const bucketName = hostBucket ?? decoded(pathBucket);
  const key = decoded(hostBucket === undefined ? rest : resource.slice(1));
  return { bucketName: bucketName || undefined, key: key || undefined };
}
