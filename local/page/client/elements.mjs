// Elements of the page. Whatever comes from the run becomes text, never HTML.

/** @param {string} id */
export const part = (id) => document.getElementById(id);

/**
 * An HTML element. Attributes that are undefined or false are left out.
 * @param {string} name @param {Record<string, unknown>} [attributes] @param {...(Node | string | number)} children
 */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. @param {string} name @param {Record<string, unknown>} [attributes] @param {...(Node | string | number)} children */
export function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  made.append(...children.map((child) => (typeof child === "number" ? String(child) : child)));
  return made;
}

/** @param {string} address */
export async function read(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} could not be read: ${response.status}`);
  return response.json();
}

/** `12:34:56.789` of the clock on the wall. @param {number} [at] */
export function time(at) {
  if (at === undefined) return "before this run";
  const made = element("time", { datetime: new Date(at).toISOString() });
  const date = new Date(at);
  const two = (value) => String(value).padStart(2, "0");
  made.textContent = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return made;
}

/** JSON with line breaks where it is JSON. @param {unknown} value */
export function pretty(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** Much text, of which one line is shown until it is opened. @param {unknown} value */
export function folded(value) {
  const whole = pretty(value);
  const line = typeof value === "string" ? value : JSON.stringify(value);
  if (whole.length <= 60 && !whole.includes("\n")) return element("code", {}, whole);
  const summary = element("summary", {}, element("code", {}, line.length > 160 ? `${line.slice(0, 160)}…` : line));
  const details = element("details", {}, summary);
  // Made when it is opened: a hundred orders of 250 kB each would be much to lay out.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(element("pre", {}, whole));
  });
  return details;
}

export const count = new Intl.NumberFormat("en").format;
