import type { ServerResponse } from "node:http";

/** Pages that are told at the same time; browsers open six connections to a server. */
const MOST_CLIENTS = 12;
/** Milliseconds between two messages: what happens in between goes into one. */
const PAUSE_MS = 100;
const HEARTBEAT_MS = 15_000;
/** Bytes that may wait for a page that does not read. */
const MOST_WAITING = 4_194_304;

/**
 * Tells pages of what changes, by Server-Sent Events: at most ten times a second, and nothing at all while nobody listens.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class Feed {
  private readonly clients = new Set<ServerResponse>();
  private timer?: NodeJS.Timeout;
  private heartbeat?: NodeJS.Timeout;

  /**
   * @param news gives what changed since it was last asked, by the name of the event
   * @param everything gives what a page that comes needs to know
   */
  constructor(
    private readonly news: () => Readonly<Record<string, unknown>>,
    private readonly everything: () => Readonly<Record<string, unknown>>,
  ) {}

  /** Goes on telling a page until it hangs up; one too many is turned away. */
  add(client: ServerResponse): void {
    if (this.clients.size >= MOST_CLIENTS) {
      client.writeHead(503, { "content-type": "text/plain", "retry-after": "10" });
      client.end("Too many pages are open: close one.");
      return;
    }
    this.clients.add(client);
    client.on("close", () => this.remove(client));
    client.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    client.write(`retry: 1000\n\n${written(this.everything())}`);
    this.heartbeat ??= setInterval(() => this.write(": still here\n\n"), HEARTBEAT_MS);
  }

  /** Says that something has changed: pages hear of it within a tenth of a second. */
  touch(): void {
    if (this.timer || this.clients.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const text = written(this.news());
      if (text !== "") this.write(text);
    }, PAUSE_MS);
  }

  stop(): void {
    for (const client of [...this.clients]) client.destroy();
    clearTimeout(this.timer);
  }

  private remove(client: ServerResponse): void {
    this.clients.delete(client);
    if (this.clients.size > 0) return;
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  private write(text: string): void {
    for (const client of this.clients) {
      if (client.writableLength > MOST_WAITING) client.destroy();
      else client.write(text);
    }
  }
}

/** Events as they go over the wire. JSON has no line breaks. */
const written = (events: Readonly<Record<string, unknown>>): string =>
  Object.entries(events)
    .map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    .join("");
