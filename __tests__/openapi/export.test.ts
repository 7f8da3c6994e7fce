import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import type { ProxyIntegration } from "../../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../../constructs/apigateway/rest-api";
import { UsagePlan } from "../../constructs/apigateway/usage-plan";
import { Stack } from "../../constructs/terraform/stack";
import { exportApi, stacksWithApis } from "../../openapi/export";
import type { ApiChoices } from "../../settings/api";
import { apiProps } from "../support/read-api";
import { scratchFolder } from "../support/scratch-folder";
import { type Attributes, environmentOf, synthesizeApp, systemFolder } from "../support/synth";

type Definition = RestApiProps["definition"];

const proxy: ProxyIntegration = {
  type: "AWS_PROXY",
  uri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations",
  credentialsArn: "arn:aws:iam::123456789012:role/r",
  dependsOn: [],
};

const shop = (definition: Definition, region = "eu-west-1"): string =>
  synthesizeApp((app) => {
    const stack = new Stack(app, "shop-dev", { region, backend: { type: "local", attributes: {} } });
    const api = new RestApi(stack, "Api", { ...apiProps, definition, cors: { allowOrigins: ["https://example.com"] } });
    const body = z.object({
      id: z.string(),
      note: z.nullable(z.string()),
      other: z.optional(z.union([z.int(), z.null()])),
    });
    api.addRoute("POST", "/orders", proxy, { body, isApiKeyRequired: true, requiredHeaders: ["X-Tenant"] });
    api.addRoute("GET", "/files/{key+}", proxy, {
      authorization: {
        authorizer: {
          type: "COGNITO_USER_POOLS",
          authorizerName: "users",
          ttlSeconds: 300,
          userPoolArns: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"],
          dependsOn: [],
        },
        scopes: ["files/read"],
      },
      requiredQueryParameters: ["q"],
    });
    api.addRoute(
      "GET",
      "/health",
      { type: "MOCK", response: { statusCode: "200", template: "{}" } },
      { authorization: "NONE" },
    );
    const stages = [api.stage, api.addStage("Blue", { ...apiProps, stageName: "blue" })];
    for (const stage of stages) {
      const usagePlanName = `plan-${stage.stageName}`;
      new UsagePlan(stack, `Plan_${stage.stageName}`, { api, stage, usagePlanName, description: "Plan" });
    }
  });

const outdirOf = (stackFolder: string): string => path.dirname(path.dirname(stackFolder));

