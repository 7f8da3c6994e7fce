// What is in the run: one panel at a time, read again when something in it has changed.
import { count, element, folded, part, read, time } from "./elements.mjs";
import { firstOf } from "./picture.mjs";

const PAGE = 100;
/**
 * Milliseconds between what happens and a read, and between two reads; and how many times longer than it takes a read waits for the next: reading must not
 * slow the run down.
 */
const SOON = 80;
const LEAST_PAUSE = 1000;
const SHARE = 15;

const cell = (...content) => element("td", {}, ...content.filter((one) => one !== undefined));
const head = (...names) =>
  element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))));
const nameOf = (arn) => arn.split(/[:/]/).at(-1);

/** Where a message is, and how it came there. */
function stateOf({ visibleAt, receiveCount, deadLetterSourceArn }) {
  const seconds = Math.ceil((visibleAt - Date.now()) / 1000);
  const from = deadLetterSourceArn ? `given up by ${nameOf(deadLetterSourceArn)}` : "";
  const where = seconds > 0 ? `${receiveCount > 0 ? "in flight" : "delayed"}, ${seconds} s left` : "waiting";
  return [where, from].filter(Boolean).join("; ");
}

/** What a function failed with, and the way to what its log has of the message: a batch's error often says no more than that all failed. */
function failureOf({ messageId, failure: { functionName, why, requestId } }) {
  const href = `#logs/${encodeURIComponent(functionName)}/${encodeURIComponent(messageId)}`;
  const said = `${functionName}: ${why} (request ${requestId}) `;
  return element(
    "p",
    { class: "bad" },
    said,
    element("a", { href, "aria-label": `Log of message ${messageId}` }, "Its log"),
  );
}

/** What a line of a log in JSON says first: of a function's own lines the message, of Lambda's the kind. @param {string} line */
function partsOfLine(line) {
  try {
    const { time: lambdaTime, timestamp, level, message, type, error } = JSON.parse(line);
    const at = Date.parse(timestamp ?? lambdaTime);
    const said = [message ?? type, error?.message].filter((one) => typeof one === "string" && one !== "");
    return { at: Number.isNaN(at) ? undefined : at, level, message: said.length > 0 ? said.join(": ") : undefined };
  } catch {
    return {};
  }
}

const attributesOf = (attributes) =>
  Object.entries(attributes ?? {})
    .map(([name, value]) => `${name}: ${value.StringValue ?? value.BinaryValue ?? ""}`)
    .join("\n");

const panels = {
  queues: {
    title: "Queues",
    empty:
      "This queue is empty. Messages are here until a function has worked on them; what keeps failing stays in a dead-letter queue.",
    head: () => head("Sent", "Message", "State", "Received", "Body"),
    row: (message) => [
      cell(time(message.sentAt)),
      cell(element("code", { class: "id" }, message.messageId)),
      cell(stateOf(message), message.failure && failureOf(message)),
      element("td", { class: "number" }, `${message.receiveCount} ×`),
      cell(
        folded(message.body),
        attributesOf(message.attributes) ? element("pre", {}, attributesOf(message.attributes)) : undefined,
      ),
    ],
  },
  tables: {
    title: "Tables",
    empty: "No items. They come from functions: send something on the left.",
    head: () => head("Changed", "Item"),
    row: ({ changedAt, item }) => [cell(time(changedAt)), cell(folded(item))],
  },
  buckets: {
    title: "Buckets",
    empty: "No objects. They come by the storage API, a presigned URL or the AWS CLI.",
    head: () => head("Key", "Size", "Modified", "Content type", "Version", ""),
    row: ({ key, size, lastModified, contentType, versionId }, { chosen }) => [
      element("th", { scope: "row" }, element("code", {}, key)),
      element("td", { class: "number" }, `${count(size)} B`),
      cell(time(lastModified)),
      cell(contentType),
      cell(element("code", { class: "id" }, versionId === "null" ? "–" : versionId)),
      cell(
        element(
          "a",
          {
            href: `object?${new URLSearchParams({ bucket: chosen, key })}`,
            download: true,
            "aria-label": `Save ${key}`,
          },
          "Save",
        ),
      ),
    ],
  },
  outbox: {
    title: "Outbox",
    empty: "No mail. What a topic would send to an address is kept here; nothing leaves this machine.",
    head: () => head("At", "To", "Subject", "Text"),
    row: ({ at, to, subject, text }) => [cell(time(at)), cell(to), cell(subject), cell(folded(text))],
  },
  logs: {
    title: "Logs",
    empty: "This function has written nothing: it has not run yet.",
    head: () => head("At", "Level", "Line, newest on top"),
    row: ({ line, isError }) => {
      const { at, level, message } = partsOfLine(line);
      return [
        element("td", { class: isError ? "error" : undefined }, at === undefined ? "" : time(at)),
        cell(isError ? element("strong", { class: "bad" }, level ?? "error") : (level ?? "")),
        cell(...(message === undefined ? [] : [element("div", {}, message)]), folded(line)),
      ];
    },
  },
  denials: {
    title: "Denials",
    empty:
      "Nothing was denied. A call that no policy allows, or that one denies, is listed here with what would allow it.",
    head: () => head("Times", "Who", "Action", "On", "What would allow it"),
    row: (denial) => [
      element("td", { class: "number" }, count(denial.count)),
      cell(element("code", {}, nameOf(denial.caller))),
      cell(element("code", {}, denial.action)),
      cell(element("code", {}, denial.resource)),
      cell(denial.remedy),
    ],
  },
};

