import * as http from "node:http";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { HttpRequest } from "../../local/api-gateway/api-gateway";
import type { Access, Clock } from "../../local/aws";
import { verify, verifyPostPolicy } from "../../local/iam/sigv4";
import type { Journals } from "../../local/journal";
import { S3 } from "../../local/s3/s3";
import { openAccess, place, SkippingClock, silent, someone } from "./local";
import { bodyOf, close, listen } from "./loopback";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a secret" };

/** What came back to a raw request. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** The local run's S3 behind HTTP, for clients that sign with one access key, which is `someone`'s. */
export class S3Server {
  readonly clock = new SkippingClock();
  readonly s3: S3;
  private readonly clients: S3Client[] = [];

  private constructor(
    private readonly server: http.Server,
    readonly url: string,
    access: Access,
    journals: Journals | undefined,
  ) {
    const clock: Clock = this.clock;
    const options = () => ({
      secretOf: (accessKeyId: string) =>
        accessKeyId === credentials.accessKeyId ? { ...credentials, sessionToken: "" } : undefined,
      now: clock.now(),
      region: place.region,
    });
    this.s3 = new S3({
      place,
      access,
      clock,
      log: silent,
      journals,
      authenticate: (request) => {
        verify(request, options());
        return someone;
      },
      authenticateForm: (fields) => {
        verifyPostPolicy(fields, options());
        return someone;
      },
    });
    server.on("request", (incoming, outgoing) => void this.serve(incoming, outgoing));
  }

  /**
   * @param access decides; without it everybody may do everything
   * @param journals where objects are written down; without them nowhere
   */
  static async start(access: Access = openAccess(), journals?: Journals): Promise<S3Server> {
    const server = http.createServer();
    return new S3Server(server, await listen(server), access, journals);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await close(this.server);
  }

  client(changes: S3ClientConfig = {}): S3Client {
    const client = new S3Client({
      endpoint: this.url,
      region: place.region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      ...changes,
    });
    this.clients.push(client);
    return client;
  }

  /** Sends what no SDK would. The path goes out as it is. */
  request(path: string, { method = "GET", headers = {}, body = "" }: RawRequest = {}): Promise<RawAnswer> {
    const bytes = Buffer.from(body);
    const hasLength = method !== "GET" && method !== "HEAD" && headers["transfer-encoding"] === undefined;
    const length = hasLength ? { "content-length": String(bytes.length) } : {};
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.url);
      const outgoing = http.request(
        { hostname, port, path, method, headers: { ...length, ...headers } },
        async (incoming) => {
          const received = await bodyOf(incoming);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: received,
            text: received.toString(),
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(bytes);
    });
  }

  private async serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const request: HttpRequest = {
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      body: await bodyOf(incoming),
      sourceIp: "127.0.0.1",
    };
    try {
      const { status, headers, body } = await this.s3.handle(request);
      outgoing.writeHead(status, headers).end(body);
    } catch (error) {
      outgoing.writeHead(500).end(String(error));
    }
  }
}
