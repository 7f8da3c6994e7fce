import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { LocalRun } from "../support/local-run";
import { Project } from "../support/project";

/** Whether the machine has a curl that can sign (7.75); the printed command is run where it has. */
const signs = spawnSync("curl", ["--help", "all"], { encoding: "utf8" }).stdout?.includes("--aws-sigv4") ?? false;

const project = new Project();
project.run("main.ts");

test("stays up, hands out a command for each route, and on Ctrl-C tells of grants and leaves nothing", async () => {
  const run = await new LocalRun(project.folder, "--grants").ready();
  expect(run.output).toMatch(
    /^live-orders-dev, orders-dev, presigned-url-dev, storage-dev on http:\/\/127\.0\.0\.1:\d+, as account 123456789012 in eu-west-1; ready in \d+ ms$/m,
  );
  const commands = run.output.match(/^curl .*$/gm) ?? [];
  const routes = commands.map((command) => command.replace(/^curl -X (\w+) .*\/dev(\/.*)'$/, "$1 $2")).sort();
  expect(routes).toEqual([
    "DELETE /objects/key",
    "GET /buckets",
    "GET /objects",
    "GET /objects/key",
    "GET /presigned-url?fileKey=key&operation=upload",
    "POST /objects",
    "POST /orders",
  ]);
  const [environment] = run.output.match(/^export AWS_ENDPOINT_URL=.*$/m) ?? [];
  expect(environment).toMatch(
    / AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=\S+ AWS_SECRET_ACCESS_KEY=\S+ AWS_SESSION_TOKEN=\S+$/,
  );
  if (signs) {
    for (const command of commands) {
      const { stdout } = spawnSync("sh", ["-c", `${environment}; ${command} -s -w '\n%{http_code}'`], {
        encoding: "utf8",
      });
      expect([200, 201, 202, 204]).toContain(Number(stdout.split("\n").at(-1)));
    }
    await run.until("outbox  ← you@example.com: New order 1");
  }
  // Under npm it comes twice.
  const [exitCode] = await Promise.all([run.stop(), run.stop()]);
  expect(exitCode).toBe(0);
  expect(run.output).toMatch(
    /^never +sqs:ChangeMessageVisibility +dev-Lambda-SQS-DynamoDB +dev-Lambda-Read-SQS +arn:aws:sqs:/m,
  );
  expect(run.output).toContain("No call was denied.");
});

test("stops, as by Ctrl-C, where nobody reads what it says any more", async () => {
  const run = await new LocalRun(project.folder).ready();
  const url = run.urlOf("/orders");
  const exitCode = run.leave();
  expect((await run.post(url, { orderID: "unread" })).status).toBe(202);
  expect(await exitCode).toBe(0);
});

test("with --watch goes on with what is saved, and with what it has where that is broken; Ctrl-C in a synthesis leaves nothing", async () => {
  const watched = new Project();
  const run = await new LocalRun(watched.folder, "--watch").ready();
  const url = run.urlOf("/orders");
  const order = async (orderID: string) => {
    const from = run.output.length;
    expect((await run.post(url, { orderID })).status).toBe(202);
    await run.until(`New order ${orderID}`, from);
  };
  /** Saves a change, and waits for what is said of it. */
  const save = async (file: string, content: string, said: string) => {
    const from = run.output.length;
    watched.write(file, content);
    await run.until(said, from);
    return run.output.slice(from);
  };
  const writer = "handlers/write-order.ts";
  const code = watched.read(writer);
  expect(await save(writer, `${code}\nconsole.log("saved");\n`, "watch  reloaded")).toMatch(
    /watch {2}reloaded in \d+\.\d\d s: aws_lambda_function\.WriteOrder \(code\) in orders-dev\n/,
  );
  await order("1");
  await run.until("saved");
  expect(await save(writer, `${code}\nconst =;\n`, "watch  not reloaded")).toContain(`${writer}:`);
  await order("2");
  await save(writer, code, "watch  reloaded");
  const settings = watched.read("settings/dev.json");
  expect(
    await save(
      "settings/dev.json",
      settings.replace('"prefix": "dev-"', '"prefix": 7').replace(/"namePrefix": "dev-"/, '"namePrefix": 7'),
      "watch  not reloaded",
    ),
  ).toContain("settings/dev.json");
  await order("3");
  expect(await save("settings/dev.json", settings, "watch  reloaded")).toContain("nothing that runs has changed");
  expect(await run.scan("dev-orders")).toHaveLength(3);
  watched.write(writer, `${code}\nconsole.log("again");\n`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const said = run.output.length;
  expect(await run.stop()).toBe(0);
  expect(run.output.slice(said)).not.toContain("not reloaded");
});

test("does not take a walk that is interrupted for one that went well", async () => {
  const slow = new Project();
  const writer = "handlers/write-order.ts";
  slow.write(writer, `${slow.read(writer)}\nfor (const end = Date.now() + 3_000; Date.now() < end; );\n`);
  const child = spawn(process.execPath, ["bundling/run.js", "start.ts"], { cwd: slow.folder });
  child.stdout.on("data", (chunk) => {
    if (String(chunk).includes("Next")) child.kill("SIGINT");
  });
  const [exitCode] = await once(child, "close");
  expect(exitCode).toBe(1);
});

test.each(["local/main.ts --help", "openapi/main.ts -h"])("%s says what there is", (entry) => {
  expect(project.run(entry)).toEqual({ status: 0, stdout: expect.stringMatching(/^usage: npm run .*\n$/), stderr: "" });
});

test("runs another environment, walks through it and ends", () => {
  const { status, stdout } = project.run("local/main.ts --walk prod");
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^orders-prod, run on this machine\n {2}POST \/orders .* 202 .*\n {2}in orders after \d+ ms .*\n {2}mailed to you@example\.com/m,
  );
});

test("runs the stacks of one environment, and not those of another whose name ends alike", () => {
  const other = new Project();
  const dev = JSON.parse(other.read("settings/dev.json"));
  other.remove("settings/dev.json");
  for (const name of ["us", "prod-us"]) other.write(`settings/${name}.json`, { ...dev, namePrefix: `${name}-` });
  other.run("main.ts");
  const walk = (environment: string) =>
    other.run(`local/main.ts --walk ${environment}`).stdout.match(/^orders-\S+(?=,)/gm);
  expect([walk("us"), walk("prod-us"), walk("")]).toEqual([["orders-us"], ["orders-prod-us"], ["orders-prod"]]);
});

test.each([
  ["local/main.ts qa", 1, "environment must be one that cdktf.out has stacks of, got: qa. There are: dev, prod"],
  ["local/main.ts --port x", 2, "--port must be an integer from 0 to 65535, got: x\nusage: npm run local"],
  ["local/main.ts dev prod", 2, "environment must be one, got: dev, prod"],
  [
    "local/main.ts --walk --watch",
    2,
    "--walk runs on its own and ends: leave --watch out, or --walk\nusage: npm run local",
  ],
  ["local/main.ts --data package.json", 1, "--data package.json is a file. Name a folder"],
  [
    "local/main.ts --data package.json/data",
    1,
    "--data package.json/data can not be used: ENOTDIR: not a directory, mkdir",
  ],
  ["local/main.ts --nope", 2, "usage: npm run local"],
])("%s ends with %i and says why", (entry, code, message) => {
  const { status, stderr } = project.run(entry);
  expect(status).toBe(code);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at ");
});

test.each([
  ["cdktf.out", "--watch", "outdir must be a folder, got: cdktf.out, which is a file"],
  [
    "cdktf.out",
    "",
    "cdktf.out must be a folder of what was synthesized, and is a file. Move it away and run npm start",
  ],
  ["cdktf.out/stacks", "", "cdktf.out/stacks must be a folder of what was synthesized, and is a file"],
])("a file in place of %s is named, with %s", (file, option, message) => {
  const broken = new Project();
  if (file !== "cdktf.out") broken.run("main.ts");
  fs.rmSync(path.join(broken.folder, file), { recursive: true, force: true });
  broken.write(file, "notes");
  const { status, stderr } = broken.run(`local/main.ts --port 0 ${option}`);
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(broken.read(file)).toBe("notes");
});
