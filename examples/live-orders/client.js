// A client of the live orders' WebSocket API, for browsers: docs/live-orders.md says what it does and why. No build, no dependency.

/** Milliseconds between two pings: API Gateway closes a connection that nothing passes over for 10 minutes. */
const PING_EVERY = 240_000;
/** Milliseconds that an answer may take. Catching up takes up to 29 seconds. */
const ANSWER_WITHIN = 40_000;
/** Milliseconds before the first attempt to come back, doubled with each, up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** Orders that are remembered, to tell those that come again. */
const REMEMBERED = 10_000;

/**
 * Follows all orders, or one, until it is stopped: comes back whenever the connection ends, and catches up from the last order that it has seen.
 *
 * Calls `onState` with `connecting`, `catching up`, `live`, `waiting` (with the milliseconds until it tries again, and whether it was ever let
 * in) and `stopped`; `onOrder` with each order once; `onLost` with the time before which orders were not kept; `onError` with a sentence.
 */
class LiveOrders {
  /**
   * @param {object} options
   * @param {string} options.url `wss://…`, signed by somebody or not
   * @param {string} [options.token] access token; none where the URL is signed
   * @param {string} [options.orderID] the one order to follow; all without it
   * @param {(state: string, more?: { pause?: number, wasLetIn?: boolean }) => void} options.onState
   * @param {(order: { orderID: string, order?: unknown, isTooLarge?: boolean }, how: "new" | "missed") => void} options.onOrder
   * @param {(before: string) => void} options.onLost
   * @param {(error: string) => void} options.onError
   */
  constructor(options) {
    this.options = options;
    /** @type {string | undefined} */
    this.cursor = undefined;
    this.seen = new Set();
    this.attempts = 0;
    this.isStopped = true;
  }

  start() {
    this.isStopped = false;
    this.connect();
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.retry);
    this.socket?.close(1000);
    this.options.onState("stopped");
  }

  connect() {
    const { url, token } = this.options;
    const address = token ? `${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}` : url;
    this.options.onState("connecting");
    this.isCaughtUp = false;
    this.wasLetIn = false;
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.wasLetIn = true;
      this.subscribe(this.cursor);
    };
    socket.onmessage = ({ data }) => {
      // Messages of a connection that was given up may still be on their way.
      if (this.socket === socket) this.receive(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.ended();
    };
  }

  /** @param {string} [since] */
  subscribe(since) {
    const { orderID } = this.options;
    this.options.onState("catching up");
    this.ask({ action: "subscribe", orderID, since });
  }

  /** Sends a message, and gives the connection up where nothing comes back. @param {object} message */
  ask(message) {
    this.socket?.send(JSON.stringify(message));
    clearTimeout(this.unanswered);
    this.unanswered = setTimeout(() => this.giveUp(), ANSWER_WITHIN);
  }

  /** A connection can be dead without anybody having said so; closing it would wait for the other side. */
  giveUp() {
    const { socket } = this;
    this.ended();
    socket?.close();
  }

  /** @param {{ type?: string, cursor?: string, orders?: { orderID: string }[], isCaughtUp?: boolean, lostBefore?: string, error?: string, message?: string }} message */
  receive({ type, cursor, orders = [], isCaughtUp, lostBefore, error, message }) {
    switch (type) {
      case "new":
      case "missed":
        for (const order of orders) this.take(order, type);
        // While it catches up, a new order says nothing of those before it.
        if (type === "missed" || this.isCaughtUp) this.keep(cursor);
        break;
      case "subscribed":
        clearTimeout(this.unanswered);
        this.keep(cursor);
        if (lostBefore) this.options.onLost(lostBefore);
        if (isCaughtUp) this.live();
        else this.subscribe(cursor);
        break;
      case "pong":
        clearTimeout(this.unanswered);
        break;
      default:
        // An error of the service's, or of API Gateway's, which has a message and no type.
        this.options.onError(error ?? message ?? "The service sent a message that this page does not know.");
        this.giveUp();
    }
  }

  live() {
    this.isCaughtUp = true;
    this.attempts = 0;
    this.options.onState("live");
    clearInterval(this.pings);
    this.pings = setInterval(() => this.ask({ action: "ping" }), PING_EVERY);
  }

  /** An order may come more than once: as new and as missed, or because a broadcast was tried again. */
  take(order, how) {
    if (this.seen.has(order.orderID)) return;
    this.seen.add(order.orderID);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value);
    this.options.onOrder(order, how);
  }

  /** Cursors sort as texts. @param {string} [cursor] */
  keep(cursor) {
    if (cursor !== undefined && (this.cursor === undefined || cursor > this.cursor)) this.cursor = cursor;
  }

  ended() {
    this.socket = undefined;
    clearTimeout(this.unanswered);
    clearInterval(this.pings);
    if (this.isStopped) return;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.attempts);
    this.attempts += 1;
    // Chance keeps clients that were cut off together from coming back together.
    const pause = longest / 2 + Math.random() * (longest / 2);
    this.options.onState("waiting", { pause, wasLetIn: this.wasLetIn });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), pause);
  }
}

globalThis.LiveOrders = LiveOrders;
