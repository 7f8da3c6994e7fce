// The page around client.js. Whatever comes in an order is shown as text, never as HTML.

/** Rows that the page shows. */
const MAX_ROWS = 500;

/** @param {string} id */
const part = (id) => document.getElementById(id);

const form = part("connect-form");
const rows = part("orders");
let client;
let count = 0;

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
  part("connect").hidden = state !== "stopped";
  part("disconnect").hidden = state === "stopped";
  part("settings").disabled = state !== "stopped";
}

function cell(content) {
  const td = document.createElement("td");
  td.append(content);
  return td;
}

function onOrder({ orderID, order, isTooLarge }, how) {
  count += 1;
  part("count").textContent = String(count);
  part("empty").hidden = true;
  const row = document.createElement("tr");
  const at = document.createElement("time");
  at.dateTime = new Date().toISOString();
  at.textContent = new Date().toLocaleTimeString();
  const json = document.createElement("pre");
  json.textContent = isTooLarge
    ? "Too large to be shown here: see the table of orders."
    : JSON.stringify(order, null, 2);
  const id = document.createElement("th");
  id.scope = "row";
  id.textContent = orderID;
  row.append(cell(at), id, cell(how === "missed" ? "caught up" : "live"), cell(json));
  rows.prepend(row);
  while (rows.rows.length > MAX_ROWS) rows.deleteRow(-1);
}

function note(text) {
  const line = document.createElement("p");
  line.textContent = text;
  part("notes").replaceChildren(line);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const orderID = fields.get("follow") === "one" ? String(fields.get("orderID")) : undefined;
  part("notes").replaceChildren();
  client = new LiveOrders({
    url: String(fields.get("url")).trim(),
    token: String(fields.get("token")).trim() || undefined,
    orderID,
    onState,
    onOrder,
    onLost: (before) =>
      note(`Orders before ${new Date(before).toLocaleString()} are no longer kept: some may be missing here.`),
    onError: note,
  });
  client.start();
  part("disconnect").focus();
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

// The page's address may end in #wss://…; a token has no place there.
if (location.hash.length > 1) form.elements.url.value = decodeURIComponent(location.hash.slice(1));
onState("stopped");
