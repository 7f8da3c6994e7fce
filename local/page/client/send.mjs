// Sends a request to a route, and shows the way of what it set off.
import { element, part, pretty, read } from "./elements.mjs";

let routes = [];
let followed;
const fields = () => part("send").elements;

export async function begin() {
  fields().route.addEventListener("change", choose);
  part("send").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  // Ctrl-Enter sends from within the body, too.
  fields().body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) part("send").requestSubmit();
  });
  await again();
}

/** Reads the routes again, and keeps what is chosen and written if it is still there. */
export async function again() {
  const before = routes.find(({ id }) => String(id) === fields().route.value);
  routes = await read("data/routes");
  const groups = [...new Set(routes.map(({ stack }) => stack))].map((stack) =>
    element(
      "optgroup",
      { label: stack },
      ...routes.filter((route) => route.stack === stack).map(({ id, name }) => element("option", { value: id }, name)),
    ),
  );
  fields().route.replaceChildren(...groups);
  const same = before && routes.find(({ stack, name }) => stack === before.stack && name === before.name);
  if (same) fields().route.value = String(same.id);
  else choose();
}

const chosen = () => routes.find(({ id }) => String(id) === fields().route.value);

function choose() {
  const route = chosen();
  if (!route) return;
  part("authorization").textContent = `${route.stack}, ${route.authorization}`;
  fields().path.value = route.path;
  part("body-label").hidden = route.exampleBody === undefined;
  fields().body.value = route.exampleBody === undefined ? "" : pretty(route.exampleBody);
  fields().fresh.closest("label").hidden = !isOrder(fields().body.value);
}

/** Chooses a route of a stack, unless one of it is chosen. @param {string} stack */
export function prefer(stack) {
  const first = routes.find((route) => route.stack === stack);
  if (!first || chosen()?.stack === stack) return;
  fields().route.value = String(first.id);
  choose();
}

const isOrder = (body) => /"orderID"\s*:/.test(body);

/** The body with an orderID of its own: the same order again is stored and notified of once. */
function bodyToSend() {
  const { body, fresh } = fields();
  if (!fresh.checked || !isOrder(body.value)) return body.value;
  const stamp = new Date().toISOString().slice(11, 23).replaceAll(/\D/g, "");
  body.value = body.value.replace(/("orderID"\s*:\s*)"[^"\\]*"/, (_, name) => `${name}"order-${stamp}"`);
  return body.value;
}

async function send() {
  const route = chosen();
  if (!route) return;
  const button = part("send").querySelector("button");
  button.disabled = true;
  part("answer").textContent = "Sending…";
  part("answer").className = "";
  part("answer-body").hidden = true;
  showSteps([]);
  try {
    const request = {
      id: route.id,
      path: fields().path.value,
      ...(route.exampleBody !== undefined && { body: bodyToSend() }),
    };
    const response = await fetch("send", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (!response.headers.get("content-type")?.includes("json")) throw new Error(await response.text());
    const answer = await response.json();
    if (answer.error) throw new Error(answer.error);
    followed = answer.follow;
    part("answer").textContent = `${route.method} ${fields().path.value} gave ${answer.status}`;
    part("answer").className = answer.status < 400 ? "good" : "bad";
    part("answer-body").textContent = pretty(answer.body);
    part("answer-body").hidden = answer.body === "";
    showSteps(answer.steps);
  } catch (error) {
    // What fetch itself throws says less than this.
    part("answer").textContent =
      error instanceof TypeError ? "Not sent, or its answer is lost: the run cannot be reached." : error.message;
    part("answer").className = "bad";
  }
  button.disabled = false;
}

/** Takes the steps of what is followed. @param {{ id: string, steps: object[] }[]} follows */
export function update(follows) {
  for (const { id, steps } of follows) if (id === followed) showSteps(steps);
}

function showSteps(steps) {
  part("steps-heading").hidden = steps.length === 0;
  part("steps").replaceChildren(
    ...steps.map(({ at, title, detail, state }) =>
      element(
        "li",
        { class: state },
        element("span", { class: "at" }, at < 10_000 ? at.toFixed(at < 10 ? 1 : 0) : `${(at / 1000).toFixed(1)} s`),
        element(
          "span",
          { class: "what" },
          element("strong", {}, title),
          state === "failed" ? element("em", {}, " failed") : state === "running" ? element("em", {}, " runs…") : "",
        ),
        element("span", { class: "detail" }, detail),
      ),
    ),
  );
}
