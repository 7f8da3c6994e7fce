import * as fc from "fast-check";
import { brokenKeyRule } from "../../../handlers/storage/object-key";
import { Storage } from "../../support/storage";

let storage: Storage;

beforeAll(async () => {
  storage = await Storage.start("list-objects", "write-object", "read-object", "delete-object");
});

afterAll(() => storage.stop());

/** Any key, with what is odd in keys more often than chance has it. */
const keys = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "//", "..", ".", "%", "%2F", "%zz", "+", " ", "&", "?", "#", "=", ";", "<", '"', "\ufffe"),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""))
  .filter((key) => !brokenKeyRule(key));

test("any key and any bytes survive being written, listed, read and deleted", async () => {
  await fc.assert(
    fc.asyncProperty(keys, fc.uint8Array({ maxLength: 200 }), async (key, bytes) => {
      const content = Buffer.from(bytes).toString("base64");
      const written = await storage.write({ key, content, encoding: "base64" });
      expect(JSON.parse(written.body)).toMatchObject({ key, size: bytes.length });
      expect(storage.stored(key)?.body.equals(bytes)).toBe(true);

      const query = `?prefix=${encodeURIComponent(key)}&limit=1`;
      const list = await storage.request("list-objects", { target: `/objects${query}` });
      const { etag } = JSON.parse(written.body);
      expect(JSON.parse(list.body).objects[0]).toMatchObject({ key, etag, size: bytes.length });

      const location = String(written.headers?.location).replace(/^\/dev/, "");
      const read = await storage.request("read-object", { target: location });
      expect([read.statusCode, read.body, read.headers?.etag]).toEqual([200, content, etag]);

      expect((await storage.delete(key)).statusCode).toBe(204);
      expect(storage.stored(key)).toBeUndefined();
    }),
    { numRuns: 150 },
  );
});
