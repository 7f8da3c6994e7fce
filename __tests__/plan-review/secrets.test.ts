import fc from "fast-check";
import type { JsonObject } from "../../plan-review/plan";
import { MASK, Scrubber, sensitiveValues } from "../../plan-review/secrets";
import { shown } from "../../plan-review/values";
import { changeOf, entryOf, planOf } from "./plans";

const secret = 's3cr3t "tok\\en" <&>';

describe("what is sensitive is found", () => {
  const sensitive = (parts: JsonObject) => [...sensitiveValues(planOf(parts))];

  test.each<[string, JsonObject]>([
    [
      "a variable's value",
      {
        variables: { v: { value: secret } },
        configuration: { root_module: { variables: { v: { sensitive: true } } } },
      },
    ],
    [
      "a variable's default",
      { configuration: { root_module: { variables: { v: { sensitive: true, default: secret } } } } },
    ],
    [
      "what a module is given",
      {
        variables: { top: { value: secret } },
        configuration: {
          root_module: {
            module_calls: {
              m: {
                expressions: { v: { references: ["var.top"] } },
                module: { variables: { v: { sensitive: true } } },
              },
            },
          },
        },
      },
    ],
    [
      "before",
      { resource_changes: [entryOf("a.b", { before: { x: secret }, change: { before_sensitive: { x: true } } })] },
    ],
    [
      "after",
      { resource_changes: [entryOf("a.b", { after: { x: secret }, change: { after_sensitive: { x: true } } })] },
    ],
    [
      "after that only before marks",
      {
        resource_changes: [
          entryOf("a.b", {
            before: { x: "former-one" },
            after: { x: secret },
            change: { before_sensitive: { x: true } },
          }),
        ],
      },
    ],
    [
      "inside lists and maps",
      {
        resource_changes: [
          entryOf("a.b", { after: { x: [{ y: { k: secret } }] }, change: { after_sensitive: { x: [{ y: true }] } } }),
        ],
      },
    ],
    [
      "drift",
      { resource_drift: [entryOf("a.b", { before: { x: secret }, change: { before_sensitive: { x: true } } })] },
    ],
    [
      "a deferred change",
      {
        deferred_changes: [
          {
            reason: "",
            resource_change: entryOf("a.b", { after: { x: secret }, change: { after_sensitive: { x: true } } }),
          },
        ],
      },
    ],
    [
      "an output's change",
      { output_changes: { o: { actions: ["create"], before: null, after: secret, after_sensitive: true } } },
    ],
    [
      "a part of an output",
      { output_changes: { o: { actions: ["create"], after: { x: secret }, after_sensitive: { x: true } } } },
    ],
    ["a planned output", { planned_values: { outputs: { o: { sensitive: true, value: secret } } } }],
    [
      "the prior state",
      {
        prior_state: {
          values: {
            root_module: { child_modules: [{ resources: [{ values: { x: secret }, sensitive_values: { x: true } }] }] },
          },
        },
      },
    ],
    [
      "an action's configuration",
      { action_invocations: [{ config_values: { x: secret }, config_sensitive: { x: true } }] },
    ],
    [
      "a provider's credentials",
      {
        configuration: {
          provider_config: { aws: { expressions: { secret_key: { constant_value: secret } } } },
          root_module: {},
        },
      },
    ],
    [
      "inside a sensitive JSON text",
      {
        resource_changes: [
          entryOf("a.b", {
            after: { x: JSON.stringify({ password: secret }) },
            change: { after_sensitive: { x: true } },
          }),
        ],
      },
    ],
  ])("%s", (_, parts) => {
    expect(sensitive(parts)).toContain(secret);
  });

  test("and what is not, is not", () => {
    const parts = {
      variables: { v: { value: "public-value" } },
      resource_changes: [
        entryOf("a.b", { after: { x: "open", y: 1 }, change: { after_sensitive: { x: false, z: {} } } }),
      ],
    };
    expect(sensitive(parts)).toEqual([]);
  });
});

