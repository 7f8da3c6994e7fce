import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Answer } from "../api-gateway/answer";
import { AwsError } from "../aws";
import type { Admission } from "./websocket-api";

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MAX_MESSAGE_BYTES = 131_072;

/** A request to become a WebSocket, as Node.js's server tells of it. */
export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly raw: Duplex;
  readonly head: Buffer;
}

/** Makes WebSockets of requests that may become one. */
export class Upgrades {
  private readonly pending = new Set<Duplex>();

  /** @param ask says whether the client may connect, or what it is answered instead */
  async handle({ incoming, raw, head }: Upgrade, ask: () => Promise<Admission | Answer>): Promise<void> {
    this.pending.add(raw);
    // A client that hangs up is seen by what its socket is afterwards.
    raw.on("error", () => undefined);
    try {
      const asked = isHandshake(incoming) ? await ask().catch(faultOf) : notAHandshake;
      if ("status" in asked) return refuse(raw, asked);
      if (raw.destroyed) return asked.abandon();
      accept({ incoming, raw, head }, asked);
    } finally {
      this.pending.delete(raw);
    }
  }

  /** Hangs up on whoever still waits. */
  stop(): void {
    for (const raw of this.pending) raw.destroy();
  }
}

function accept({ incoming, raw, head }: Upgrade, { subprotocol, begin }: Admission): void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // Connections are ended by those who know them.
    clientTracking: false,
    handleProtocols: () => subprotocol ?? false,
  });
  server.handleUpgrade(incoming, raw, head, (socket) => begin({ socket, raw }));
}

/** Whether `ws` will take it, so that nobody is asked for one that it will not. */
const isHandshake = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  headers.upgrade?.toLowerCase() === "websocket" &&
  headers["sec-websocket-version"] === "13" &&
  /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "");

const notAHandshake: Answer = {
  status: 400,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"message":"Bad Request"}'),
};

function faultOf(error: unknown): Answer {
  const { status, message } = error instanceof AwsError ? error : { status: 500, message: String(error) };
  const headers = { "content-type": "application/json" };
  return { status, headers, body: Buffer.from(JSON.stringify({ message })) };
}

function refuse(raw: Duplex, { status, headers, body }: Answer): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "connection: close",
  ];
  raw.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
}
