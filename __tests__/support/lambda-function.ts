import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { unzipSync } from "fflate";
import { bundle } from "../../constructs/lambda/bundle";
import { scratchFolder } from "./scratch-folder";

/** A built handler in a process of its own, as Lambda runs it: from the zip, with nothing but its own environment. */
export class LambdaFunction {
  private constructor(private readonly child: ChildProcess) {}

  static async start(entry: string, environment: Record<string, string>): Promise<LambdaFunction> {
    const folder = scratchFolder();
    const { zipFile } = bundle([entry]).get(entry) as { zipFile: string };
    for (const [name, content] of Object.entries(unzipSync(fs.readFileSync(zipFile)))) {
      fs.writeFileSync(path.join(folder, name), content);
    }
    const child = fork(path.resolve("__tests__/support/invoke.js"), [path.join(folder, "index.js")], {
      env: {
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_MAX_ATTEMPTS: "1",
        POWERTOOLS_DEV: "true",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const lambda = new LambdaFunction(child);
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => lambda.log.push(String(chunk)));
    await once(child, "message");
    return lambda;
  }

  /** What the function has written, in pieces. */
  readonly log: string[] = [];

  async invoke<Result>(event: object): Promise<Result> {
    this.child.send(event);
    const [{ result, error }] = (await once(this.child, "message")) as [{ result: Result; error?: string }];
    if (error) throw new Error(error);
    return result;
  }

  async stop(): Promise<void> {
    this.child.disconnect();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }
}
