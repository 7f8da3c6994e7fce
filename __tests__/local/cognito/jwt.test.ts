import { createHmac, generateKeyPairSync } from "node:crypto";
import { signJwt, verifyJwt } from "../../../local/cognito/jwt";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const now = Date.UTC(2026, 7, 9);
const expected = { issuer: "http://issuer", kid: "k", publicKey, now };
const claims = { iss: "http://issuer", exp: now / 1_000 + 1, sub: "ann" };
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

test("gives the claims of a token that it made", () => {
  expect(verifyJwt(signJwt(claims, { kid: "k", privateKey }), expected)).toEqual(claims);
});

test("a token is over in the second that it says", () => {
  const token = signJwt(claims, { kid: "k", privateKey });
  expect(verifyJwt(token, { ...expected, now: now + 999 })).toEqual(claims);
  expect(() => verifyJwt(token, { ...expected, now: now + 1_000 })).toThrow("it is over");
  expect(() => verifyJwt(signJwt({ iss: "http://issuer" }, { kid: "k", privateKey }), expected)).toThrow("it is over");
});

const right = signJwt(claims, { kid: "k", privateKey });
const [head, body, signature] = right.split(".");
const unsigned = `${part({ alg: "none", kid: "k" })}.${body}`;
const hmac = `${part({ alg: "HS256", kid: "k" })}.${body}`;
const byPublicKey = createHmac("sha256", publicKey.export({ type: "spki", format: "pem" })).update(hmac);

test.each<[string, string, string]>([
  ["nothing", "", "it is no JSON Web Token"],
  ["two parts", `${head}.${body}`, "it is no JSON Web Token"],
  ["four parts", `${right}.x`, "it is no JSON Web Token"],
  ["a header that is no JSON", `x.${body}.${signature}`, "it is no JSON Web Token"],
  ["no signature", `${unsigned}.`, "it is no JSON Web Token"],
  ["no algorithm", `${unsigned}.${signature}`, "it was not signed with the pool's key"],
  ["a hash of the public key", `${hmac}.${byPublicKey.digest("base64url")}`, "it was not signed with the pool's key"],
  ["a key of another name", signJwt(claims, { kid: "x", privateKey }), "it was not signed with the pool's key"],
  ["another key", signJwt(claims, { kid: "k", privateKey: other.privateKey }), "its signature is wrong"],
  ["other claims", `${head}.${part({ ...claims, sub: "bob" })}.${signature}`, "its signature is wrong"],
  [
    "another issuer",
    signJwt({ ...claims, iss: "http://x" }, { kid: "k", privateKey }),
    "its issuer must be http://issuer, got: http://x",
  ],
])("refuses %s", (_, token, message) => {
  expect(() => verifyJwt(token, expected)).toThrow(message);
});
