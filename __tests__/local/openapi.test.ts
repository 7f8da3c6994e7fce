import { walkStacks } from "../../local/walk";
import { OrdersStack } from "../../stacks/orders";
import { PresignedUrlStack } from "../../stacks/presigned-url";
import { StorageStack } from "../../stacks/storage";
import { environmentOf, synthesizeApp } from "../support/synth";

/** What the walks through all systems tell, with what differs from run to run left out. */
async function walked(definition: "resources" | "openapi"): Promise<readonly string[]> {
  const { orders, storage, presignedUrl } = environmentOf("dev").settings;
  const environment = environmentOf("dev", {
    orders: { ...orders, api: { ...orders.api, definition } },
    storage: { ...storage, api: { ...storage.api, definition } },
    presignedUrl: { ...presignedUrl, api: { ...presignedUrl.api, definition } },
  });
  const props = { environment, backend: { type: "local", attributes: {} } } as const;
  const outdir = synthesizeApp((app) => {
    new OrdersStack(app, "orders-dev", props);
    new StorageStack(app, "storage-dev", props);
    new PresignedUrlStack(app, "presigned-url-dev", props);
  });
  return (await walkStacks(outdir, "dev")).map((line) =>
    line.replace(/[0-9a-f-]{36}|127\.0\.0\.1:\d+|[\d.]+ (m?s|bytes)\b/g, "…"),
  );
}

test("all systems work with APIs that are one OpenAPI document, as they do with resources", async () => {
  // The model of an order says more than OpenAPI can.
  const warned = jest.spyOn(console, "error").mockImplementation();
  const lines = await walked("openapi");
  expect(lines.at(-1)).toContain("0 calls denied");
  expect(lines).toEqual(await walked("resources"));
  expect(warned).toHaveBeenCalledTimes(1);
  warned.mockRestore();
});
