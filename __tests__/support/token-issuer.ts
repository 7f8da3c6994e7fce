import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import * as http from "node:http";
import { close, listen } from "./loopback";

type Json = Readonly<Record<string, unknown>>;

/** A pair of keys, as an issuer names and uses it. */
export interface Key {
  readonly kid: string;
  readonly alg: "RS256" | "ES256";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function makeKey(kid: string, alg: Key["alg"]): Key {
  const pair =
    alg === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { kid, alg, ...pair };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token whose header says what it is told to, signed by the key whatever the header says. */
export function signed(claims: Json, { kid, alg, privateKey }: Key, header: Json = {}): string {
  const content = `${encoded({ alg, kid, typ: "JWT", ...header })}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(content), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${content}.${signature.toString("base64url")}`;
}

/** A token without a signature. */
export const unsigned = (claims: Json): string => `${encoded({ alg: "none", typ: "JWT" })}.${encoded(claims)}.`;

/** A token signed with a public key as if it were a secret. */
export function signedWithPublicKey(claims: Json, { kid, publicKey }: Key): string {
  const content = `${encoded({ alg: "HS256", kid, typ: "JWT" })}.${encoded(claims)}`;
  const secret = publicKey.export({ type: "spki", format: "pem" });
  return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
}

/** An issuer of tokens, as far as others see it: it publishes its keys. */
export class TokenIssuer {
  /** How the next questions are answered: with the keys, with a fault, with something else, or never. */
  behaviour: "keys" | "fault" | "redirect" | "nonsense" | "silence" = "keys";
  /** How often the keys were asked for. */
  asked = 0;
  /** `iss` of its tokens. */
  url = "";
  private readonly server = http.createServer((request, response) => {
    this.asked += 1;
    const keys = this.keys.map(({ kid, alg, publicKey }) => ({
      ...publicKey.export({ format: "jwk" }),
      ...{ kid, alg, use: "sig" },
    }));
    if (this.behaviour === "silence") return;
    if (this.behaviour === "fault") response.writeHead(503);
    if (this.behaviour === "redirect") response.writeHead(302, { location: `${this.url}/keys` });
    if (request.url !== "/pool/.well-known/jwks.json") response.writeHead(404);
    response.end(this.behaviour === "nonsense" ? '{"keys":"none"}' : JSON.stringify({ keys }));
  });

  private constructor(readonly keys: Key[]) {}

  static async start(...keys: readonly Key[]): Promise<TokenIssuer> {
    const issuer = new TokenIssuer([...keys]);
    issuer.url = `${await listen(issuer.server)}/pool`;
    return issuer;
  }

  /** Claims of an access token as Cognito gives it, good for an hour. */
  claims(changes: Json = {}): Json {
    const now = Math.floor(Date.now() / 1_000);
    return {
      ...{ iss: this.url, sub: "user-1", token_use: "access", client_id: "app", username: "ada" },
      ...{ scope: "orders/read orders/write", iat: now, exp: now + 3_600 },
      ...changes,
    };
  }

  stop(): Promise<void> {
    return close(this.server);
  }
}
