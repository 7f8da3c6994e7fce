import type { APIGatewayProxyResult } from "aws-lambda";
import { brokenRules } from "../support/answers";
import { BUCKET_NAME, Storage } from "../support/storage";

let storage: Storage;

beforeAll(async () => {
  storage = await Storage.start("list-buckets");
  for (const name of ["bucket-a", "bucket-b"]) storage.addBucket(name);
});

afterAll(() => storage.stop());

const list = (query = ""): Promise<APIGatewayProxyResult> =>
  storage.request("list-buckets", { target: `/buckets${query}` });

test("lists the account's buckets with what is known of them", async () => {
  const { statusCode, headers, body } = await list();
  expect([statusCode, headers?.["content-type"]]).toEqual([200, "application/json"]);
  const { buckets, cursor } = JSON.parse(body);
  expect(cursor).toBeUndefined();
  expect(buckets).toHaveLength(3);
  expect(buckets[0]).toMatchObject({ name: "bucket-a", createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/) });
});

test("goes on where a page ended, to the last bucket", async () => {
  const names: string[] = [];
  let query = "?limit=1";
  for (;;) {
    const { buckets, cursor } = JSON.parse((await list(query)).body);
    names.push(...buckets.map(({ name }: { name: string }) => name));
    if (!cursor) break;
    query = `?limit=1&cursor=${encodeURIComponent(cursor)}`;
  }
  expect(names).toEqual(["bucket-a", "bucket-b", BUCKET_NAME]);
});

test("asks for nothing but the list", () => {
  expect(new Set(storage.access.asked.map(({ action }) => action))).toEqual(new Set(["s3:ListAllMyBuckets"]));
});

test.each(["1", "1000"])("takes a limit of %s", async (limit) => {
  expect((await list(`?limit=${limit}`)).statusCode).toBe(200);
});

test.each(["0", "1001", "-1", "1.5", "", "1e2", "01", " 1", "99999999999999999999"])(
  "refuses the limit '%s'",
  async (limit) => {
    expect(brokenRules(await list(`?limit=${encodeURIComponent(limit)}`))).toEqual({
      limit: "must be a whole number, 1–1000",
    });
  },
);

test.each(["", "é", "not-a-cursor", "x".repeat(2049)])("refuses a cursor that is none: %s", async (cursor) => {
  expect(brokenRules(await list(`?cursor=${encodeURIComponent(cursor)}`))).toEqual({
    cursor: "must be the cursor of a page that came before",
  });
});
