import fc from "fast-check";
import type { HttpMethod } from "../../../constructs/apigateway/definition";
import type { Integration } from "../../../constructs/apigateway/integration";
import { synthesizeApi, toFunction } from "../../support/api";
import { countOf } from "../../support/synth";

const synthesizePaths = (...paths: readonly string[]) =>
  synthesizeApi((api) => {
    for (const path of paths) api.addRoute("GET", path, toFunction);
  });

test.each([
  ["orders", "/ and parts of letters, digits, -_., or one {parameter}", "orders"],
  ["/a/{key+}/b", "one that ends with {key+}", "/a/{key+}/b"],
  ["/{a+}/{b+}", "one that ends with {a+}", "/{a+}/{b+}"],
  ["/a/{x}/b/{x}", "one that has each parameter once", "/a/{x}/b/{x}"],
  ["/a/{x}/b/{x+}", "one that has each parameter once", "/a/{x}/b/{x+}"],
])("refuses the path %s", (path, rule, got) => {
  expect(() => synthesizePaths(path)).toThrow(`path must be ${rule}, got: "${got}"`);
});

test("says of a greedy parameter and of one that is there twice what is wrong", () => {
  expect(() => synthesizePaths("/a/{key+}/b")).toThrow('got: "/a/{key+}/b". It takes all that follows (in test/Api)');
  expect(() => synthesizePaths("/a/{x}/{x}")).toThrow('got: "/a/{x}/{x}". {x} is there twice (in test/Api)');
});

test.each([
  ["/{x}", "/{y}", "{x}", "{y}", "/"],
  ["/a/{x}", "/a/{y}", "{x}", "{y}", "/a"],
  ["/a/{x}/b", "/a/{y}/c", "{x}", "{y}", "/a"],
  ["/a/{x}", "/a/{x+}", "{x}", "{x+}", "/a"],
  ["/a/{x}/{y}", "/a/{x}/{z}", "{y}", "{z}", "/a/{x}"],
])("refuses two parameters at one level: %s and %s", (one, other, known, part, parent) => {
  expect(() => synthesizePaths(one, other)).toThrow(
    `path must be one that has ${known} in the place of ${part}, got: "${other}". ` +
      `API Gateway takes one parameter after ${parent}, and another route has ${known} there (in test/Api)`,
  );
});

test("takes a parameter beside names, below another one, and the same one in two places", () => {
  const config = synthesizePaths("/", "/{x}", "/a", "/{x}/{y}", "/a/{x}", "/a/{x}/c/{y+}", "/a/{x}/d");
  expect(countOf(config, "aws_api_gateway_method")).toBe(7);
});

test("refuses a route that is there already", () => {
  expect(() => synthesizePaths("/a", "/a")).toThrow('path must be one that has no GET yet, got: "/a" (in test/Api)');
});

test("refuses a method that there is not", () => {
  expect(() => synthesizeApi((api) => api.addRoute("LIST" as HttpMethod, "/a", toFunction))).toThrow(
    'httpMethod must be one of DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, got: "LIST" (in test/Api)',
  );
});

test("refuses an integration that there is not", () => {
  const http = { type: "HTTP" } as unknown as Integration;
  expect(() => synthesizeApi((api) => api.addRoute("GET", "/a", http))).toThrow(
    'integration.type must be one of AWS, AWS_PROXY, MOCK, got: "HTTP" (in test/Api)',
  );
});

test("makes one resource for each part of whatever paths it takes", () => {
  const part = fc.stringMatching(/^[a-z]{1,2}$/);
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  fc.assert(
    fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 6 }), (paths) => {
      const parts = new Set(
        paths.flatMap((one) => one.split("/").map((_, end, all) => all.slice(0, end + 1).join("/"))),
      );
      expect(countOf(synthesizePaths(...paths), "aws_api_gateway_resource")).toBe(parts.size - 1);
    }),
    { numRuns: 20 },
  );
});
