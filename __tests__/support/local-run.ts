import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { sign } from "../../local/iam/sigv4";
import { scratchFolder } from "./scratch-folder";

/** `npm run local` in a process of its own, as a person starts it, on any port that is free. */
export class LocalRun {
  private readonly child: ChildProcess;
  private printed = "";

  /** @param project the project's folder */
  constructor(project: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, ["bundling/run.js", "local/main.ts", "--port", "0", ...args], {
      cwd: project,
      // What a killed run has unpacked goes with the test's own files.
      env: { ...process.env, TMPDIR: scratchFolder() },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk) => {
        this.printed += chunk;
      });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** All that it has printed. */
  get output(): string {
    return this.printed;
  }

  /** Waits for a text among what it prints, from a place on. */
  async until(text: string, from = 0): Promise<void> {
    while (!this.printed.includes(text, from)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without "${text}": ${this.printed}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits until it is up. */
  async ready(): Promise<this> {
    await this.until("Ctrl-C stops it");
    return this;
  }

  /** What the printed `export` line sets. */
  get environment(): Readonly<Record<string, string>> {
    const [line = ""] = /^export .*$/m.exec(this.printed) ?? [];
    return Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  }

  get endpoint(): string {
    return this.environment.AWS_ENDPOINT_URL ?? "";
  }

  /** The URL of a printed curl command that ends in this. */
  urlOf(ending: string): string {
    const [, url] = new RegExp(`'(http://[^']*${ending})'$`, "m").exec(this.printed) ?? [];
    if (url === undefined) throw new Error(`no command is for …${ending}: ${this.printed}`);
    return url;
  }

  /** POSTs JSON, signed for a service as the operator. */
  post(url: string, body: unknown, service = "execute-api", headers: Record<string, string> = {}): Promise<Response> {
    const { host, pathname } = new URL(url);
    const text = JSON.stringify(body);
    const given = { "content-type": "application/json", ...headers, host };
    const credentials = {
      accessKeyId: this.environment.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: this.environment.AWS_SECRET_ACCESS_KEY ?? "",
      sessionToken: this.environment.AWS_SESSION_TOKEN ?? "",
    };
    const request = { method: "POST", path: pathname, headers: given, body: Buffer.from(text) };
    const scope = { region: this.environment.AWS_REGION ?? "", service, now: Date.now() };
    const signed = sign(request, credentials, scope);
    return fetch(url, { method: "POST", headers: { ...given, ...signed }, body: text });
  }

  /** Everything in a table. */
  async scan(tableName: string): Promise<readonly Readonly<Record<string, { readonly S?: string }>>[]> {
    const headers = { "x-amz-target": "DynamoDB_20120810.Scan", "content-type": "application/x-amz-json-1.0" };
    const items: Record<string, { S?: string }>[] = [];
    for (let ExclusiveStartKey: unknown; ; ) {
      const answer = await this.post(
        `${this.endpoint}/`,
        { TableName: tableName, ExclusiveStartKey },
        "dynamodb",
        headers,
      );
      const page = (await answer.json()) as { Items: typeof items; LastEvaluatedKey?: unknown };
      items.push(...page.Items);
      ExclusiveStartKey = page.LastEvaluatedKey;
      if (!ExclusiveStartKey) return items;
    }
  }

  /** Reads no more of what it prints; gives its exit code, should it end by that. */
  leave(): Promise<number | null> {
    this.child.stdout?.destroy();
    return this.ended();
  }

  /** Kills it, as a power cut would. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended();
  }

  /** Ends it as Ctrl-C does; gives its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill("SIGINT");
    return this.ended();
  }

  private async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}
