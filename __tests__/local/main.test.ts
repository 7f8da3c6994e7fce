import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Project } from "../support/project";

const project = new Project();
project.run("main.ts");

/** Starts the local run as a person does, and gives what it prints until a text comes. */
function start(...args: string[]): {
  child: ChildProcess;
  output: () => string;
  until: (text: string) => Promise<void>;
} {
  const child = spawn(process.execPath, ["bundling/run.js", "local/main.ts", "--port", "0", ...args], {
    cwd: project.folder,
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (printed += chunk));
  const until = async (text: string): Promise<void> => {
    while (!printed.includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without "${text}": ${printed}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { child, output: () => printed, until };
}

test("stays up, hands out a command for each route, and on Ctrl-C tells of grants and leaves nothing", async () => {
  const { child, output, until } = start("--grants");
  await until("Ctrl-C stops it");
  expect(output()).toMatch(
    /^orders-dev on http:\/\/127\.0\.0\.1:\d+, as account 123456789012 in eu-west-1; ready in \d+ ms$/m,
  );
  const curl = /^curl .*$/m.exec(output())?.[0] ?? "";
  const answer = spawn("sh", ["-c", curl]);
  let body = "";
  answer.stdout.on("data", (chunk) => (body += chunk));
  const [code] = await once(answer, "close");
  if (code === 0) {
    expect(JSON.parse(body)).toEqual({ messageId: expect.any(String) });
    await until("outbox  ← you@example.com: New order 1");
  }
  child.kill("SIGINT");
  child.kill("SIGINT");
  const [exitCode] = await once(child, "close");
  expect(exitCode).toBe(0);
  expect(output()).toMatch(
    /^never +sqs:ChangeMessageVisibility +dev-Lambda-SQS-DynamoDB +dev-Lambda-Read-SQS +arn:aws:sqs:/m,
  );
  expect(output()).toContain("No call was denied.");
});

test("runs another environment, walks through it and ends", () => {
  const { status, stdout } = project.run("local/main.ts --walk prod");
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^orders-prod, run on this machine\n {2}POST \/orders .* 202 .*\n {2}in orders after \d+ ms .*\n {2}mailed to you@example\.com/,
  );
});

test.each([
  [
    "local/main.ts qa",
    1,
    "environment must be one that cdktf.out has stacks of, got: qa. Stacks there: api-gateway-account-eu-west-1, orders-dev, orders-prod",
  ],
  ["local/main.ts --port x", 2, "--port must be an integer from 0 to 65535, got: x\nusage: npm run local"],
  ["local/main.ts dev prod", 2, "environment must be one, got: dev, prod"],
  ["local/main.ts --nope", 2, "usage: npm run local"],
])("%s ends with %i and says why", (entry, code, message) => {
  const { status, stderr } = project.run(entry);
  expect(status).toBe(code);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at ");
});
