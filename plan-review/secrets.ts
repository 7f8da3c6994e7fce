import { type ConfiguredModule, configurationOf } from "./configuration";
import type { Change, Json, JsonObject, Plan } from "./plan";
import { hasMark, isObject, valueAt } from "./values";

/** Shorter values occur in other words: they are masked by path, by `shown`. */
const SHORTEST = 6;

/** Values that are so common that to scrub them would tell what they are. */
const common = new Set(
  `enabled disabled default public private string number object create created update updated delete deleted replace replaced forget
  module resource provider policy statement action effect allow principal condition version service lambda dynamodb active standard
  managed unknown sensitive table bucket queues topics function secret password changeme aws_iam localhost 127.0.0.1 0.0.0.0
  2012-10-17 2008-10-17`.split(/\s+/),
);

/** What stands in a secret's place. */
export const MASK = "(sensitive)";

const isScrubbed = (text: string): boolean => text.length >= SHORTEST && !common.has(text.toLowerCase());

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** JSON as Terraform writes it. */
const escapedForHtml = (text: string): string =>
  escaped(text).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

/** The part of a text's base64 that is the same whatever stands around it, for each of the three ways in which it may begin. */
function base64Of(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const isCut = (shift + bytes.length) % 3 !== 0;
    return encoded.slice(shift === 0 ? 0 : shift + 1, isCut ? -1 : undefined);
  });
}

