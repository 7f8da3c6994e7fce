import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { AwsError } from "../aws";
import type { Cloud } from "../cloud";
import { type Refusal, refusalOf } from "./access";
import { Observer } from "./observer";
import { panels } from "./panels";
import { sendableRoutes, sendTo, UnsendableError } from "./send";

/** API Gateway takes 10 MB; JSON around it may double that. */
const MOST_BYTES = 22_000_000;
const MOST_ROWS = 5_000;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Whatever is answered: nothing of elsewhere is loaded, nobody frames it, nothing is kept. */
const always: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Without any referrer, browsers would not say where a request comes from either.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const reply = (status: number, body: string, type = "text/plain; charset=utf-8"): Reply => ({
  status,
  headers: { "content-type": type },
  body,
});
/** @see https://www.rfc-editor.org/rfc/rfc9110#name-405-method-not-allowed */
const turnedAway = ({ status, why, allow }: Refusal): Reply => {
  const { headers, body } = reply(status, `${why}\n`);
  return { status, headers: { ...headers, ...(allow && { allow }) }, body };
};
const json = (value: unknown, status = 200): Reply => reply(status, JSON.stringify(value), "application/json");

/**
 * A page that shows what a run does, at a port of its own: what browsers are shown at the port of the run, objects of buckets and answers of APIs,
 * has another origin and so no access to it.
 */
export class LocalPage {
  readonly url: string;
  private readonly observer: Observer;
  private readonly files: ReadonlyMap<string, Reply>;

  private constructor(
    private readonly server: http.Server,
    private readonly cloud: Cloud,
  ) {
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}/`;
    this.observer = new Observer(cloud);
    this.files = clientFiles();
    server.on("request", (request, response) => void this.serve(request, response, port));
  }

  /**
   * Serves the page of a run on 127.0.0.1.
   * @param port any that is free where it is taken, or 0
   */
  static async start(cloud: Cloud, port: number): Promise<LocalPage> {
    const server = http.createServer();
    const listen = (at: number): Promise<void> =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(at, "127.0.0.1", resolve);
      });
    await listen(port).catch(() => listen(0));
    return new LocalPage(server, cloud);
  }

  /** Draws the picture anew: the stacks have changed. */
  changed(): void {
    this.observer.changed();
  }

  async stop(): Promise<void> {
    this.observer.stop();
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse, port: number): Promise<void> {
    for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
    const refusal = refusalOf(request, port);
    // Joined, not resolved: `//[` and `http://x:y/` are requests that any program can make, and no URLs.
    const url = new URL(`${this.url}${(request.url ?? "/").slice(1)}`);
    if (!refusal && request.method === "GET" && url.pathname === "/events") {
      this.observer.feed.add(response);
      return;
    }
    const answer = refusal
      ? turnedAway(refusal)
      : await this.answer(request, url).catch((error: unknown) => faultOf(error));
    if (!response.destroyed) response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  private async answer(request: http.IncomingMessage, url: URL): Promise<Reply> {
    const { pathname, searchParams } = url;
    if (request.method === "POST") return json(await this.send(request));
    const [, panel] = /^\/data\/(\w+)$/.exec(pathname) ?? [];
    if (panel === "picture")
      return json({ ...this.observer.drawn(), endpoint: this.cloud.endpoint, place: this.cloud.place });
    if (panel === "routes") return json(sendableRoutes(this.cloud));
    if (panel && Object.hasOwn(panels, panel)) {
      const count = Math.min(MOST_ROWS, Math.max(1, Number(searchParams.get("count")) || 100));
      const asked = { filter: searchParams.get("filter") ?? "", name: searchParams.get("name") ?? "", count };
      return json(await panels[panel]?.(this.cloud, asked, this.observer));
    }
    if (pathname === "/object") return this.object(searchParams.get("bucket") ?? "", searchParams.get("key") ?? "");
    return this.files.get(pathname) ?? notFound;
  }

  /** An object, to be saved: a browser neither shows nor runs it. */
  private object(bucket: string, key: string): Reply {
    const object = this.cloud.s3.objectsOf(bucket).find((one) => one.key === key);
    if (!object) return notFound;
    const filename = encodeURIComponent(key.split("/").at(-1) || "object").replace(
      /['()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16)}`,
    );
    return {
      status: 200,
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename*=UTF-8''${filename}`,
      },
      body: object.body,
    };
  }

  private async send(request: http.IncomingMessage) {
    const { id, path: asked, body } = await bodyOf(request);
    const sent = { id: Number(id), path: String(asked), body: typeof body === "string" ? body : undefined };
    const follow = this.observer.follow(randomUUID(), sent.body ?? "");
    try {
      const answer = await sendTo(this.cloud, sent);
      follow.answered({ ...answer, title: `answered ${answer.status}` });
      return { ...answer, follow: follow.id, steps: follow.steps };
    } catch (error) {
      this.observer.forget(follow.id);
      throw error;
    }
  }
}

const notFound = reply(404, "There is nothing here.\n");

/** What went wrong, for the page to show. */
function faultOf(error: unknown): Reply {
  const { message } = error as Error;
  if (error instanceof AwsError) return json({ error: message }, error.status);
  return json({ error: message }, error instanceof UnsendableError || error instanceof SyntaxError ? 400 : 500);
}

/** @throws SyntaxError for what is no JSON object, or too much */
async function bodyOf(request: http.IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES) throw new SyntaxError(`The request must be at most ${MOST_BYTES} bytes.`);
    chunks.push(chunk as Buffer);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  return Object(value) as Readonly<Record<string, unknown>>;
}

/** The page's own files, by the path that each is served at. Project's own commands run in the project's folder. */
function clientFiles(): ReadonlyMap<string, Reply> {
  const folder = path.resolve("local/page/client");
  return new Map(
    fs.readdirSync(folder).map((file) => {
      const body = fs.readFileSync(path.join(folder, file));
      const headers = { "content-type": types[path.extname(file)] ?? "application/octet-stream" };
      return [file === "index.html" ? "/" : `/${file}`, { status: 200, headers, body }];
    }),
  );
}
