import * as http from "node:http";
import type { SignedRequest } from "../../local/iam/sigv4";
import { bodyOf, close, listen } from "./loopback";

/** A server that keeps what clients send as they signed it, and answers nothing but 500. */
export class ReceivedRequests {
  url = "";
  private received?: SignedRequest;
  private readonly server = http.createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    this.received = { method, path, headers, body: await bodyOf(request) };
    response.writeHead(500).end();
  });

  static async start(): Promise<ReceivedRequests> {
    const started = new ReceivedRequests();
    started.url = await listen(started.server);
    return started;
  }

  /** @throws Error where nothing was sent yet */
  get last(): SignedRequest {
    if (this.received) return this.received;
    throw new Error("no request was received");
  }

  stop(): Promise<void> {
    return close(this.server);
  }
}
