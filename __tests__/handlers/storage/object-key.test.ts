import * as fc from "fast-check";
import { Problem } from "../../../handlers/http/problem";
import { readRequest } from "../../../handlers/http/request";
import { brokenKeyRule, keyOf, sendAbout } from "../../../handlers/storage/object-key";
import { proxyEvent } from "../../support/proxy-event";

const keyAt = (target: string, basePath?: string): string =>
  keyOf(readRequest(proxyEvent({ target, basePath }), undefined));

/** What `run` is refused for, as field and rule. */
function refusalOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.members.errors;
  }
}

describe("reads the key from the path", () => {
  test.each([
    ["once decoded", "/objects/a%20b%C3%A9.txt", "a bé.txt"],
    ["a plus as a plus", "/objects/a+b%2Bc", "a+b+c"],
    ["an encoded percent sign and what follows as they are", "/objects/%252F%2525", "%2F%25"],
    ["with plain slashes", "/objects/a/b/c", "a/b/c"],
    ["with encoded slashes", "/objects/a%2Fb%2f", "a/b/"],
    ["with a slash at its end, which the path parameter has lost", "/objects/folder/", "folder/"],
    ["with slashes at its start", "/objects///a", "//a"],
    ["with double slashes inside", "/objects/a//b", "a//b"],
    ["with dot segments", "/objects/a/../b/./c", "a/../b/./c"],
    ["with encoded dot segments", "/objects/a%2F..%2F%2E", "a/../."],
    ["with characters that nobody encoded", "/objects/é😀", "é😀"],
    ["that looks like the path itself", "/objects/objects/objects/a", "objects/objects/a"],
    ["of nothing but an encoded slash", "/objects/%2F", "/"],
  ])("%s", (_, target, key) => {
    expect(keyAt(target)).toBe(key);
  });

  test("behind a custom domain's base path, even one that is named alike", () => {
    expect(keyAt("/objects/a/", "/v1/files")).toBe("a/");
    expect(keyAt("/objects/a/objects/b", "/objects")).toBe("a/objects/b");
  });

  test("from the parameter where a test of the function gives no path", () => {
    expect(keyOf(readRequest({ pathParameters: { key: "a%20b" } }, undefined))).toBe("a b");
  });

  test("whatever the key, as a client encodes it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((key) => !brokenKeyRule(key)),
        (key) => {
          expect(keyAt(`/objects/${encodeURIComponent(key)}`)).toBe(key);
        },
      ),
    );
  });
});

describe("refuses as a key", () => {
  test.each([
    ["what is not percent-encoded", "/objects/100%", "must be UTF-8, percent-encoded"],
    ["bytes that are not UTF-8", "/objects/%FF", "must be UTF-8, percent-encoded"],
    ["half a surrogate pair in UTF-8", "/objects/%ED%A0%80", "must be UTF-8, percent-encoded"],
    ["half a surrogate pair", "/objects/\ud800", "must be well-formed Unicode, without half a surrogate pair"],
    ["a control character", "/objects/a%0Ab", "must not have control characters"],
    ["DEL", "/objects/%7F", "must not have control characters"],
    ["a control character of C1", "/objects/%C2%9F", "must not have control characters"],
    ["nothing", "/objects/", "must be 1–1024 bytes of UTF-8, got: 0"],
    ["1,025 bytes", `/objects/${"é".repeat(512)}a`, "must be 1–1024 bytes of UTF-8, got: 1025"],
  ])("%s", (_, target, rule) => {
    expect(refusalOf(() => keyAt(target))).toEqual([{ field: "key", rule }]);
  });
});

test("takes a key of 1,024 bytes, and characters beside the control ones", () => {
  expect(brokenKeyRule("é".repeat(512))).toBeUndefined();
  expect(brokenKeyRule("\u0020~\u00a0\u{10ffff}\ufffe")).toBeUndefined();
});

test("takes as many bytes as there is room for", () => {
  expect(brokenKeyRule("abcd", 4)).toBeUndefined();
  expect(brokenKeyRule("abcde", 4)).toBe("must be 1–4 bytes of UTF-8, got: 5");
});

describe("says why S3 refuses a key with a bare 400", () => {
  const refused = { name: "UnknownError", $metadata: { httpStatusCode: 400 } };
  const about = (key: string, error: unknown): Promise<unknown> =>
    sendAbout(key, () => Promise.reject(error)).catch((thrown) => thrown?.members?.errors ?? thrown);
  const rule = "must not have more .. segments than names before them";

  test.each(["..", "../a", "a/../..", "a/./../../b", "/../a"])("%s climbs out", async (key) => {
    expect(await about(key, refused)).toEqual([{ field: "key", rule }]);
  });

  test.each(["a/..", "a/b/../../c", "..a/b", "a..", "..."])("%s does not, so the 400 is another's", async (key) => {
    expect(await about(key, refused)).toBe(refused);
  });

  test("and leaves other errors alone", async () => {
    const denied = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };
    expect(await about("../a", denied)).toBe(denied);
  });
});