describe("scrubbing", () => {
  const scrub = (text: string, ...secrets: readonly string[]) => new Scrubber(secrets).scrub(text);

  test.each([
    ["inside a longer text", `https://user:${secret}@host`, `https://user:${MASK}@host`],
    ["escaped as JSON", JSON.stringify({ [secret]: secret }), `{"${MASK}":"${MASK}"}`],
    ["escaped as Terraform's JSON", 's3cr3t \\"tok\\\\en\\" \\u003c\\u0026\\u003e', MASK],
    ["JSON in JSON", JSON.stringify(JSON.stringify(secret)).slice(3, -3), MASK],
    ["in a URL", `?t=${encodeURIComponent(secret)}`, `?t=${MASK}`],
    ["in a form", `t=${encodeURIComponent(secret).replaceAll("%20", "+")}`, `t=${MASK}`],
    ["twice", `${secret} ${secret}`, `${MASK} ${MASK}`],
  ])("finds it %s", (_, text, expected) => {
    expect(scrub(text, secret)).toBe(expected);
  });

  test.each(["", "a", "ab", "abc"])("finds it in base64 behind %p", (before) => {
    const encoded = Buffer.from(`${before}correct horse battery${before}`).toString("base64");
    const scrubbed = scrub(encoded, "correct horse battery");
    expect(scrubbed).toContain(MASK);
    expect(scrubbed.replace(MASK, "").length).toBeLessThan(14);
  });

  test("masks what overlaps as one, and the longest of those that begin alike", () => {
    expect(scrub("x abcdefghij y", "abcdefg", "efghij")).toBe(`x ${MASK} y`);
    expect(scrub("abcdefghij", "abcdef", "abcdefghij")).toBe(MASK);
    expect(scrub("abcdefabcdef", "abcdef")).toBe(`${MASK}${MASK}`);
  });

  test("takes lines of a key one by one", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----";
    expect(scrub("found: kqhkiG9w0BAQEF", key)).toBe(`found: ${MASK}`);
  });

  test("leaves values alone that are too short or too common: they are masked by path", () => {
    expect(scrub("abcde abcdef", "abcde")).toBe("abcde abcdef");
    expect(scrub("abcde abcdef", "abcdef")).toBe(`abcde ${MASK}`);
    expect(scrub("Enabled", "Enabled")).toBe("Enabled");
  });

  test("half of a character pair in a secret breaks nothing", () => {
    expect(scrub("x \ud800secret-value", "\ud800secret-value")).toBe(`x ${MASK}`);
  });

  test("never leaves a secret, whatever stands around it", () => {
    const value = fc.string({ minLength: 6, maxLength: 12 }).filter((text) => !/^\s|\s$/.test(text));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 5 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const scrubber = new Scrubber(secrets);
          for (const one of secrets) {
            if (scrubber.scrub(one) === one) continue; // too common
            const scrubbed = scrubber.scrub(`${before}${one}${after}`);
            const around = `${before}${after}${MASK}`;
            expect(scrubbed.includes(one) && !around.includes(one)).toBe(false);
          }
        },
      ),
    );
  });
});

describe("a value that is shown", () => {
  const plan = planOf({
    resource_changes: [
      entryOf("a.b", {
        before: { on: true, pin: 1234, tags: { a: "x" }, name: "n" },
        after: { on: false, pin: 5678, tags: { a: "y" }, name: "n" },
        unknown: { id: true },
        change: { after_sensitive: { on: true, tags: { a: true } }, before_sensitive: { pin: true } },
      }),
    ],
  });
  const change = changeOf(plan, "a.b");

  test("is masked by path, on both sides, with what is around it", () => {
    for (const path of [["on"], ["pin"], ["tags"], ["tags", "a"]]) {
      expect([shown(change, "before", path), shown(change, "after", path)]).toEqual(["(sensitive)", "(sensitive)"]);
    }
  });

  test("is JSON, or says that it is not known or not there", () => {
    expect(shown(change, "after", ["name"])).toBe('"n"');
    expect(shown(change, "after", ["id"])).toBe("(known after apply)");
    expect(shown(change, "before", ["id"])).toBe("none");
  });
});
