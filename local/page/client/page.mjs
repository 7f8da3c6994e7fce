// The page: draws the picture, and hears of what changes by Server-Sent Events, which browsers open again by themselves.
import { element, part, read } from "./elements.mjs";
import * as panels from "./panels.mjs";
import * as picture from "./picture.mjs";
import * as send from "./send.mjs";

const CHOSEN = "stack";
let stacks = [];

async function drawAll() {
  const { endpoint, place, stacks: drawn } = await read("data/picture");
  part("place").replaceChildren(
    ...[endpoint, `account ${place.accountId}`, place.region].map((text) => element("span", {}, text)),
  );
  stacks = drawn;
  // What a person looks at first is where most happens.
  const order = [...stacks].sort((one, other) => Number(isOrders(other)) - Number(isOrders(one)));
  // Where the stacks are the same, what a person has focused or is about to click stays.
  const names = order.map(({ name }) => name);
  if ([...part("stacks").children].map(({ dataset }) => dataset.stack).join("\n") !== names.join("\n"))
    part("stacks").replaceChildren(...names.map(buttonFor));
  const kept = stacks.find(({ name }) => name === sessionStorage.getItem(CHOSEN));
  if (order.length > 0) choose((kept ?? order[0]).name);
}

function buttonFor(name) {
  const button = element("button", { type: "button", "data-stack": name }, name);
  button.addEventListener("click", () => {
    choose(name);
    panels.reopen();
    send.prefer(name);
  });
  return button;
}

const isOrders = ({ name }) => name.startsWith("orders");

function choose(name) {
  sessionStorage.setItem(CHOSEN, name);
  for (const button of part("stacks").children)
    button.setAttribute("aria-pressed", String(button.dataset.stack === name));
  picture.draw(stacks.find((stack) => stack.name === name));
}

function connected(state, text) {
  part("connection").dataset.state = state;
  part("connection").textContent = text;
}

/** Events in turn: counts are of what was drawn before. */
let turn = Promise.resolve();
const inTurn = (then) => {
  turn = turn.then(then).catch((error) => connected("lost", error.message));
};

function listen() {
  const events = new EventSource("events");
  const on = (name, then) => events.addEventListener(name, ({ data }) => inTurn(() => then(JSON.parse(data))));
  events.addEventListener("open", () => {
    connected("live", "Live");
    // The run may be another one, with other stacks.
    inTurn(async () => {
      picture.forget();
      await drawAll();
      await send.again();
    });
  });
  events.addEventListener("error", () => connected("lost", "Not connected: the run has ended, or starts again"));
  on("redrawn", async () => {
    picture.forget();
    await drawAll();
    await send.again();
  });
  on("counts", picture.update);
  on("stale", panels.outdated);
  on("follows", send.update);
  // A server that turned the page away is not asked again by the browser.
  setInterval(() => {
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    location.reload();
  }, 5_000);
}

await Promise.all([drawAll(), send.begin()]);
panels.begin();
listen();
