import { brokenRules, problemIn } from "../support/answers";
import { Storage } from "../support/storage";

let storage: Storage;

beforeAll(async () => {
  storage = await Storage.start("delete-object", "write-object");
});

afterAll(() => storage.stop());

test("deletes an object, and says no more", async () => {
  await storage.write({ key: "a/../b ", content: "" });
  await storage.write({ key: "b", content: "" });
  expect(await storage.delete("a/../b ")).toMatchObject({ statusCode: 204, body: "" });
  expect(storage.stored("a/../b ")).toBeUndefined();
  expect(storage.stored("b")).toBeDefined();
});

test("is content when there is nothing to delete", async () => {
  expect((await storage.delete("missing")).statusCode).toBe(204);
});

test("deletes only what the client knows, with If-Match", async () => {
  const { headers } = await storage.write({ key: "known", content: "1" });
  expect(problemIn(await storage.delete("known", { "If-Match": '"other"' })).status).toBe(412);
  expect((await storage.delete("known", { "If-Match": String(headers?.etag) })).statusCode).toBe(204);
  expect(problemIn(await storage.delete("known", { "If-Match": String(headers?.etag) })).status).toBe(404);
});

test("deletes only what is there, with If-Match: *", async () => {
  await storage.write({ key: "there", content: "1" });
  expect((await storage.delete("there", { "If-Match": "*" })).statusCode).toBe(204);
  expect(problemIn(await storage.delete("there", { "If-Match": "*" })).status).toBe(404);
});

test.each([
  [{ "If-Match": "abc" }, { "if-match": "must be an ETag in double quotes, or *" }],
  [{ "If-None-Match": "*" }, { "if-none-match": "is not a condition that this request can be made under" }],
  [{ "If-Modified-Since": "x" }, { "if-modified-since": "is not a condition that this request can be made under" }],
])("refuses %j", async (headers, rules) => {
  await storage.write({ key: "kept", content: "1" });
  expect(brokenRules(await storage.delete("kept", headers))).toEqual(rules);
  expect(storage.stored("kept")).toBeDefined();
});
