import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "../aws";
import type { WebSocketVariables } from "./context-variables";
import { onTooLargeFrame } from "./frame-size";
import type { Stage } from "./stage";

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const IDLE_MS = 10 * 60_000;
const LONGEST_MS = 2 * 3_600_000;
/** AWS says that there is a buffer for each client, and not how large it is. */
const MAX_WAITING_BYTES = 1_048_576;

const BINARY = 1_003;
const TOO_LARGE = 1_009;
const GOING_AWAY = 1_001;
const NORMAL = 1_000;
const NO_STATUS = 1_005;

/** What is known of who connects, from the request to connect on. */
export interface Client {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly stage: Stage;
  /** `$context` as it was when the client connected, for what holds as long as the connection does. */
  readonly variables: WebSocketVariables;
  /** As functions get it: `requestContext.identity`. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** What the authorizer said: `requestContext.authorizer`. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
  /** Headers of the request to connect that come again when the connection ends. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A WebSocket, and what is under it. */
export interface Sockets {
  readonly socket: WebSocket;
  readonly raw: Duplex;
}

interface Listener {
  readonly onMessage: (message: string) => void;
  /** Once, however the connection ended. */
  readonly onEnd: (code: number, reason: string) => void;
}

/**
 * A client's connection, until one side ends it, ten minutes without a message pass, or two hours.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export class Connection {
  lastActiveAt: number;
  private readonly socket: WebSocket;
  private ending?: { readonly code: number; readonly reason: string };
  private cancelIdle: () => void = () => undefined;
  private readonly cancelLongest: () => void;

  constructor(
    readonly client: Client,
    { socket, raw }: Sockets,
    private readonly clock: Clock,
    listener: Listener,
  ) {
    this.socket = socket;
    this.lastActiveAt = clock.now();
    this.cancelLongest = clock.after(LONGEST_MS, () => this.close(GOING_AWAY, "Going away"));
    this.stayAlive();
    onTooLargeFrame(raw, () => this.close(TOO_LARGE, ""));
    socket.on("message", (data, isBinary) => {
      if (this.ending) return;
      if (isBinary) return this.close(BINARY, "");
      this.stayAlive();
      listener.onMessage(data.toString());
    });
    // What is wrong with a frame ends the connection; a message that is too large ends it without a close frame read.
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") this.ending ??= { code: TOO_LARGE, reason: "" };
    });
    socket.once("close", (code, reason) => {
      this.stopTimers();
      const { ending } = this;
      const said = code === NO_STATUS ? "Client-side close frame status not set" : reason.toString();
      listener.onEnd(ending?.code ?? code, ending?.reason ?? said);
    });
  }

  /** Whether the client can still be reached. */
  get isOpen(): boolean {
    return this.ending === undefined && this.socket.readyState === this.socket.OPEN;
  }

  /** Whether so much waits for a slow client that nothing more is taken for it. */
  get isFull(): boolean {
    return this.socket.bufferedAmount > MAX_WAITING_BYTES;
  }

  send(text: string): void {
    if (!this.isOpen) return;
    this.stayAlive();
    this.socket.send(text);
  }

  /** Ends the connection, as the other side asks for. */
  disconnect(): void {
    this.close(NORMAL, "");
  }

  /** Ends it at once, without a word: the run is over. */
  terminate(): void {
    this.stopTimers();
    this.socket.terminate();
  }

  private close(code: number, reason: string): void {
    if (this.ending) return;
    this.ending = { code, reason };
    this.stopTimers();
    this.socket.close(code, reason);
  }

  private stayAlive(): void {
    this.lastActiveAt = this.clock.now();
    this.cancelIdle();
    this.cancelIdle = this.clock.after(IDLE_MS, () => this.close(GOING_AWAY, "Going away"));
  }

  private stopTimers(): void {
    this.cancelIdle();
    this.cancelLongest();
  }
}
