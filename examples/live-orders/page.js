// The page around client.js. Whatever comes in an order is shown as text, never as HTML.

/** Rows that the page shows. */
const MAX_ROWS = 500;
/** Lines of an order that are shown without being asked for. */
const MAX_LINES = 14;

/** @param {string} id */
const part = (id) => document.getElementById(id);

const form = part("connect-form");
const rows = part("orders");
let client;
let count = 0;
/** Sentences that are shown: of what is lost for good, and of what went wrong until it works again. */
let notes = { lost: "", error: "" };

/** @param {string} state @param {string} text */
function show(state, text) {
  part("state").dataset.state = state;
  part("state").textContent = text;
}

function onState(state, { pause = 0, wasLetIn } = {}) {
  const seconds = Math.max(1, Math.round(pause / 1_000));
  const why = wasLetIn ? "The connection ended." : "Not let in, or nobody there: is the token still good?";
  const texts = {
    connecting: "Connecting…",
    "catching up": "Connected. Catching up…",
    live: "Live: new orders appear as they come.",
    waiting: `${why} Trying again in ${seconds} s…`,
    stopped: "Not connected.",
  };
  show(state, texts[state] ?? state);
  const isStopped = state === "stopped";
  part("connect").hidden = !isStopped;
  part("settings").hidden = !isStopped;
  part("disconnect").hidden = isStopped;
  part("following").hidden = isStopped;
  if (state === "live") note({ error: "" });
}

/** @param {Partial<typeof notes>} more */
function note(more) {
  const before = notes;
  notes = { ...notes, ...more };
  // What stands there already is not said again.
  if (before.lost === notes.lost && before.error === notes.error) return;
  part("notes").replaceChildren(...[notes.lost, notes.error].filter(Boolean).map((text) => element("p", {}, text)));
}

function element(tag, properties, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

/** An order's JSON; where it is long, folded. */
function contentOf({ order, isTooLarge }) {
  if (isTooLarge) return "Too large to be shown here: see the table of orders.";
  const json = JSON.stringify(order, null, 2);
  const text = element("pre", {}, json);
  const lines = json.split("\n").length;
  if (lines <= MAX_LINES && json.length <= 1_000) return text;
  return element("details", {}, element("summary", {}, `${json.length.toLocaleString()} characters of JSON`), text);
}

function onOrder(order, how) {
  count += 1;
  part("count").textContent = count.toLocaleString();
  part("empty").hidden = true;
  const now = new Date();
  const at = element("time", { dateTime: now.toISOString() }, now.toLocaleTimeString());
  const meta = element("span", { className: "meta" }, at, how === "missed" ? " · caught up" : " · live");
  const id = element("th", { scope: "row" }, order.orderID, meta);
  rows.prepend(element("tr", { className: "arrived" }, id, element("td", {}, contentOf(order))));
  while (rows.rows.length > MAX_ROWS) rows.deleteRow(-1);
}

function connect() {
  const fields = new FormData(form);
  const orderID = fields.get("follow") === "one" ? String(fields.get("orderID")) : undefined;
  const url = String(fields.get("url")).trim();
  const token = String(fields.get("token")).trim() || undefined;
  note({ lost: "", error: "" });
  const options = {
    ...{ url, token, orderID, onState, onOrder },
    onLost: (before) =>
      note({
        lost: `Orders before ${new Date(before).toLocaleString()} are no longer kept: some may be missing here.`,
      }),
    onError: (error) => note({ error }),
  };
  const goesOn = client && client.options.url === url && client.options.orderID === orderID;
  // Whoever only gives another token goes on where it stopped.
  if (goesOn) client.options = options;
  else client = new LiveOrders(options);
  // A signed address is as good as a token: neither is shown.
  const address = url.split("?")[0];
  part("following").textContent = `Follows ${orderID === undefined ? "all orders" : `order ${orderID}`} of ${address}`;
  part("disconnect").hidden = false;
  part("disconnect").focus();
  client.start();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  connect();
});

part("disconnect").addEventListener("click", () => {
  client?.stop();
  part("connect").focus();
});

for (const choice of form.elements.follow) {
  choice.addEventListener("change", () => {
    form.elements.orderID.disabled = form.elements.follow.value !== "one";
    if (!form.elements.orderID.disabled) form.elements.orderID.focus();
  });
}

onState("stopped");

// The page's address may end in #wss://…, and in ?token=… behind that, as the local run prints it: then it connects at once. The token does not
// stay in the address, which is shown and remembered.
const hash = location.hash.slice(1);
const [, url = hash, token] = /^([^?]*)\?token=([\w.-]+)$/.exec(hash) ?? [];
if (url) form.elements.url.value = url;
if (token) {
  form.elements.token.value = token;
  history.replaceState(null, "", `#${url}`);
  connect();
}
