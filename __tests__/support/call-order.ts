import * as http from "node:http";
import { bodyOf, close, listen } from "./loopback";

/** The order in which calls to DynamoDB are let through, whoever makes them. */
export class CallOrder {
  private readonly waiting = new Map<string, () => void>();
  private readonly servers: http.Server[] = [];
  private left: string[] = [];

  constructor(private readonly databaseUrl: string) {}

  /**
   * DynamoDB for one function: each call that `nameOf` names waits for its turn.
   * @returns its URL
   */
  async for(
    nameOf: (operation: string, input: { readonly TableName: string }, body: string) => string | undefined,
  ): Promise<string> {
    const server = http.createServer(async (request, response) => {
      const body = String(await bodyOf(request));
      const target = String(request.headers["x-amz-target"]);
      const name = nameOf(target.split(".")[1] ?? "", JSON.parse(body), body);
      if (name) await this.turnOf(name);
      const answer = await fetch(this.databaseUrl, { method: "POST", headers: { "x-amz-target": target }, body });
      const text = await answer.text();
      if (name) this.next();
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" }).end(text);
    });
    this.servers.push(server);
    return listen(server);
  }

  /** Lets the named calls through in this order, each when the one before is done. */
  begin(names: readonly string[]): void {
    this.left = [...names];
  }

  stop(): void {
    for (const server of this.servers) void close(server);
  }

  private turnOf(name: string): Promise<void> | undefined {
    return this.left[0] === name ? undefined : new Promise((resolve) => this.waiting.set(name, resolve));
  }

  private next(): void {
    this.left.shift();
    const next = this.left[0] ?? "";
    this.waiting.get(next)?.();
    this.waiting.delete(next);
  }
}
