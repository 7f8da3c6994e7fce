import { gunzipSync, inflateSync } from "node:zlib";
import { compressed } from "../../../local/api-gateway/compression";
import { changed, gatewayOf, proxyApi } from "../../support/rest-api";

const body = Buffer.from("a".repeat(100));
const answer = { status: 200, headers: { "content-type": "text/plain" }, body };

/** The coding that an answer of 100 bytes gets. */
const codingFor = (acceptEncoding: string | undefined, minimumBytes: number | undefined = 100, headers = {}) =>
  compressed({ ...answer, headers: { ...answer.headers, ...headers } }, acceptEncoding, minimumBytes).headers[
    "content-encoding"
  ];

test("an answer becomes smaller, and is the same when it is unpacked", () => {
  const zipped = compressed(answer, "gzip", 0);
  expect(zipped.headers).toEqual({ "content-type": "text/plain", "content-encoding": "gzip" });
  expect(zipped.body.length).toBeLessThan(body.length);
  expect(gunzipSync(zipped.body)).toEqual(body);
  expect(inflateSync(compressed(answer, "deflate", 0).body)).toEqual(body);
});

test.each([
  ["gzip", "gzip"],
  ["GZIP;q=0.5", "gzip"],
  ["deflate, gzip", "deflate"],
  ["deflate;q=0.5, gzip;q=0.8", "gzip"],
  ["gzip, deflate, br", "gzip"],
  // What is wanted most must be what there is.
  ["br, gzip;q=0.9", undefined],
  ["identity, gzip;q=0.5", undefined],
  ["gzip;q=0", undefined],
  ["*", undefined],
  ["", undefined],
  [undefined, undefined],
])("who accepts %s gets %s", (acceptEncoding, coding) => {
  expect(codingFor(acceptEncoding)).toBe(coding);
});

test.each([
  [0, "gzip"],
  [100, "gzip"],
  [101, undefined],
  [-1, undefined],
])("from %i bytes on, 100 bytes become %s", (minimumBytes, coding) => {
  expect(codingFor("gzip", minimumBytes)).toBe(coding);
});

test("an API that says nothing compresses nothing, and nothing is compressed twice", () => {
  expect(compressed(answer, "gzip")).toBe(answer);
  expect(codingFor("gzip", 0, { "Content-Encoding": "br" })).toBeUndefined();
});

test("an API compresses what its integration answers, and no refusal of its own", async () => {
  const api = changed(proxyApi(["GET /"]), "rest_api", { minimum_compression_size: "10" });
  const { call } = gatewayOf(api, { result: async () => ({ payload: { statusCode: 200, body: "b".repeat(10) } }) });
  const { headers, bytes } = await call("GET /dev", "", { "accept-encoding": "gzip" });
  expect(headers).toMatchObject({ "content-encoding": "gzip" });
  expect(gunzipSync(bytes).toString()).toBe("b".repeat(10));
  expect((await call("GET /dev/x", "", { "accept-encoding": "gzip" })).headers).not.toHaveProperty("content-encoding");
  expect((await call("GET /dev")).body).toBe("b".repeat(10));
});
