import * as fs from "node:fs";
import * as path from "node:path";
import { Annotations, Aspects, App as CdktfApp, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import { Topic } from "../../../constructs/sns/topic";
import { App } from "../../../constructs/terraform/app";
import { escapeTemplate } from "../../../constructs/terraform/escape";
import { requireInteger, requireMatch } from "../../../constructs/terraform/props";
import { Stack } from "../../../constructs/terraform/stack";
import { withoutTokenTraces } from "../../../constructs/terraform/without-token-traces";
import { scratchFolder } from "../../support/scratch-folder";
import { synthesize, synthesizeApp } from "../../support/synth";

describe("addresses", () => {
  test("are the path of the construct, without hash, and without the part named Resource", () => {
    const config = synthesize((stack) => {
      new Topic(stack, "News", { topicName: "a" });
      new Topic(new Construct(new Construct(stack, "{id+}"), "Deep"), "News", { topicName: "b" });
    });
    expect(Object.keys(config.resource.aws_sns_topic ?? {})).toEqual(["News", "_id__Deep_News"]);
  });

  test("are never shared: cdktf would merge the two resources silently", () => {
    expect(() =>
      synthesize((stack) => {
        new Topic(new Construct(stack, "A_B"), "C", { topicName: "a" });
        new Topic(new Construct(stack, "A"), "B_C", { topicName: "b" });
      }),
    ).toThrow(
      "test/A/B_C/Resource must have a Terraform address of its own, got: A_B_C, which is test/A_B/C/Resource's. Rename one of the two constructs",
    );
  });
});

describe("what is written", () => {
  const backend = { type: "local", attributes: {} } as const;
  const textOf = (build: (stack: Stack) => void) => {
    const outdir = synthesizeApp((app) => build(new Stack(app, "test", { region: "eu-west-1", backend })));
    return fs.readFileSync(path.join(outdir, "stacks", "test", "cdk.tf.json"), "utf8");
  };
  const topics = (...names: readonly string[]) =>
    textOf((stack) => {
      for (const name of names) new Topic(stack, name, { topicName: name });
    });

  test("is the same whatever order the constructs were made in", () => {
    const text = topics("b", "a", "C");
    expect(topics("C", "a", "b")).toBe(text);
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
    expect(Object.keys(JSON.parse(text).resource.aws_sns_topic)).toEqual(["C", "a", "b"]);
  });

  test("can be looked at by aspects and validations before", () => {
    const seen: (readonly string[])[] = [];
    const look = (stack: Stack) => seen.push(Object.keys(stack.toTerraform()));
    textOf((stack) => {
      Aspects.of(stack).add({ visit: (construct) => construct === stack && look(stack) });
      stack.node.addValidation({ validate: () => (look(stack) ? [] : []) });
    });
    expect(seen).toEqual([expect.arrayContaining(["provider"]), expect.arrayContaining(["provider"])]);
  });

  test("is cdktf's own where HCL is asked for", () => {
    process.env.SYNTH_HCL_OUTPUT = "true";
    try {
      const outdir = synthesizeApp((app) => new Stack(app, "test", { region: "eu-west-1", backend }));
      expect(fs.readFileSync(path.join(outdir, "stacks", "test", "cdk.tf"), "utf8")).toMatch(/^terraform \{/);
    } finally {
      delete process.env.SYNTH_HCL_OUTPUT;
    }
  });

  test("is nothing where cdktf finds an error", () => {
    const outdir = path.join(scratchFolder(), "out");
    const app = new App({ outdir });
    Annotations.of(new Stack(app, "test", { region: "eu-west-1", backend })).addError("no such thing");
    expect(() => app.synth()).toThrow("no such thing");
    expect(fs.existsSync(outdir)).toBe(false);
  });
});

describe("the provider", () => {
  test("applies to the given account alone, and tags what it makes", () => {
    const { provider } = synthesize(() => undefined, { accountId: "123456789012", tags: { a: "b" } });
    expect(provider.aws).toEqual([
      { region: "eu-west-1", allowed_account_ids: ["123456789012"], default_tags: [{ tags: { a: "b" } }] },
    ]);
  });

  test("says nothing of accounts and tags that are not given", () => {
    expect(synthesize(() => undefined, { tags: {} }).provider.aws).toEqual([{ region: "eu-west-1" }]);
  });
});

test("constructs say what they must stand in", () => {
  const plain = new TerraformStack(new CdktfApp({ outdir: scratchFolder() }), "plain");
  expect(() => Stack.of(plain)).toThrow("plain must stand in a Stack of constructs/terraform/stack.ts");
  expect(() => App.of(plain)).toThrow("plain must stand in an App of constructs/terraform/app.ts");
});

test.each([
  ["${x}", "$${x}"],
  ["%{ if x }", "%%{ if x }"],
  ["$${x}", "$$${x}"],
  ["$input.path('$.a')", "$input.path('$.a')"],
  ["$util.urlEncode($input.body) 100%", "$util.urlEncode($input.body) 100%"],
  ["$.{", "$.{"],
])("keeps Terraform from reading %s as a template: %s", (text, escaped) => {
  expect(escapeTemplate(text)).toBe(escaped);
});

test("leaves props that only Terraform knows to Terraform", () => {
  const construct = new Construct(undefined as never, "");
  expect(() => {
    requireInteger(construct, "count", Token.asNumber("${var.count}"), 0, 1);
    requireInteger(construct, "count", undefined, 0, 1);
    requireMatch(construct, "name", "${TfToken[TOKEN.0]}", /^a$/, "a");
    requireMatch(construct, "name", undefined, /^a$/, "a");
  }).not.toThrow();
});

describe("tokens' stack traces", () => {
  const capture = (): string => {
    const holder = { stack: "" };
    Error.captureStackTrace(holder);
    return holder.stack;
  };

  test("are not taken while building, and taken again afterwards, also after a failure", () => {
    let inside = "untouched";
    expect(() =>
      withoutTokenTraces(() => {
        inside = capture();
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(inside).toBe("");
    expect(capture()).toContain("stack.test");
  });

  test("are kept in a debug run", () => {
    process.env.GATEHOUSE_DEBUG = "1";
    withoutTokenTraces(() => expect(capture()).toContain("stack.test"));
    delete process.env.GATEHOUSE_DEBUG;
  });
});
