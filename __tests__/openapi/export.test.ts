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
import { apiProps, synthesizeApi } from "../support/read-api";
import { scratchFolder } from "../support/scratch-folder";
import { type Attributes, environmentOf, only, synthesizeApp, systemFolder } from "../support/synth";

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

/** An authorizer that looks at some parts of a request. */
const by = (authorizerName: string, identitySources = ["method.request.header.T"]) => ({
  authorizer: {
    type: "REQUEST" as const,
    authorizerName,
    identitySources,
    ttlSeconds: 300,
    uri: proxy.uri,
    credentialsArn: proxy.credentialsArn,
    dependsOn: [],
  },
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

/** What callers are told of an API that `build` adds routes to, the same bytes from either rendering, and valid. */
function publicOf(build: (api: RestApi) => void, changes: Partial<RestApiProps> = {}): Attributes {
  const [document, other] = (["resources", "openapi"] as const).map((definition) => {
    const outdir = synthesizeApp((app) => {
      const stack = new Stack(app, "shop-dev", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
      build(new RestApi(stack, "Api", { ...apiProps, authorization: "NONE", ...changes, definition }));
    });
    return JSON.stringify(exportApi(outdir, { stack: "shop-dev", extensions: false }));
  });
  expect(other).toBe(document);
  const parsed = JSON.parse(document ?? "");
  expect(problemsOf(parsed)).toEqual([]);
  return parsed;
}

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

  test("lets null pass wherever the API does, and has the outer of two descriptions", () => {
    // Of the names of properties.
    jest.spyOn(console, "error").mockImplementation();
    const body = z.object({
      size: z.nullable(z.enum(["S", "L"])),
      note: z
        .nullable(z.string().register(z.globalRegistry, { description: "inner" }))
        .register(z.globalRegistry, { description: "outer" }),
      // A property may have the name of a keyword.
      anyOf: z.string(),
      // The keyword beside the type would refuse null.
      named: z.nullable(z.record(z.string(), z.string()).check(z.meta({ propertyNames: { pattern: "^(?!x$)" } }))),
    });
    expect(publicOf((api) => api.addRoute("POST", "/a", proxy, { body })).components.schemas.POSTA.properties).toEqual({
      size: { type: "string", enum: ["S", "L", null], nullable: true },
      note: { type: "string", description: "outer", nullable: true },
      anyOf: { type: "string" },
      named: {
        anyOf: [
          { type: "object", additionalProperties: expect.anything(), not: { required: ["x"] } },
          { type: "string", enum: [null], nullable: true },
        ],
      },
    });
    jest.restoreAllMocks();
  });

  test("has other bytes for no other order of routes, and neither has what is imported", () => {
    const headers = { "X-B": "b", "X-A": "a" };
    const routes: readonly ((api: RestApi) => void)[] = [
      (api) => api.addRoute("POST", "/a", proxy, { body: z.object({ a: z.string() }), authorization: by("one") }),
      (api) => api.addRoute("POST", "/b", proxy, { body: z.object({ b: z.string() }), requiredHeaders: ["B"] }),
      (api) =>
        api.addRoute("GET", "/d/{b}/{a}", proxy, { requiredHeaders: ["Z", "Y"], requiredQueryParameters: ["z", "y"] }),
      (api) => api.addRoute("GET", "/e", { type: "MOCK", response: { statusCode: "200", template: "{}", headers } }),
      (api) => api.addRoute("GET", "/c", proxy, { requiredHeaders: ["C"], authorization: by("other") }),
    ];
    const [there, back] = [routes, routes.toReversed()].map((ordered) => {
      const build = (api: RestApi): void => {
        for (const add of ordered) add(api);
      };
      const imported = only(synthesizeApi("openapi", build), "aws_api_gateway_rest_api").body;
      return [JSON.stringify(publicOf(build)), imported];
    });
    expect(back).toEqual(there);
    const { parameters } = JSON.parse(there?.[0] ?? "").paths["/d/{b}/{a}"].get;
    expect(parameters.map(({ name }: { name: string }) => name)).toEqual(["b", "a", "y", "z", "Y", "Z"]);
  });

  test("has a model beside a definition of another that would have its name", () => {
    const item = z.object({ a: z.string() }).register(z.globalRegistry, { id: "Item" });
    const { paths, components } = publicOf((api) => {
      api.addRoute("POST", "/orders/item", proxy, { body: z.object({ b: z.boolean() }) });
      api.addRoute("POST", "/orders", proxy, { body: z.object({ items: z.array(item) }) });
    });
    expect(paths["/orders/item"].post.requestBody.content["application/json"].schema.$ref).toMatch(/POSTOrdersItem$/);
    expect(components.schemas).toMatchObject({
      POSTOrdersItem: { properties: { b: { type: "boolean" } } },
      POSTOrders: { properties: { items: { items: { $ref: "#/components/schemas/POSTOrdersItem2" } } } },
      POSTOrdersItem2: { properties: { a: { type: "string" } } },
    });
  });

  test("wants each header and parameter that an authorizer looks at, and nothing that a client does not send", () => {
    const { paths, components } = publicOf((api) => {
      const both = by("both", [
        "method.request.header.T",
        "method.request.querystring.a$b",
        "context.identity.sourceIp",
      ]);
      api.addRoute("GET", "/both", proxy, { authorization: both });
      api.addRoute("GET", "/one", proxy, {
        authorization: by("the one", ["method.request.header.T", "context.stage"]),
      });
      api.addRoute("GET", "/none", proxy, { authorization: by("none", ["context.identity.sourceIp"]) });
    });
    const description = "What the API's authorizer looks at";
    expect(components.securitySchemes).toEqual({
      "both.header.T": { type: "apiKey", name: "T", in: "header", description },
      "both.query.a-b": { type: "apiKey", name: "a$b", in: "query", description },
      "the-one": { type: "apiKey", name: "T", in: "header", description },
    });
    expect(paths["/both"].get.security).toEqual([{ "both.header.T": [], "both.query.a-b": [] }]);
    expect(paths["/one"].get.security).toEqual([{ "the-one": [] }]);
    expect(paths["/none"].get).toMatchObject({
      description: "The API's authorizer decides by the request as a whole.",
      security: [],
    });
  });

  test("wants no key that the authorizer finds", () => {
    const build = (api: RestApi): void => {
      const plan = { usagePlanName: "plan", description: "Plan", api, stage: api.stage };
      new UsagePlan(Stack.of(api), "Plan", plan);
      api.addRoute("GET", "/a", proxy, { isApiKeyRequired: true, authorization: by("who") });
    };
    const securityOf = (apiKeySource: "HEADER" | "AUTHORIZER"): unknown =>
      publicOf(build, { apiKeySource }).paths["/a"].get.security;
    expect(securityOf("HEADER")).toEqual([{ who: [], api_key: [] }]);
    expect(securityOf("AUTHORIZER")).toEqual([{ who: [] }]);
  });

  test("tells authorizers apart from each other and from OpenAPI's own schemes", () => {
    const folder = synthesizeApp((app) => {
      const stack = new Stack(app, "shop-dev", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
      const api = new RestApi(stack, "Api", apiProps);
      for (const name of ["sigv4", "a b", "a-b"]) {
        const header = `method.request.header.${name.replace(" ", "_")}`;
        api.addRoute("GET", `/${name.replace(" ", "_")}`, proxy, { authorization: by(name, [header]) });
      }
      api.addRoute("GET", "/signed", proxy);
    });
    for (const extensions of [false, true]) {
      const document: Attributes = exportApi(folder, { stack: "shop-dev", extensions });
      const headerOf = (path_: string): unknown => {
        const [name = ""] = Object.keys(document.paths[path_].get.security[0]);
        return document.components.securitySchemes[name].name;
      };
      expect(["/sigv4", "/a_b", "/a-b", "/signed"].map(headerOf)).toEqual(["sigv4", "a_b", "a-b", "Authorization"]);
      expect(problemsOf(document)).toEqual([]);
    }
  });

  test("has the route of the root, and what is below it", () => {
    const { paths } = publicOf((api) => {
      api.addRoute("GET", "/", proxy);
      api.addRoute("GET", "/{proxy+}", proxy);
    });
    expect(Object.keys(paths)).toEqual(["/", "/{proxy}"]);
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

describe("Terraform's JSON of other authors", () => {
  const rest_api_id = "${aws_api_gateway_rest_api.Api.id}";
  const onRoot = { rest_api_id, resource_id: "${aws_api_gateway_rest_api.Api.root_resource_id}" };

  /** A stack of an API with one method, and of what is given by type. */
  function exported(resource: Attributes, extensions = false, others: Attributes = {}): Attributes {
    const folder = path.join(scratchFolder(), "out", "stacks", "shop");
    fs.mkdirSync(folder, { recursive: true });
    const resources = {
      aws_api_gateway_rest_api: { Api: { name: "shop" } },
      aws_api_gateway_method: { Any: { ...onRoot, http_method: "ANY", authorization: "NONE" } },
      aws_api_gateway_integration: { Any: { ...onRoot, http_method: "ANY", type: "AWS_PROXY", uri: "${var.secret}" } },
      ...resource,
    };
    fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify({ resource: resources, ...others }));
    return exportApi(outdirOf(folder), { stack: "shop", extensions });
  }

  test("any method is none that the path has a preflight for", () => {
    const document = exported({
      aws_api_gateway_method: {
        Any: { ...onRoot, http_method: "ANY", authorization: "NONE" },
        Preflight: { ...onRoot, http_method: "OPTIONS", authorization: "NONE" },
      },
      aws_api_gateway_integration: {
        Any: { ...onRoot, http_method: "ANY", type: "AWS_PROXY" },
        Preflight: { ...onRoot, http_method: "OPTIONS", type: "MOCK" },
      },
    });
    expect(Object.keys(document.paths["/"])).toEqual(["delete", "get", "head", "patch", "post", "put"]);
    expect(Object.keys(exported({}).paths["/"])).toContain("options");
  });

  test("the default of a sensitive variable stays where it is", () => {
    const uriWith = (secret: Attributes): unknown => {
      const { paths } = exported({}, true, { variable: { secret } });
      return paths["/"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].uri;
    };
    expect(uriWith({ default: "s3cret" })).toBe("s3cret");
    expect(uriWith({ default: "s3cret", sensitive: true })).toBe("${var.secret}");
    expect(uriWith({})).toBe("${var.secret}");
  });

  test("a policy that is known only after an apply stands as its reference; a schema that is, is named", () => {
    const policy = "${data.aws_iam_policy_document.Policy.json}";
    const given = { aws_api_gateway_rest_api_policy: { Policy: { rest_api_id, policy } } };
    expect(exported(given, true)["x-amazon-apigateway-policy"]).toBe(policy);
    expect(problemsOf(exported(given))).toEqual([]);
    const schema = "${data.http.schema.response_body}";
    expect(() => exported({ aws_api_gateway_model: { Model: { rest_api_id, name: "A", schema } } })).toThrow(
      "aws_api_gateway_model.Model: schema must be JSON that is known before an apply, got: ",
    );
  });

  test("a request may have the model that every API has", () => {
    const method = { ...onRoot, http_method: "POST", authorization: "NONE" };
    const document = exported({
      aws_api_gateway_method: { Post: { ...method, request_models: { "application/json": "Empty" } } },
      aws_api_gateway_integration: { Post: { ...onRoot, http_method: "POST", type: "AWS_PROXY" } },
    });
    expect(problemsOf(document)).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(["Empty"]);
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
  /** An API whose document is longer than what a pipe holds. */
  const largeOutdir = (): string =>
    synthesizeApp((app) => {
      const stack = new Stack(app, "large", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
      const api = new RestApi(stack, "Api", { ...apiProps, description: "x".repeat(1_000_000), definition: "openapi" });
      api.addRoute("GET", "/", proxy);
    });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["bundling/run.js", "openapi/main.ts", ...args], {
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir },
    });

  /** Runs the command in a shell, with what follows it. */
  const piped = (rest: string, folder = outdir) =>
    spawnSync("bash", ["-c", `node bundling/run.js openapi/main.ts ${rest}`], {
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: folder },
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

  test("replaces a file as a whole, and one that a link leads to", () => {
    const folder = scratchFolder();
    const [file, link] = [path.join(folder, "shop.json"), path.join(folder, "link.json")];
    fs.writeFileSync(file, "x".repeat(100_000));
    const reader = fs.openSync(file, "r");
    fs.symlinkSync(file, link);
    expect(run("--out", link).status).toBe(0);
    // Whoever has it open goes on reading the one that it was.
    expect(fs.readFileSync(reader, "utf8")).toBe("x".repeat(100_000));
    fs.closeSync(reader);
    expect(JSON.parse(fs.readFileSync(file, "utf8")).info.title).toBe("shop");
    expect([fs.lstatSync(link).isSymbolicLink(), fs.readdirSync(folder).sort()]).toEqual([
      true,
      ["link.json", "shop.json"],
    ]);
  });

  test("writes to what cannot be replaced", () => {
    const { stdout } = piped("--out /dev/stdout | cat");
    expect(stdout).toMatch(/^\{\n[\s\S]*\n\}\n\/dev\/stdout: 3 paths of shop\n$/);
  });

  test.each<[what: string, out: (folder: string) => string, reason: string]>([
    ["a folder", (folder) => folder, "EISDIR"],
    ["what is below a file", (folder) => path.join(folder, "file", "a.json"), "ENOTDIR"],
    ["a name that is too long", (folder) => path.join(folder, "a".repeat(300)), "ENAMETOOLONG"],
  ])("names %s that cannot be written, and leaves nothing behind", (_, out, reason) => {
    const folder = scratchFolder();
    fs.writeFileSync(path.join(folder, "file"), "kept");
    const file = out(folder);
    const { status, stdout, stderr } = run("--out", file);
    expect([status, stdout, stderr]).toEqual([
      1,
      "",
      expect.stringContaining(`--out must be a file that can be written, got: ${file} (${reason}`),
    ]);
    expect(fs.readdirSync(folder)).toEqual(["file"]);
    expect(fs.readFileSync(path.join(folder, "file"), "utf8")).toBe("kept");
  });

  test("a document that fails leaves the file of the last one", () => {
    const file = path.join(scratchFolder(), "shop.json");
    fs.writeFileSync(file, "kept");
    expect(run("shop", "--out", file).status).toBe(1);
    expect(fs.readFileSync(file, "utf8")).toBe("kept");
  });

  test("ends quietly when its reader has read enough", () => {
    const { stdout, stderr } = piped('| head -c 1; echo " ${PIPESTATUS[0]}"', largeOutdir());
    expect([stdout, stderr]).toEqual(["{ 0\n", ""]);
  });

  test("fails with a sentence, and with its usage for what it does not know", () => {
    const unknown = run("shop");
    expect([unknown.status, unknown.stdout, unknown.stderr]).toEqual([
      1,
      "",
      expect.stringContaining("got: shop. There are: shop-dev"),
    ]);
    for (const args of [["--yaml"], ["one", "two"], ["--out", ""], ["--out"]]) {
      const { status, stderr } = run(...args);
      expect([status, stderr]).toEqual([2, expect.stringContaining("usage: npm run openapi -- <stack>")]);
    }
  });
});
