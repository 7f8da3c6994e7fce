import { once } from "node:events";
import * as net from "node:net";
import { apiAround, functionRoute, routeResponse, serveApi } from "../../support/apis-v2";
import { until } from "../../support/until";

type Served = Awaited<ReturnType<typeof serveApi>>;

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const FINAL = 0x80;

let served: Served;

beforeEach(async () => {
  const route_response_selection_expression = "$default";
  const chat = [
    ...functionRoute("$default", { route: { route_response_selection_expression } }),
    routeResponse("$default"),
    ...functionRoute("$disconnect"),
  ];
  served = await serveApi(apiAround(chat), {
    result: async ({ body }) => ({ payload: { statusCode: 200, body: `echo ${body}` } }),
  });
});

afterEach(() => served.stop());

/** A client's frame: masked, as the standard wants it, unless told otherwise. Payloads have up to 65,535 bytes. */
function frame(firstByte: number, payload: Buffer | string = "", isMasked = true): Buffer {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 0xff];
  const mask = Buffer.from([1, 2, 3, 4]);
  const [first = 0, ...more] = length;
  const masked = bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return isMasked
    ? Buffer.concat([Buffer.from([firstByte, first | 0x80, ...more]), mask, masked])
    : Buffer.concat([Buffer.from([firstByte, first, ...more]), bytes]);
}

/** A client that writes bytes as tests want, and reads frames of up to 125 bytes. */
class RawClient {
  private read: Buffer = Buffer.alloc(0);
  private isOver = false;

  private constructor(private readonly socket: net.Socket) {
    socket.on("data", (chunk) => {
      this.read = Buffer.concat([this.read, chunk]);
    });
    socket.on("close", () => {
      this.isOver = true;
    });
    socket.on("error", () => undefined);
  }

  /** @param early bytes that are sent with the request to connect */
  static async open({ port }: Served, early: Buffer = Buffer.alloc(0)): Promise<RawClient> {
    const socket = net.connect(port, "127.0.0.1");
    const client = new RawClient(socket);
    const request = [
      "GET /_aws/execute-api/api/dev HTTP/1.1",
      "host: 127.0.0.1",
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    ];
    socket.write(Buffer.concat([Buffer.from(`${request.join("\r\n")}\r\n\r\n`), early]));
    const endOfHead = (): number => client.read.indexOf("\r\n\r\n");
    while (endOfHead() < 0) await once(socket, "data");
    expect(client.read.toString()).toMatch(/^HTTP\/1\.1 101 /);
    client.read = client.read.subarray(endOfHead() + 4);
    return client;
  }

  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The next frame; nothing where the connection ends before one. */
  async next(): Promise<{ readonly opcode: number; readonly payload: Buffer } | undefined> {
    const size = (): number => 2 + (this.read[1] ?? 0);
    while (this.read.length < size() && !this.isOver)
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    if (this.read.length < size()) return undefined;
    const found = { opcode: (this.read[0] ?? 0) & 0xf, payload: this.read.subarray(2, size()) };
    this.read = this.read.subarray(size());
    return found;
  }

  /** The next frame's text. */
  async text(): Promise<string | undefined> {
    return (await this.next())?.payload.toString();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

test("a message comes in pieces, with a ping between them that is answered at once", async () => {
  const client = await RawClient.open(served);
  client.write(frame(TEXT, "ab"), frame(FINAL | PING, "alive?"), frame(0, "é"), frame(FINAL, "c"));
  expect(await client.next()).toEqual({ opcode: PONG, payload: Buffer.from("alive?") });
  expect(await client.text()).toBe("echo abéc");
  client.destroy();
});

test("a character may be cut between two frames", async () => {
  const client = await RawClient.open(served);
  const [first = 0, second = 0] = Buffer.from("é");
  client.write(frame(TEXT, Buffer.from([first])), frame(FINAL, Buffer.from([second])));
  expect(await client.text()).toBe("echo é");
  client.destroy();
});

test("a message that comes with the request to connect waits until the client is connected", async () => {
  const client = await RawClient.open(served, frame(FINAL | TEXT, "early"));
  expect(await client.text()).toBe("echo early");
  client.destroy();
});

test("an empty message, and a pong that nobody asked for, are nothing wrong", async () => {
  const client = await RawClient.open(served);
  client.write(frame(FINAL | PONG, "so"), frame(FINAL | TEXT));
  expect(await client.text()).toBe("echo ");
  client.destroy();
});

test("a frame that is too large ends the connection though it comes with the request to connect", async () => {
  const client = await RawClient.open(served, frame(FINAL | TEXT, "x".repeat(32_769)));
  expect((await client.next())?.payload.readUInt16BE()).toBe(1_009);
  client.destroy();
});

test.each<[string, readonly Buffer[], number]>([
  ["text that is not UTF-8", [frame(FINAL | TEXT, Buffer.from([0xff]))], 1_007],
  ["a frame that is not masked", [frame(FINAL | TEXT, "a", false)], 1_002],
  ["a bit that no extension gives a meaning", [frame(FINAL | 0x40 | TEXT, "a")], 1_002],
  ["an opcode that is none", [frame(FINAL | 0x3, "a")], 1_002],
  ["a piece of no message", [frame(FINAL, "a")], 1_002],
  ["a message within another", [frame(TEXT, "a"), frame(FINAL | TEXT, "b")], 1_002],
  ["a ping of 126 bytes", [frame(FINAL | PING, "a".repeat(126))], 1_002],
  ["a ping in pieces", [frame(PING, "a")], 1_002],
  ["a code that no client may close with", [frame(FINAL | CLOSE, Buffer.from([0x03, 0xed]))], 1_002],
])("%s ends the connection, of which $disconnect is told", async (_, frames, code) => {
  const client = await RawClient.open(served);
  client.write(...frames);
  const end = await client.next();
  expect([end?.opcode, end?.payload.readUInt16BE()]).toEqual([CLOSE, code]);
  client.destroy();
  const ends = () => served.invoked.map(({ event }) => event as { requestContext: Record<string, unknown> });
  await until(() => ends().some(({ requestContext }) => requestContext.eventType === "DISCONNECT"), "$disconnect");
  // No message was made of it.
  expect(ends().filter(({ requestContext }) => requestContext.eventType === "MESSAGE")).toEqual([]);
});
