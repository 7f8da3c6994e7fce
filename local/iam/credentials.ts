import { randomBytes, randomInt } from "node:crypto";
import type { Credentials } from "../aws";

const textFrom = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/** AWS's ids are four letters that say of what, and letters and digits of base 32. */
export const idOf = (prefix: string, length: number): string =>
  prefix + textFrom("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length - prefix.length);

/** Temporary credentials that nobody else has. */
export const newCredentials = (): Credentials => ({
  accessKeyId: idOf("ASIA", 20),
  secretAccessKey: randomBytes(30).toString("base64"),
  sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(256).toString("base64")}`,
});
