import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { zipSync } from "fflate";
import { walkStacks } from "../../local/walk";
import { rules } from "../../rules";
import type { ApiChoices } from "../../settings/api";
import { OrdersStack } from "../../stacks/orders";
import { PresignedUrlStack } from "../../stacks/presigned-url";
import { StorageStack } from "../../stacks/storage";
import { environmentOf, synthesizeApp } from "../support/synth";

const { orders, storage, presignedUrl } = environmentOf("dev").settings;

/** Systems whose APIs all have these choices, but for storage, which may have its own. */
function synthesized(api: ApiChoices, ofStorage: ApiChoices = api): string {
  const environment = environmentOf("dev", {
    orders: { ...orders, api },
    storage: { ...storage, api: ofStorage },
    presignedUrl: { ...presignedUrl, api },
  });
  const props = { environment, backend: { type: "local", attributes: {} } } as const;
  return synthesizeApp(
    (app) => {
      new OrdersStack(app, "orders-dev", props);
      new PresignedUrlStack(app, "presigned-url-dev", props);
      new StorageStack(app, "storage-dev", props);
    },
    { rules },
  );
}

const walked = (api: ApiChoices, ofStorage?: ApiChoices): Promise<readonly string[]> =>
  walkStacks(synthesized(api, ofStorage), "dev");

const walkedThrough = [
  "orders-dev, run on this machine",
  "presigned-url-dev, run on this machine",
  "storage-dev, run on this machine",
];

test.each<{ api: ApiChoices; ofStorage?: ApiChoices }>([
  { api: { authorization: { type: "COGNITO_USER_POOLS" }, usagePlans: { gold: { keys: ["acme"] } } } },
  { api: { usagePlans: { slow: { throttle: { rateLimit: 1, burstLimit: 4 }, keys: ["acme"] } } } },
  { api: { authorization: { type: "TOKEN" }, privateEndpoint: { vpcEndpointIds: ["vpce-0123456789abcdef0"] } } },
  {
    api: { authorization: { type: "REQUEST" }, policy: { allow: [{ sourceIps: ["198.51.100.0/24"] }] } },
    ofStorage: { cache: { sizeGb: "0.5", ttlSeconds: { "GET /objects": 60, "GET /objects/{key+}": 60 } } },
  },
])("walks through APIs as they want to be called: %j", async ({ api, ofStorage }) => {
  const lines = await walked(api, ofStorage);
  expect(lines).toEqual(expect.arrayContaining(walkedThrough));
  expect(lines.at(-1)).toContain("0 calls denied");
});

test.each<[ApiChoices, string]>([
  [
    { authorization: { type: "TOKEN", issuer: "https://issuer.example", audience: ["app"] } },
    "its callers have tokens of an issuer that is not here",
  ],
  [
    {
      authorization: {
        type: "COGNITO_USER_POOLS",
        userPoolArns: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI"],
      },
    },
    "its callers have tokens of an issuer that is not here",
  ],
  [
    { authorization: { type: "REQUEST", claimSources: { tenant: "method.request.header.X-Tenant" } } },
    "its authorizer looks at more than a token: X-Tenant",
  ],
])("says why it does not walk through one that nobody here could call: %j", async (api, why) => {
  const lines = await walked({}, api);
  expect(lines).toEqual(
    expect.arrayContaining([`storage-dev, not walked through: ${why}`, ...walkedThrough.slice(0, 2)]),
  );
});

test("says in which stack it failed, and what the functions said there", async () => {
  const outdir = synthesized({});
  const zip = zipSync({ "index.js": Buffer.from('throw new Error("broken at import");') });
  const folder = path.join(outdir, "stacks", "storage-dev");
  const config = JSON.parse(fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8"));
  const source_code_hash = createHash("sha256").update(zip).digest("base64");
  // The synthesized zip is a link to the cache, which other tests go by.
  Object.assign(config.resource.aws_lambda_function.WriteObject, { filename: "assets/broken.zip", source_code_hash });
  fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify(config));
  fs.writeFileSync(path.join(folder, "assets", "broken.zip"), zip);
  const told = await walkStacks(outdir, "dev").catch((error: Error) => error.message);
  const [first, ...log] = String(told).split("\n");
  expect(first).toMatch(/^storage-dev: POST \/objects .*502.*\. What was said last:$/);
  expect(log).toContainEqual(expect.stringMatching(/^ {2}dev-write-object {2}.*broken at import/));
  expect(log.length).toBeLessThanOrEqual(12);
  for (const line of log) expect(line.length).toBeLessThanOrEqual(300);
});
