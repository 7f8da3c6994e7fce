import type { ApiChoices } from "../settings/api";
import { OrdersStack } from "../stacks/orders";
import { summary } from "../summary";
import { environmentOf, synthesizeApp } from "./support/synth";

/** What is summed up of the orders pipeline with these choices for its API. */
function summaryOf(api: ApiChoices): string {
  const environment = environmentOf("dev", { orders: { ...environmentOf("dev").settings.orders, api } });
  const outdir = synthesizeApp(
    (app) => new OrdersStack(app, "orders-dev", { environment, backend: { type: "local", attributes: {} } }),
  );
  return summary(outdir, "dev");
}

describe.each([
  ["resources", "orders-dev: aws_api_gateway_method.Api_orders_POST"],
  ["openapi", "orders-dev: aws_api_gateway_rest_api.Api, POST /orders"],
] as const)("an API that is written down as %s", (definition, method) => {
  test("is told of where anyone may call it, a key or not, but for preflights", () => {
    const open: ApiChoices = { definition, authorization: { type: "NONE" }, allowOrigins: ["https://a.example"] };
    for (const api of [open, { ...open, usagePlans: { gold: { keys: ["acme"] } } }]) {
      expect(summaryOf(api)).toContain(`Open to anyone, as settings say:\n  ${method}\n\n`);
    }
  });

  test("is not, where someone decides", () => {
    for (const authorization of [undefined, { type: "TOKEN" }] as const) {
      const api = { definition, authorization, allowOrigins: ["https://a.example"] };
      expect(summaryOf(api)).not.toContain("Open to anyone");
    }
  });
});

test("says what comes next for an environment, and which others there are", () => {
  const outdirOf = (...names: readonly string[]): string =>
    synthesizeApp((app) => {
      for (const name of names) {
        const environment = { ...environmentOf("dev"), name };
        new OrdersStack(app, `orders-${name}`, { environment, backend: { type: "local", attributes: {} } });
      }
    });
  expect(summary(outdirOf("dev"), "dev")).not.toContain("another environment");
  const several = outdirOf("dev", "prod", "prod-us");
  expect(summary(several, "prod")).toContain("Next\n  npx cdktf deploy orders-prod\n");
  expect(summary(several, "prod")).toContain(
    "npm start -- dev   says so, and walks through it, for another environment: dev, prod-us",
  );
  expect(() => summary(several, "us")).toThrow("got: us. There are: dev, prod, prod-us");
});
