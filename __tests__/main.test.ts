import { Project } from "./support/project";
import { terraform, testWithTerraform } from "./support/terraform";

const readJson = (project: Project, file: string) => JSON.parse(project.read(file));

describe("the same commit", () => {
  const first = new Project();
  const second = new Project("another folder/deeper, with spaces");
  first.run("main.ts");
  // Another clock, another umask, and a second run over the first one's cache and output.
  second.write("clock.cjs", "const { now } = Date; Date.now = () => now() + 5e11;");
  const env = { NODE_OPTIONS: '--require "./clock.cjs"', TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8" };
  const runs = [0, 1].map(() => second.run("main.ts", { env, shell: "umask 077; " }));

  test("gives the same bytes in another folder, at another time, with another umask, twice", () => {
    expect(runs.map(({ status, stderr }) => [status, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const assets = {
      "live-orders": [
        ...["answer-message", "authorize-request", "broadcast-order"],
        ...["connect-client", "disconnect-client", "subscribe-to-orders"],
      ],
      orders: ["notify-order", "write-order"],
      "presigned-url": ["generate-presigned-url"],
      storage: ["delete-object", "list-buckets", "list-objects", "read-object", "write-object"],
    };
    const filesOf = ([system, handlers]: [string, string[]], environment: string) => {
      const zips = handlers.flatMap((handler) => [`assets/${handler}.js.map`, `assets/${handler}.zip`]);
      return [...zips, "cdk.tf.json"].map((file) => `stacks/${system}-${environment}/${file}`);
    };
    const files = Object.entries(assets).flatMap((system) => [...filesOf(system, "dev"), ...filesOf(system, "prod")]);
    expect([...second.tree().keys()]).toEqual([
      "manifest.json",
      "stacks/api-gateway-account-eu-west-1/cdk.tf.json",
      ...files,
    ]);
    for (const [file, content] of second.tree())
      expect([file, content === first.tree().get(file)]).toEqual([file, true]);
  });

  test("names no folder of the machine", () => {
    for (const [file, content] of first.tree()) {
      expect([file, content.includes(first.folder), content.includes(process.cwd())]).toEqual([file, false, false]);
    }
  });

  testWithTerraform("is configuration that Terraform reads", () => {
    for (const stack of Object.keys(readJson(first, "cdktf.out/manifest.json").stacks)) {
      const config = readJson(first, `cdktf.out/stacks/${stack}/cdk.tf.json`);
      delete config.terraform.backend;
      expect(terraform(config, ["providers"])).toContain("provider[registry.terraform.io/hashicorp/aws] 6.25.0");
    }
  });
});

describe("npm start", () => {
  const project = new Project();
  const { status, stdout } = project.run("start.ts");

  test("says what came out and what comes next, and walks through every system", () => {
    expect(status).toBe(0);
    const text = stdout
      .replace(/\d+ kB/g, "N kB")
      .replace(/\d+\.\d+ s/g, "N s")
      .replace(/\d+ ms/g, "N ms")
      .replace(/[\da-f-]{36}/, "<id>");
    expect(text).toBe(`api-gateway-account-eu-west-1
            3 resources: API Gateway 1, IAM 2
  outputs   1 in all
live-orders-dev, live-orders-prod
            98 resources: API Gateway 14, CloudWatch 20, CloudWatch Logs 12, Cognito 2
            DynamoDB 3, IAM 33, KMS 1, Lambda 8, SNS 3, SQS 2
  zips      answer-message.zip N kB, authorize-request.zip N kB, broadcast-order.zip N kB
            connect-client.zip N kB, disconnect-client.zip N kB, subscribe-to-orders.zip N kB
  outputs   14 in all, live_orders_url
orders-dev, orders-prod
            77 resources: API Gateway 25, CloudWatch 12, CloudWatch Logs 5, DynamoDB 1, IAM 18
            KMS 1, Lambda 4, SNS 4, SQS 7
  zips      notify-order.zip N kB, write-order.zip N kB
  outputs   21 in all, orders_url
presigned-url-dev, presigned-url-prod
            43 resources: API Gateway 15, CloudWatch 6, CloudWatch Logs 4, IAM 7, KMS 1
            Lambda 1, S3 7, SNS 2
  zips      generate-presigned-url.zip N kB
  outputs   13 in all, presigned_url_url
storage-dev, storage-prod
            89 resources: API Gateway 26, CloudWatch 14, CloudWatch Logs 8, IAM 26, KMS 1
            Lambda 5, S3 7, SNS 2
  zips      delete-object.zip N kB, list-buckets.zip N kB, list-objects.zip N kB
            read-object.zip N kB, write-object.zip N kB
  outputs   20 in all, storage_url

9 stacks in cdktf.out, N s

Next
  npx cdktf deploy api-gateway-account-eu-west-1   once, unless API Gateway has a logging role there already (docs/deploying.md)
  npx cdktf deploy orders-dev presigned-url-dev storage-dev
  npx cdktf deploy live-orders-dev   after orders, whose notifications it listens to (docs/live-orders.md)
  terraform -chdir=cdktf.out/stacks/orders-dev init && terraform -chdir=cdktf.out/stacks/orders-dev plan   one of them without the CLI
  npm start -- prod   says so, and walks through it, for another environment: prod

No accountId in settings/: everything would go to whatever account the credentials belong to.

live-orders-dev, run on this machine
  a client that follows all orders saw walk-live N ms after it was posted
  it went away, and when it came back got walk-away, which it had missed
orders-dev, run on this machine
  POST /orders {"orderID":"walk-1","item":"tea","quantity":2}  202 {"messageId":"<id>"}
  in dev-orders after N ms  {"orderID":"walk-1","item":"tea","quantity":2}
  mailed to you@example.com after N ms  New order walk-1
presigned-url-dev, run on this machine
  GET /presigned-url?operation=upload&fileKey=walk.bin  200, PUT by it 200
  GET /presigned-url?operation=download&fileKey=walk.bin  200, GET by it 200, the same 256 bytes
storage-dev, run on this machine
  POST /objects {"key":"walk/tea ☕.txt","content":"two cups","contentType":"text/plain; charset=utf-8"}  201, 8 bytes
  GET /objects?prefix=walk/  200, 1 object; GET /objects/walk/tea%20%E2%98%95.txt  200, two cups
  DELETE /objects/walk/tea%20%E2%98%95.txt  204; GET  404
  0 calls denied; started, walked and stopped in N s. npm run local stays up
`);
  });

  test("ends without a word where its reader has read enough", () => {
    const { stdout, stderr } = project.run("start.ts | head -n 1");
    expect([stdout, stderr]).toEqual(["api-gateway-account-eu-west-1\n", ""]);
  });
});

describe("whoever changes the project", () => {
  test("adds an environment and a Region with a settings file each", () => {
    const project = new Project();
    const dev = readJson(project, "settings/dev.json");
    project.write("settings/qa.json", { ...dev, namePrefix: "qa-" });
    project.write("settings/dev-us.json", { ...dev, nameSuffix: "-us", region: "us-east-1" });
    const started = project.run("start.ts qa");
    expect(started).toMatchObject({ status: 0, stderr: "" });
    expect(started.stdout).toContain("  npx cdktf deploy orders-qa presigned-url-qa storage-qa\n");
    expect(started.stdout).toContain("\nstorage-qa, run on this machine\n");
    // The other Region's logging role is not this environment's.
    expect(started.stdout).not.toContain("npx cdktf deploy api-gateway-account-us-east-1");
    expect(Object.keys(readJson(project, "cdktf.out/manifest.json").stacks)).toEqual([
      "api-gateway-account-eu-west-1",
      "api-gateway-account-us-east-1",
      ...["live-orders", "orders", "presigned-url", "storage"].flatMap((system) =>
        ["dev", "dev-us", "prod", "qa"].map((environment) => `${system}-${environment}`),
      ),
    ]);
    const config = readJson(project, "cdktf.out/stacks/orders-dev-us/cdk.tf.json");
    expect(config.provider.aws[0].region).toBe("us-east-1");
    expect(config.resource.aws_iam_role.ApiGatewaySqs.name).toBe("dev-APIGateway-SQS-us");
    expect(config.resource.aws_api_gateway_stage.Api_Stage.stage_name).toBe("dev-us");
  });

  test("moves the state by editing backend.tf.json", () => {
    const project = new Project();
    const s3 = { bucket: "states", key: "gatehouse", region: "eu-west-1" };
    project.write("backend.tf.json", { terraform: { backend: { s3 } } });
    expect(project.run("main.ts")).toMatchObject({ status: 0, stderr: "" });
    expect(readJson(project, "cdktf.out/stacks/orders-dev/cdk.tf.json").terraform.backend).toEqual({
      s3: { ...s3, key: "gatehouse/orders-dev.tfstate" },
    });

    // Synthesis for Terraform Cloud must not look for the terraform binary.
    project.write("backend.tf.json", {
      terraform: { cloud: { organization: "acme", workspaces: { name: "gatehouse" } } },
    });
    const noTerraform = project.run("main.ts", { env: { PATH: "/usr/bin:/bin" } });
    expect(noTerraform).toMatchObject({ status: 0, stderr: "" });
    expect(readJson(project, "cdktf.out/stacks/orders-dev/cdk.tf.json").terraform).toMatchObject({
      cloud: { organization: "acme", workspaces: { name: "gatehouse-orders-dev" } },
    });
  });

  describe("is told what is wrong in one line, and keeps the previous output", () => {
    const project = new Project();
    project.run("main.ts");
    const before = project.tree();
    const originals = ["settings/dev.json", "backend.tf.json", "handlers/write-order.ts"].map(
      (file) => [file, project.read(file)] as const,
    );

    test.each<[string, string, (text: string) => string, string]>([
      [
        "a setting out of range",
        "settings/dev.json",
        (text) => text.replace('"rateLimit": 50', '"rateLimit": 0'),
        "SettingsError: settings/dev.json:.api.throttle.rateLimit must be above 0, got: 0",
      ],
      [
        "settings that are no JSON",
        "settings/dev.json",
        () => "{,",
        "SettingsError: settings/dev.json must be a readable file of JSON, got:",
      ],
      [
        "two backends",
        "backend.tf.json",
        () => '{"terraform":{"backend":{"local":{}},"cloud":{}}}',
        "BackendError: backend.tf.json: terraform must be exactly one of",
      ],
      [
        "a handler that does not parse",
        "handlers/write-order.ts",
        (text) => `${text}\nconst = 1;`,
        "BundleError: handlers/write-order.ts:",
      ],
      [
        "a secret",
        "backend.tf.json",
        () => '{"terraform":{"cloud":{"token":"x","workspaces":{"name":"g"}}}}',
        "RuleError: api-gateway-account-eu-west-1: terraform.cloud.token must not hold a secret",
      ],
    ])("%s", (_, file, change, message) => {
      for (const [name, text] of originals) project.write(name, text);
      project.write(file, change(project.read(file)));
      const { status, stderr } = project.run("start.ts");
      expect(stderr).toContain(message);
      expect(stderr).not.toContain("    at ");
      expect(status).toBe(1);
      expect(project.tree()).toEqual(before);
    });
  });

  test("is not harmed by a damaged cache", () => {
    const project = new Project();
    project.run("main.ts");
    const before = project.tree();
    const cache = [...project.tree(".cache").keys()].map((file) => `.cache/${file}`);
    expect(cache.length).toBeGreaterThanOrEqual(8);
    for (const damage of [() => "", (text: string) => text.slice(0, text.length / 2), () => "null"]) {
      for (const file of cache) project.write(file, damage(project.read(file)));
      expect(project.run("main.ts")).toMatchObject({ status: 0, stderr: "" });
      expect(project.tree()).toEqual(before);
    }
  });

  test("may synthesize twice at once: the output is whole at any moment", async () => {
    const project = new Project();
    project.run("main.ts");
    const before = project.tree();
    const runs = await Promise.all(Array.from({ length: 4 }, () => project.start("main.ts")));
    expect(runs).toEqual([0, 0, 0, 0]);
    expect(project.tree()).toEqual(before);
  });

  test("is told of an environment that does not exist", () => {
    expect(new Project().run("start.ts staging now")).toMatchObject({
      status: 1,
      stderr: "Error: environment must be one that cdktf.out has stacks of, got: staging now. There are: dev, prod\n",
    });
  });

  test("is told that npm start has no options", () => {
    expect(new Project().run("start.ts --watch")).toMatchObject({
      status: 2,
      stderr: "Unknown option '--watch'\nusage: npm start [-- <environment>]\n",
    });
  });

  test("is told of an entry that does not exist", () => {
    expect(new Project().run("none.ts")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no such file: none.ts"),
    });
  });

  test("sees a change at once, and the tokens' origin in a debug run", () => {
    const project = new Project();
    project.run("main.ts");
    project.write(
      "stacks/orders.ts",
      project.read("stacks/orders.ts").replace('name("POC-Queue")', 'name("Other-Queue")'),
    );
    project.run("main.ts");
    expect(project.read("cdktf.out/stacks/orders-prod/cdk.tf.json")).toContain('"name": "Other-Queue"');
    project.write("main.ts", `${project.read("main.ts")}\nthrow new TypeError("here");`);
    expect(project.run("main.ts", { env: { GATEHOUSE_DEBUG: "1" } }).stderr).toMatch(
      /TypeError: here\n\s+at .*main\.ts:\d+/,
    );
  });
});
