import type { APIGatewayProxyResult } from "aws-lambda";
import { brokenRules } from "../support/answers";
import { Storage } from "../support/storage";

let storage: Storage;
const keys = ["a b+c", "a%20b", "a//b", "a/b", "é/😀", "über", "z&<>\"'"];

beforeAll(async () => {
  storage = await Storage.start("list-objects", "write-object");
  for (const key of keys) expect((await storage.write({ key, content: key })).statusCode).toBe(201);
});

afterAll(() => storage.stop());

const list = (query = ""): Promise<APIGatewayProxyResult> =>
  storage.request("list-objects", { target: `/objects${query}` });

async function keysOf(query: string): Promise<readonly string[]> {
  const { objects } = JSON.parse((await list(query)).body);
  return objects.map(({ key }: { key: string }) => key);
}

/** In the order of their bytes, as S3 sorts. */
const sorted = (texts: readonly string[]): readonly string[] =>
  [...texts].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

test("lists objects with size, ETag and time, their keys as they were written", async () => {
  const { objects, cursor } = JSON.parse((await list()).body);
  expect(cursor).toBeUndefined();
  expect(objects.map(({ key }: { key: string }) => key)).toEqual(sorted(keys));
  expect(objects[0]).toEqual({
    key: "a b+c",
    size: 5,
    etag: storage.stored("a b+c")?.etag,
    lastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/),
  });
});

test.each([
  ["a/", ["a/b", "a//b"]],
  ["a b+", ["a b+c"]],
  ["a%20", ["a%20b"]],
  ["é", ["é/😀"]],
  ["none", []],
  ["", keys],
])("finds what begins with '%s'", async (prefix, found) => {
  expect(await keysOf(`?prefix=${encodeURIComponent(prefix)}`)).toEqual(sorted(found));
});

test("goes on where a page ended, to the last object", async () => {
  const found: string[] = [];
  let query = "?limit=3";
  for (let page = 0; page < 3; page++) {
    const { objects, cursor } = JSON.parse((await list(query)).body);
    found.push(...objects.map(({ key }: { key: string }) => key));
    expect(cursor === undefined).toBe(page === 2);
    query = `?limit=3&cursor=${encodeURIComponent(cursor)}`;
  }
  expect(found).toEqual(sorted(keys));
});

test("takes a prefix of 1,024 bytes, and none of more", async () => {
  expect(await keysOf(`?prefix=${encodeURIComponent("é".repeat(512))}`)).toEqual([]);
  const rules = brokenRules(await list(`?prefix=${encodeURIComponent(`${"é".repeat(512)}a`)}`));
  expect(rules).toEqual({ prefix: "must be well-formed Unicode of at most 1024 bytes of UTF-8" });
});

test.each([
  ["?limit=1001", { limit: "must be a whole number, 1–1000" }],
  ["?cursor=not-a-cursor", { cursor: "must be the cursor of a page that came before" }],
  ["?prefix=a&prefix=b", { prefix: "must be given once" }],
  ["?delimiter=%2F", { delimiter: "is no query parameter here; there are: prefix, limit, cursor" }],
])("refuses %s", async (query, rules) => {
  expect(brokenRules(await list(query))).toEqual(rules);
});