let current = "queues";
let asked = { name: "", filter: "", count: PAGE };
const names = new Map();
const stale = new Set(Object.keys(panels));
let timer;
let nextAt = 0;
let reading = 0;
const tabs = new Map();
const filter = () => part("filter").elements;

export function begin() {
  for (const [name, { title }] of Object.entries(panels)) {
    const tab = element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel" }, title);
    tab.addEventListener("click", () => open(name));
    tabs.set(name, tab);
  }
  part("panels").append(...tabs.values());
  part("panels").addEventListener("keydown", ({ key }) => {
    const all = Object.keys(panels);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const next =
      key === "Home"
        ? 0
        : key === "End"
          ? all.length - 1
          : step && (all.indexOf(current) + step + all.length) % all.length;
    if (next === undefined) return;
    open(all[next]);
    tabs.get(current).focus();
  });
  part("filter").addEventListener("submit", (event) => event.preventDefault());
  filter().filter.addEventListener("input", () => {
    asked = { ...asked, filter: filter().filter.value, count: PAGE };
    soon(150);
  });
  filter().name.addEventListener("change", () => {
    names.set(current, filter().name.value);
    asked = { ...asked, name: filter().name.value, count: PAGE };
    soon(0);
  });
  filter().paused.addEventListener("change", () => look());
  part("more").addEventListener("click", () => {
    asked = { ...asked, count: asked.count + PAGE };
    soon(0);
  });
  addEventListener("hashchange", openAddressed);
  openAddressed();
}

/**
 * Opens what the address names, such as `#queues/dev-POC-Queue`: so nodes of the picture are links. A third part is what to look for. What is no
 * address, as in a link that was cut off, is passed over.
 */
function openAddressed() {
  const [panel, name = "", text = ""] = location.hash.slice(1).split("/").map(decoded);
  if (Object.hasOwn(panels, panel) && name) names.set(panel, name);
  open(Object.hasOwn(panels, panel) ? panel : current, text);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Shows what the stack has that is drawn now, where nobody has chosen something else. */
export function reopen() {
  names.clear();
  open(current);
}

/** Takes the names of the panels that have changed. @param {string[]} changed */
export function outdated(changed) {
  for (const name of changed) stale.add(name);
  look();
}

function open(name, text = "") {
  current = name;
  asked = { name: names.get(name) ?? firstOf(name), filter: text, count: PAGE };
  filter().filter.value = text;
  history.replaceState(null, "", `#${name}${names.has(name) ? `/${encodeURIComponent(names.get(name))}` : ""}`);
  for (const [other, tab] of tabs) {
    tab.setAttribute("aria-selected", String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
  }
  part("panel").setAttribute("aria-labelledby", `tab-${name}`);
  part("rows").replaceChildren();
  soon(0);
}

/** Reads the panel again if it has changed, in a while. */
function look() {
  if (stale.has(current) && !filter().paused.checked && timer === undefined)
    soon(Math.max(SOON, nextAt - performance.now()));
}

function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(show, milliseconds);
}

async function show() {
  const number = ++reading;
  const panel = current;
  stale.delete(panel);
  const start = performance.now();
  try {
    const content = await read(`data/${panel}?${new URLSearchParams({ ...asked, count: String(asked.count) })}`);
    if (number === reading) fill(panel, content);
  } catch (error) {
    if (number === reading) say(`It could not be read: ${error.message}. It is tried again.`);
    stale.add(panel);
  }
  const end = performance.now();
  nextAt = end + Math.max(LEAST_PAUSE, (end - start) * SHARE);
  if (number !== reading) return;
  timer = undefined;
  look();
}

function say(text) {
  part("empty").textContent = text;
  part("empty").hidden = text === "";
}

function fill(name, content) {
  const { choices, chosen, total, rows } = content;
  const panel = panels[name];
  part("name-label").hidden = choices.length === 0;
  choose(filter().name, choices, chosen);
  part("shown").textContent =
    total === 0 ? "" : total > rows.length ? `${count(rows.length)} of ${count(total)}` : count(total);
  say(rows.length > 0 ? "" : asked.filter ? "Nothing contains that." : panel.empty);
  part("more").hidden = rows.length >= total;
  // What a person has opened, selected or focused stays as it is.
  const busy =
    part("rows").querySelector("details[open]") ??
    (part("rows").contains(document.activeElement) ? document.activeElement : undefined);
  const isSame = part("rows").dataset.of === JSON.stringify([name, chosen, asked]);
  if (busy && isSame && rows.length > 0) {
    stale.add(name);
    return;
  }
  part("rows").dataset.of = JSON.stringify([name, chosen, asked]);
  const body = element("tbody", {}, ...rows.map((row) => element("tr", {}, ...panel.row(row, content))));
  const table = element(
    "table",
    { class: name, "aria-label": `${panel.title}${chosen ? ` ${chosen}` : ""}` },
    panel.head(),
    body,
  );
  part("rows").replaceChildren(...(rows.length > 0 ? [table] : []));
}

function choose(select, choices, chosen) {
  const texts = choices.map(({ name, hint }) => (hint ? `${name} (${hint})` : name));
  if (select.dataset.texts !== texts.join("\n")) {
    select.dataset.texts = texts.join("\n");
    select.replaceChildren(...choices.map(({ name }, at) => element("option", { value: name }, texts[at])));
  }
  select.value = chosen;
}
