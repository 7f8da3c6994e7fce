// A client of the live orders' WebSocket API, for browsers: docs/live-orders.md says what it does and why. No build, no dependency.

/**
 * Most milliseconds until the client asks again for what it missed. That finds orders that the service failed to send, shows whether the
 * connection is still there, and keeps it open: API Gateway closes one that nothing passes over for 10 minutes.
 */
const ASK_EVERY = 240_000;
/** Milliseconds that an answer may take. Catching up takes up to 29 seconds. */
const ANSWER_WITHIN = 40_000;
/** Milliseconds before the first attempt to come back, doubled with each, up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** Orders that are remembered, to tell those that come again. */
const REMEMBERED = 50_000;

/**
 * Follows all orders, or one, until it is stopped: comes back whenever the connection ends, and catches up from the last place in the log up to
 * which it has missed nothing.
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
    const { socket } = this;
    this.ended();
    socket?.close(1000);
    this.options.onState("stopped");
  }

  connect() {
    const { url, token } = this.options;
    const address = token ? `${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}` : url;
    this.options.onState("connecting");
    this.isLive = false;
    this.wasLetIn = false;
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      this.stop();
      this.options.onError("The address is none that a browser can open a WebSocket to from here.");
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      this.wasLetIn = true;
      this.options.onState("catching up");
      this.subscribe();
    };
    socket.onmessage = ({ data }) => {
      // Messages of a connection that was given up may still be on their way.
      if (this.socket === socket) this.receive(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.ended();
    };
  }

  /** Asks for what came since, and gives the connection up where nothing comes back. */
  subscribe() {
    const { orderID } = this.options;
    this.missed = 0;
    this.socket?.send(JSON.stringify({ action: "subscribe", orderID, since: this.cursor }));
    clearTimeout(this.unanswered);
    this.unanswered = setTimeout(() => this.giveUp(), ANSWER_WITHIN);
  }

  /** A connection can be dead without anybody having said so; closing it would wait for the other side. */
  giveUp() {
    const { socket } = this;
    this.ended();
    socket?.close();
  }

  /** @param {{ type?: string, cursor?: string, orders?: { orderID: string }[], missed?: number, isCaughtUp?: boolean, lostBefore?: string, error?: string, message?: string }} message */
  receive({ type, cursor, orders = [], missed = 0, isCaughtUp, lostBefore, error, message }) {
    switch (type) {
      case "new":
        for (const order of orders) this.take(order, type);
        break;
      case "missed":
        for (const order of orders) this.take(order, type);
        this.missed += orders.length;
        this.cursor = cursor;
        break;
      case "subscribed":
        clearTimeout(this.unanswered);
        // Nothing says that it cannot overtake what it counts: then the next time begins before that.
        if (this.missed >= missed) this.cursor = cursor;
        if (lostBefore) this.options.onLost(lostBefore);
        if (isCaughtUp) this.live();
        else this.subscribe();
        break;
      default:
        // An error of the service's, or of API Gateway's, which has a message and no type.
        this.options.onError(error ?? message ?? "The service sent a message that this page does not know.");
        this.giveUp();
    }
  }

  live() {
    if (!this.isLive) {
      this.isLive = true;
      this.liveSince = Date.now();
      this.options.onState("live");
    }
    clearTimeout(this.nextAsk);
    // Chance keeps clients that came together from asking together.
    this.nextAsk = setTimeout(() => this.subscribe(), ASK_EVERY * (0.75 + Math.random() / 4));
  }

  /** An order may come more than once: as new and as missed, or because a broadcast was tried again. */
  take(order, how) {
    if (this.seen.has(order.orderID)) return;
    this.seen.add(order.orderID);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value);
    this.options.onOrder(order, how);
  }

  ended() {
    this.socket = undefined;
    clearTimeout(this.unanswered);
    clearTimeout(this.nextAsk);
    if (this.isStopped) return;
    // A connection that lasted ends the growing of the pauses; one that is let in and cut off at once does not.
    if (this.isLive && Date.now() - this.liveSince > LONGEST_PAUSE) this.attempts = 0;
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
