import { createHash } from "node:crypto";

/**
 * Ids that AWS would make up, made here of where a resource stands: the same in every run, so that URLs and keys that somebody has noted down
 * go on to work, and another for every resource.
 */
export class ResourceIds {
  /** @param seed `<stack>/<address>` */
  constructor(private readonly seed: string) {}

  /** Ten lower-case letters and digits, as API Gateway has them, for what a resource is or for a part of it. */
  ofApi(part = ""): string {
    return [...this.digest(part).subarray(0, 10)].map((byte) => LETTERS_AND_DIGITS[byte % 36]).join("");
  }

  /** Hexadecimal digits, at most 64. */
  hexadecimal(length: number): string {
    return this.digest("").toString("hex").slice(0, length);
  }

  uuid(): string {
    const digits = this.hexadecimal(32);
    return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`]
      .concat(digits.slice(20, 32))
      .join("-");
  }

  private digest(part: string): Buffer {
    return createHash("sha256").update(`${this.seed} ${part}`).digest();
  }
}

const LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
