import * as z from "zod/mini";
import { modelSchema } from "../../../constructs/apigateway/model";
import { MAX_CONTENT_BYTES, WriteObject } from "../../../handlers/schemas/write-object";
import { RequestModel } from "../../../local/api-gateway/request-model";
import { proxyEvent } from "../../support/proxy-event";

/** Bytes that Lambda takes in a synchronous invocation. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** The event of the request that takes most room for its content. */
function largestEvent(contentBytes: number): number {
  const key = "\\u00e9".repeat(512);
  const contentType = "\\u0061".repeat(255);
  const content = Buffer.alloc(contentBytes, 1).toString("base64");
  const body = `{"key":"${key}","content":"${content}","contentType":"${contentType}","encoding":"base64"}`;
  // Request line and headers are 10,240 bytes at most; a byte above ASCII is written as six.
  const headers = { x: "\u001f".repeat(10_240) };
  return Buffer.byteLength(JSON.stringify(proxyEvent({ target: "/objects", method: "POST", headers, body })));
}

test("a content of the limit always fits into Lambda's event, and one of 4 % more might not", () => {
  expect(MAX_CONTENT_BYTES).toBe(3_459_072);
  expect(largestEvent(MAX_CONTENT_BYTES)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  expect(largestEvent(MAX_CONTENT_BYTES * 1.04)).toBeGreaterThan(MAX_EVENT_BYTES);
});

describe("API Gateway's model and the handler agree on", () => {
  const model = new RequestModel(JSON.stringify(modelSchema(WriteObject)));
  const whole = { key: "k", content: "", contentType: 'text/plain; charset="utf-8"', encoding: "base64" };
  test.each([
    ["the least", { key: "k", content: "" }, true],
    ["everything", whole, true],
    ["the longest key", { key: "k".repeat(1024), content: "" }, true],
    ["a longer key", { key: "k".repeat(1025), content: "" }, false],
    ["an empty key", { key: "", content: "" }, false],
    ["a control character in the key", { key: "a\u0085", content: "" }, false],
    ["no key", { content: "" }, false],
    ["no content", { key: "k" }, false],
    ["a content that is no text", { key: "k", content: 1 }, false],
    ["another encoding", { ...whole, encoding: "hex" }, false],
    ["the longest content type", { ...whole, contentType: `a/${"b".repeat(253)}` }, true],
    ["a longer content type", { ...whole, contentType: `a/${"b".repeat(254)}` }, false],
    ["a content type with a line break", { ...whole, contentType: "text/plain\r\nx: y" }, false],
    ["half a content type", { ...whole, contentType: "text" }, false],
    ["another property", { ...whole, acl: "public-read" }, false],
    ["a list", [whole], false],
  ])("%s", (_, value, isTaken) => {
    expect(z.safeParse(WriteObject, value).success).toBe(isTaken);
    expect(model.problemOf(JSON.stringify(value)) === undefined).toBe(isTaken);
  });
});