/** All forms in which a secret may stand in a text. */
function formsOf(secret: string): readonly string[] {
  const lines = secret.includes("\n") ? secret.split(/\r?\n/).filter((line) => line.length >= 12) : [];
  const url = encodeURIComponent(secret.replace(/[\uD800-\uDFFF]/gu, "\uFFFD"));
  const forms = [secret, secret.trim(), escaped(secret), escapedForHtml(secret), escaped(escaped(secret))];
  const encoded = [url, url.replaceAll("%20", "+"), ...base64Of(secret).filter((form) => form.length >= 8)];
  return [...forms, ...encoded, ...encoded.map((form) => form.replace(/\+/g, "-").replace(/\//g, "_")), ...lines];
}

/** Gathers what a plan marks as sensitive. */
class Collector {
  readonly values = new Set<string>();

  /** Adds a sensitive value with all that is in it. */
  add(value: Json | undefined): void {
    if (typeof value === "number") this.values.add(String(value));
    if (typeof value === "string") this.addText(value);
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) this.add(inner);
  }

  private addText(text: string): void {
    if (this.values.has(text)) return;
    this.values.add(text);
    if (!/^\s*[{[]/.test(text)) return;
    try {
      const document: Json = JSON.parse(text);
      // The words of a policy are everybody's: where it stands is masked instead.
      if (!isObject(document) || !Object.hasOwn(document, "Statement")) this.add(document);
    } catch {
      // A text like any other.
    }
  }

  /** Adds what marks cover. Most cover nothing, which is seen without a look at the values. */
  addMarked(value: Json | undefined, marks: Json | undefined): void {
    if (hasMark(marks)) this.addBeneath(value, marks);
  }

  private addBeneath(value: Json | undefined, marks: Json | undefined): void {
    if (marks === true) this.add(value);
    if (typeof marks !== "object" || marks === null) return;
    // What JSON.parse makes has keys of its own alone.
    for (const key in marks) {
      const inner = (marks as Record<string, Json>)[key];
      // Of marks that name each place, most are false or hold none.
      if (hasMark(inner)) this.addBeneath(valueAt(value, [key]), inner);
    }
  }

  addChange({ before, after, beforeSensitive, afterSensitive }: Change): void {
    // A value that is no longer marked, or not yet, is as secret.
    for (const marks of [beforeSensitive, afterSensitive]) {
      if (!hasMark(marks)) continue;
      this.addBeneath(before, marks);
      this.addBeneath(after, marks);
    }
  }

  /** A module of a state or of planned values. */
  addModule(module: Json | undefined): void {
    for (const resource of listOf(valueAt(module, ["resources"]))) {
      this.addMarked(resource.values, resource.sensitive_values);
    }
    for (const child of listOf(valueAt(module, ["child_modules"]))) this.addModule(child);
  }

  addState(state: Json | undefined): void {
    for (const [, output] of entriesOf(valueAt(state, ["outputs"]))) {
      if (output.sensitive === true) this.add(output.value);
    }
    this.addModule(valueAt(state, ["root_module"]));
  }

  /** A variable, with what is given for it in the call of its module. */
  addVariable(module: ConfiguredModule, name: string, document: JsonObject): void {
    this.add(valueAt(module.block.variables, [name, "default"]));
    if (!module.parent) {
      this.add(valueAt(document.variables, [name, "value"]));
      return;
    }
    const argument = valueAt(module.call, ["expressions", name]);
    this.add(valueAt(argument, ["constant_value"]));
    const references = valueAt(argument, ["references"]);
    for (const reference of Array.isArray(references) ? references : []) {
      const [, passed] = /^var\.([^.[]+)$/.exec(String(reference)) ?? [];
      if (passed !== undefined) this.addVariable(module.parent, passed, document);
    }
  }
}

const listOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const CREDENTIAL = /secret|password|token|access_key|private_key|credential/i;

const entriesOf = (value: Json | undefined): readonly (readonly [string, JsonObject])[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, inner]) => (isObject(inner) ? [[name, inner] as const] : []))
    : [];

function addConfiguration(collector: Collector, document: JsonObject): void {
  for (const module of configurationOf(document).modules) {
    for (const [name, variable] of entriesOf(module.block.variables)) {
      if (variable.sensitive === true) collector.addVariable(module, name, document);
    }
    for (const [, output] of entriesOf(module.block.outputs)) {
      if (output.sensitive === true) collector.add(valueAt(output.expression, ["constant_value"]));
    }
  }
  // Of providers a plan does not tell which arguments are sensitive.
  const credentials = entriesOf(valueAt(document.configuration, ["provider_config"]))
    .flatMap(([, provider]) => entriesOf(provider.expressions))
    .filter(([name]) => CREDENTIAL.test(name));
  for (const [, expression] of credentials) collector.add(expression.constant_value);
}

/** All that a plan marks as sensitive, wherever it does, too short and too common values included. */
export function sensitiveValues(plan: Plan): ReadonlySet<string> {
  const { document, formerDocument } = plan;
  const collector = new Collector();
  addConfiguration(collector, document);
  if (formerDocument) addConfiguration(collector, formerDocument);
  for (const change of [...plan.changes, ...plan.drift, ...plan.deferred.map(({ change }) => change)]) {
    collector.addChange(change);
  }
  for (const [, { before, after, before_sensitive, after_sensitive }] of entriesOf(document.output_changes)) {
    for (const value of [before, after]) {
      for (const marks of [before_sensitive, after_sensitive]) collector.addMarked(value, marks);
    }
  }
  for (const invocation of listOf(document.action_invocations)) {
    collector.addMarked(invocation.config_values, invocation.config_sensitive);
  }
  collector.addState(valueAt(document.prior_state, ["values"]));
  collector.addState(document.planned_values);
  return collector.values;
}

/** Replaces secrets in texts. The time it takes does not depend on how many there are. */
export class Scrubber {
  /** By their first six characters, the longest first. */
  private readonly byPrefix = new Map<string, string[]>();
  /** Which characters, by their lower byte, begin a secret: most do not. */
  private readonly firsts = new Uint8Array(1 << 8);
  /** Which sums of three characters begin a secret. */
  private readonly begins = new Uint8Array(1 << 12);

  constructor(values: Iterable<string>) {
    const forms = new Set([...values].filter(isScrubbed).flatMap(formsOf).filter(isScrubbed));
    for (const form of [...forms].sort((left, right) => right.length - left.length)) {
      const prefix = form.slice(0, SHORTEST);
      const known = this.byPrefix.get(prefix);
      if (known) known.push(form);
      else this.byPrefix.set(prefix, [form]);
      this.firsts[form.charCodeAt(0) & 0xff] = 1;
      this.begins[sumAt(form, 0)] = 1;
    }
  }

  /** The text with each stretch that secrets cover, which may overlap, replaced by one mask. */
  scrub(text: string): string {
    if (this.byPrefix.size === 0 || text.length < SHORTEST) return text;
    let result = "";
    let end = 0;
    for (let at = 0; at + SHORTEST <= text.length; at += 1) {
      if (this.firsts[text.charCodeAt(at) & 0xff] === 0 || this.begins[sumAt(text, at)] === 0) continue;
      const length = this.lengthAt(text, at);
      if (length === 0) continue;
      if (at >= end) result += `${text.slice(end, at)}${MASK}`;
      end = Math.max(end, at + length);
    }
    return result + text.slice(end);
  }

  private lengthAt(text: string, at: number): number {
    const forms = this.byPrefix.get(text.slice(at, at + SHORTEST)) ?? [];
    return forms.find((form) => text.startsWith(form, at))?.length ?? 0;
  }
}

const sumAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 7 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2) * 127) & 0xfff;