/** What a public validator finds wrong with a document. */
function problemsOf(document: object): unknown {
  const file = path.join(scratchFolder(), "openapi.json");
  fs.writeFileSync(file, JSON.stringify(document));
  const script = "__tests__/support/validate-openapi.mjs";
  const { stdout, stderr } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

const { orders, storage, presignedUrl } = environmentOf("dev").settings;
const systems: Readonly<Record<string, (api: ApiChoices) => string>> = {
  "orders-dev": (api) => systemFolder("orders", "dev", { orders: { ...orders, api } }),
  "storage-dev": (api) => systemFolder("storage", "dev", { storage: { ...storage, api } }),
  "presigned-url-dev": (api) => systemFolder("presigned-url", "dev", { presignedUrl: { ...presignedUrl, api } }),
};

describe.each(Object.keys(systems))("%s", (stack) => {
  // The model of an order says more than OpenAPI can.
  beforeAll(() => jest.spyOn(console, "error").mockImplementation());
  afterAll(() => jest.restoreAllMocks());

  const exported = (definition: Definition, extensions: boolean) =>
    exportApi(outdirOf(systems[stack]?.({ definition }) ?? ""), { stack, extensions });

  test.each([false, true])("is valid OpenAPI, the same from either rendering; with extensions: %s", (extensions) => {
    const document = exported("resources", extensions);
    expect(problemsOf(document)).toEqual([]);
    expect(exported("openapi", extensions)).toEqual(document);
    expect(/x-amazon|arn:|\$\{/.test(JSON.stringify(document))).toBe(extensions);
  });
});

describe("a document for whoever calls an API", () => {
  const document: Attributes = exportApi(shop("resources"), { stack: "shop-dev", extensions: false });

  test("is valid, and the same from either rendering", () => {
    expect(problemsOf(document)).toEqual([]);
    expect(exportApi(shop("openapi"), { stack: "shop-dev", extensions: false })).toEqual(document);
  });

  test("the validator would find what is wrong", () => {
    expect(problemsOf({ ...document, paths: { "/a": { get: { responses: {} } } } })).not.toEqual([]);
  });

  test("has the routes without preflights, and says what each wants", () => {
    expect(Object.entries(document.paths).map(([one, operations]) => [one, Object.keys(operations as object)])).toEqual(
      [
        ["/files/{key}", ["get"]],
        ["/health", ["get"]],
        ["/orders", ["post"]],
      ],
    );
    expect(document.paths["/orders"].post).toMatchObject({
      parameters: [{ name: "X-Tenant", in: "header", required: true }],
      requestBody: {
        required: true,
        content: { "application/json": { schema: { $ref: "#/components/schemas/POSTOrders" } } },
      },
      security: [{ sigv4: [], api_key: [] }],
      responses: { "4XX": { $ref: "#/components/responses/Refused" }, default: { description: expect.any(String) } },
    });
    expect(document.paths["/files/{key}"].get).toMatchObject({
      description: "The access token must have one of the scopes files/read.",
      parameters: [
        { name: "key", in: "path", required: true, description: "May hold slashes" },
        { name: "q", in: "query", required: true },
      ],
      security: [{ users: [] }],
    });
    expect(document.paths["/health"].get).toMatchObject({ security: [], responses: { "200": expect.anything() } });
  });

  test("says null as OpenAPI does", () => {
    expect(document.components.schemas.POSTOrders.properties).toMatchObject({
      note: { type: "string", nullable: true },
      other: { type: "integer", nullable: true },
    });
    expect(Object.keys(document.components.schemas)).not.toContain("Null");
  });

  test("names a server for each stage, in the stack's Region", () => {
    expect(document.servers.map(({ url }: { url: string }) => url).sort()).toEqual([
      "https://{restApiId}.execute-api.eu-west-1.amazonaws.com/blue",
      "https://{restApiId}.execute-api.eu-west-1.amazonaws.com/dev",
    ]);
    const [china] = exportApi(shop("resources", "cn-north-1"), { stack: "shop-dev", extensions: false }).servers ?? [];
    expect(china?.url).toContain(".execute-api.cn-north-1.amazonaws.com.cn/");
  });
});

test("with extensions says what is behind each route, references as they stand in Terraform's JSON", () => {
  const folder = systems["orders-dev"]?.({}) ?? "";
  const document: Attributes = exportApi(outdirOf(folder), { stack: "orders-dev", extensions: true });
  expect(document.paths["/orders"].post["x-amazon-apigateway-integration"]).toMatchObject({
    type: "aws",
    credentials: "${aws_iam_role.ApiGatewaySqs.arn}",
    uri: expect.stringContaining("${aws_sqs_queue.Inbox.name}"),
  });
  expect(Object.keys(document["x-amazon-apigateway-gateway-responses"])).toContain("DEFAULT_4XX");
});

describe("fails, and says what there is, for", () => {
  const outdir = shop("resources");

  test("a stack that is not there", () => {
    expect(() => exportApi(outdir, { stack: "shop-prod", extensions: false })).toThrow(
      `stack must be one that ${outdir} has, with a REST API, got: shop-prod. There are: shop-dev`,
    );
    expect(() => exportApi(scratchFolder(), { extensions: false })).toThrow(
      "got: nothing. There are: none; run npm start",
    );
  });

  test("an API that is not there, or several of which none is named", () => {
    expect(() => exportApi(outdir, { stack: "shop-dev", api: "Shop", extensions: false })).toThrow(
      "--api must be one of the REST APIs of shop-dev: Api; got: Shop",
    );
    const two = synthesizeApp((app) => {
      const stack = new Stack(app, "two", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
      for (const id of ["One", "Other"])
        new RestApi(stack, id, { ...apiProps, apiName: id }).addRoute("GET", "/", proxy);
    });
    expect(() => exportApi(two, { stack: "two", extensions: false })).toThrow(
      "--api must be one of the REST APIs of two: One, Other; got: nothing",
    );
    expect(exportApi(two, { stack: "two", api: "Other", extensions: false }).info.title).toBe("Other");
  });

  test("a stack without an API is none of them", () => {
    const folder = synthesizeApp((app) => {
      new Stack(app, "empty", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
    });
    expect(stacksWithApis(folder)).toEqual([]);
  });
});

describe("npm run openapi", () => {
  const outdir = shop("resources");
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["bundling/run.js", "openapi/main.ts", ...args], {
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir },
    });

  test("prints the only API, and nothing else", () => {
    const { status, stdout, stderr } = run();
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(exportApi(outdir, { stack: "shop-dev", extensions: false }));
  });

  test("writes a file, whose folder it makes", () => {
    const file = path.join(scratchFolder(), "docs", "shop.json");
    const { status, stdout } = run("shop-dev", "--out", file, "--extensions");
    expect([status, stdout]).toEqual([0, `${file}: 3 paths of shop\n`]);
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual(
      exportApi(outdir, { stack: "shop-dev", extensions: true }),
    );
  });

  test("fails with a sentence, and with its usage for what it does not know", () => {
    const unknown = run("shop");
    expect([unknown.status, unknown.stdout, unknown.stderr]).toEqual([
      1,
      "",
      expect.stringContaining("got: shop. There are: shop-dev"),
    ]);
    for (const args of [["--yaml"], ["one", "two"]]) {
      const { status, stderr } = run(...args);
      expect([status, stderr]).toEqual([2, expect.stringContaining("usage: npm run openapi -- <stack>")]);
    }
  });
});
