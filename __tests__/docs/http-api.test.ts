import * as fs from "node:fs";
import * as path from "node:path";
import { countOf, readConfig, synthesizeApp } from "../support/synth";
import { ShopStack } from "./http-api-example";

/** Lines without what they are indented by: a page shows what stands in a constructor. */
const lines = (text: string): string => text.replace(/^ +/gm, "");

const example = lines(fs.readFileSync(path.join(__dirname, "http-api-example.ts"), "utf8"));
const page = fs.readFileSync("docs/http-api.md", "utf8");
const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => lines(code));

test.each(blocks.map((code, at) => [at + 1, code] as const))(
  "what docs/http-api.md shows is compiled here: %d",
  (_, code) => {
    expect(example).toContain(code);
  },
);

test("docs/http-api.md shows an HTTP API, its alarms, its name, and a WebSocket API, all of which can be synthesized", () => {
  expect(blocks).toHaveLength(4);
  const backend = { type: "local", attributes: {} } as const;
  const outdir = synthesizeApp((app) => new ShopStack(app, "shop", { region: "eu-west-1", backend }));
  const config = readConfig(outdir, "shop");
  const counts = ["api", "route", "authorizer", "stage", "domain_name", "api_mapping"].map((part) =>
    countOf(config, `aws_apigatewayv2_${part}`),
  );
  expect(counts).toEqual([2, 5, 2, 2, 2, 2]);
});
