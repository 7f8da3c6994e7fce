import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ReviewCommand } from "./command";
import { allowing, configured, documentOf, entryOf, planBytes, planDocument, planFiles } from "./plans";

const command = new ReviewCommand();
const plans = planFiles.filter((file) => !file.startsWith("no-plan"));

const changed = documentOf({
  resource_changes: [entryOf("aws_sqs_queue.q", { before: { delay_seconds: 1 }, after: { delay_seconds: 2 } })],
});
const reviewJson = (content: object, ...args: readonly string[]) => {
  command.write("plan.json", content);
  const { code, output, error } = command.run(["plan.json", "--format", "json", ...args]);
  return { code, error, review: output === "" ? undefined : JSON.parse(output) };
};

describe("a plan is read", () => {
  const expected = command.review("recovery-off.json", "--format", "json").output;

  test.each([[["-"]], [[]]])("from standard input with arguments %j", (files) => {
    const { code, output } = command.run([...files, "--format", "json"], planBytes("recovery-off.json"));
    expect(code).toBe(3);
    expect(JSON.parse(output).findings).toEqual(JSON.parse(expected).findings);
  });

  test("from a file of PowerShell's", () => {
    const text = planBytes("recovery-off.json").toString();
    command.write("utf16.json", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]));
    const { code, output } = command.run(["utf16.json", "--format", "json"]);
    expect([code, JSON.parse(output).findings]).toEqual([3, JSON.parse(expected).findings]);
  });

  test("and the same plan gives the same bytes", () => {
    expect(command.review("recovery-off.json", "--format", "json").output).toBe(expected);
  });
});

describe("what it ends with", () => {
  const critical = planDocument("recovery-off.json");
  const incomplete = { ...changed, complete: false };
  const quiet = documentOf({});

  test.each<[string, object, readonly string[], number]>([
    ["nothing happens", quiet, [], 0],
    ["nothing happens, in detail", quiet, ["--detailed-exitcode"], 0],
    ["changes below the gate", changed, [], 0],
    ["changes below the gate, in detail", changed, ["--detailed-exitcode"], 2],
    [
      "an output changes, in detail",
      documentOf({ output_changes: { o: { actions: ["create"] } } }),
      ["--detailed-exitcode"],
      2,
    ],
    ["a critical finding", critical, [], 3],
    ["a low finding at a low gate", changed, ["--fail-on", "low"], 3],
    ["a high finding at a critical gate", incomplete, [], 0],
    ["a high finding at a high gate", incomplete, ["--fail-on", "high"], 3],
    ["an incomplete plan", incomplete, ["--require-complete"], 4],
    ["a complete plan that must be", changed, ["--require-complete"], 0],
    ["a plan of an older Terraform that must be complete", { ...changed, complete: null }, ["--require-complete"], 0],
    ["3 over 4", { ...critical, complete: false }, ["--require-complete"], 3],
    ["4 over 2", incomplete, ["--require-complete", "--detailed-exitcode"], 4],
    ["1 over 3", critical, ["--accept", "none.json"], 1],
  ])("%s", (_, content, args, expected) => {
    expect(reviewJson(content, ...args).code).toBe(expected);
  });

  test("1, with a sentence and nothing else, for what it cannot work on", () => {
    command.write("broken.json", '{"format_version":"2.0"}');
    expect(command.run(["broken.json"])).toEqual({
      code: 1,
      output: "",
      error: 'plan-review: broken.json must have format_version 1.x, got: "2.0"; a newer plan-review is needed\n',
    });
    expect(command.run(["none.json"])).toMatchObject({
      code: 1,
      error: "plan-review: none.json cannot be read: there is no such file\n",
    });
    expect(command.run([])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^plan-review: standard input is empty/),
    });
    expect(command.run(["--format", "xml"])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/--format must be one of/),
    });
  });
});

test("--help prints the usage", () => {
  expect(command.run(["--help"])).toMatchObject({ code: 0, output: expect.stringMatching(/^usage: plan-review/) });
});

describe("--accept", () => {
  const found = reviewJson(planDocument("recovery-off.json")).review.findings[0].fingerprint as string;
  const accept = (entries: object) => {
    command.write("accepted.json", entries);
    return reviewJson(planDocument("recovery-off.json"), "--accept", "accepted.json");
  };

  test("lets pass what was accepted, and shows it", () => {
    const { code, review } = accept([{ fingerprint: found, reason: "moved to backups", expires: "2999-01-01" }]);
    expect(code).toBe(0);
    expect(review.findings[0].accepted).toEqual({ reason: "moved to backups", expires: "2999-01-01" });
  });

  test("refuses what has expired and what fits nothing", () => {
    expect(accept([{ fingerprint: found, reason: "x", expires: "2020-01-01" }])).toMatchObject({
      code: 1,
      error: expect.stringContaining(`entry 1 (${found}) expired on 2020-01-01`),
    });
    expect(accept([{ fingerprint: "0".repeat(16), reason: "x", expires: "2999-01-01" }])).toMatchObject({
      code: 1,
      error: expect.stringContaining("nothing was found that fits 0000000000000000"),
    });
  });

  test("holds for the next plan, too, in which other things change", () => {
    const [before, after] = [planDocument("recovery-off.json"), planDocument("recovery-off.json")];
    const entries = after.resource_changes as readonly object[];
    const more = { ...after, resource_changes: [...(changed.resource_changes as readonly object[]), ...entries] };
    const of = (document: object) =>
      reviewJson(document).review.findings.map((one: { fingerprint: string }) => one.fingerprint);
    expect(of(more)).toEqual(expect.arrayContaining(of(before)));
  });
});

describe("secrets", () => {
  const secret = "s3cr3t-t0ken-value";

  test.each(["text", "markdown", "json", "sarif", "html"])("of no plan are in %s", (format) => {
    for (const plan of plans) {
      const { output, error } = command.review(plan, "--format", format);
      expect(output.length).toBeGreaterThan(0);
      expect(output + error).not.toContain(secret);
      expect(output + error).not.toMatch(/hunter[23]-hunter[23]/);
    }
  });

  test.each(["text", "markdown", "json", "sarif", "html"])(
    "in names, tags, policies and paths are not in %s",
    (format) => {
      const password = 'pa$$"word<1>';
      const policy = "aws_iam_role_policy.p";
      command.write(
        "plan.json",
        documentOf({
          variables: { p: { value: password } },
          resource_changes: [
            entryOf(`aws_sqs_queue.q["${password}"]`, { before: { name: "a" }, after: { name: `x-${password}` } }),
            entryOf("aws_sqs_queue.r", {
              before: { tags: { a: "b" } },
              after: { tags: { [password]: `${password}!` } },
            }),
            entryOf(policy, {
              before: { policy: allowing("a:b", "*") },
              after: { policy: allowing("a:*", `arn:aws:a:::${password}/*`) },
            }),
            entryOf("aws_iam_policy.unknown", { after: {}, unknown: { policy: true } }),
          ],
          configuration: {
            root_module: {
              variables: { p: { sensitive: true } },
              resources: [
                configured("aws_iam_policy.unknown", { policy: { constant_value: allowing("*", "${var.p}") } }),
              ],
            },
          },
        }),
      );
      const { output } = command.run(["plan.json", "--format", format]);
      const forms = [
        password,
        JSON.stringify(password).slice(1, -1),
        "pa$$&quot;word",
        "pa\\$\\$",
        "word<1",
        "word&lt;1",
        "word\\u003c1",
      ];
      for (const form of forms) expect(output).not.toContain(form);
      expect(output).toContain("sensitive");
    },
  );

  test("that are short are masked where they stand, and the change is told", () => {
    const { review } = reviewJson(
      documentOf({
        resource_changes: [
          entryOf("aws_dynamodb_table.t", {
            before: { deletion_protection_enabled: true, pin: 1234 },
            after: { deletion_protection_enabled: false, pin: 9876 },
            change: {
              before_sensitive: { deletion_protection_enabled: true, pin: true },
              after_sensitive: { deletion_protection_enabled: true, pin: true },
            },
          }),
        ],
      }),
    );
    const text = JSON.stringify(review.findings);
    expect(review.findings).toContainEqual(expect.objectContaining({ severity: "critical", section: "data-loss" }));
    expect(text).toContain("(sensitive) → (sensitive)");
    expect(text).not.toMatch(/1234|9876|true →|→ false/);
  });
});

test("outputs of which a part is secret are not shown", () => {
  const output = { actions: ["update"], before: { a: "x1" }, after: { a: "y2" }, after_sensitive: { a: true } };
  const { review } = reviewJson(documentOf({ output_changes: { o: output } }));
  expect(JSON.stringify(review.findings)).not.toMatch(/x1|y2/);
  expect(review.findings).toMatchObject([{ rule: "outputs-changed", details: ["o: (sensitive), update"] }]);
});

test("values that are nested without end are refused with a sentence", () => {
  const entry = entryOf("a.b", { before: { x: 1 }, after: { x: "deep" } });
  const text = JSON.stringify(documentOf({ resource_changes: [entry] }));
  command.write("deep.json", text.replace('"deep"', "[".repeat(20_000) + "]".repeat(20_000)));
  expect(command.run(["deep.json"])).toEqual({
    code: 1,
    output: "",
    error: "plan-review: the plan has values that are nested too deeply to be read\n",
  });
});

describe("the cdk.tf.json beside a plan", () => {
  const config = {
    resource: { aws_sqs_queue: { q: { name: "q", "//": { metadata: { path: "orders/Inbox/Queue" } } } } },
  };

  test("tells the paths of constructs", () => {
    command.write("stack/plan.json", changed);
    command.write("stack/cdk.tf.json", config);
    const { output } = command.run(["stack/plan.json", "--format", "json"]);
    expect(JSON.parse(output).findings).toMatchObject([{ constructPath: "orders/Inbox/Queue" }]);
  });

  test("may be somewhere else", () => {
    command.write("config.json", config);
    expect(reviewJson(changed, "--config", "config.json").review.findings).toMatchObject([
      { constructPath: "orders/Inbox/Queue" },
    ]);
    expect(reviewJson(changed, "--config", "plan.json")).toMatchObject({
      code: 1,
      error: expect.stringContaining("plan.json must be a configuration such as a cdk.tf.json"),
    });
  });
});

describe("two configurations", () => {
  const table = (hashKey: string) => ({
    resource: {
      aws_dynamodb_table: {
        t: { name: "orders", hash_key: hashKey, "//": { metadata: { path: "orders/Table" } } },
      },
      aws_iam_role_policy: { p: { role: "r", policy: allowing(hashKey === "id" ? "a:b" : "a:*", "${aws_x.y.arn}") } },
    },
  });

  test("are reviewed before any plan exists, and the review says what it rests on", () => {
    command.write("old/cdk.tf.json", table("id"));
    command.write("new/cdk.tf.json", table("orderId"));
    const { code, output } = command.run(["old/cdk.tf.json", "new/cdk.tf.json", "--format", "json"]);
    const review = JSON.parse(output);
    expect(code).toBe(3);
    expect(review.notes).toEqual([expect.stringMatching(/^Judged from two configurations, without state/)]);
    expect(review.findings).toMatchObject([
      { severity: "critical", rule: "table-replaced", constructPath: "orders/Table" },
      { severity: "high", rule: "iam-broadened", address: "aws_iam_role_policy.p" },
    ]);
    expect(command.run(["new/cdk.tf.json", "new/cdk.tf.json"])).toMatchObject({ code: 0 });
  });

  test("are not mixed with plans", () => {
    command.write("plan.json", changed);
    expect(command.run(["old/cdk.tf.json", "plan.json"])).toMatchObject({
      code: 1,
      error: expect.stringContaining(
        "plan.json must be a configuration such as a cdk.tf.json: of plans, one is reviewed",
      ),
    });
    expect(command.run(["old/cdk.tf.json"])).toMatchObject({
      code: 1,
      error: expect.stringContaining("give two of them, the old one first"),
    });
  });
});

test("a large plan is reviewed as a small one is, and Node.js has nothing to say of how", () => {
  const plan = planDocument("iam-broadened.json");
  const [small, large] = [0, 5_000_000].map((length) =>
    command.run(["-"], JSON.stringify({ ...plan, variables: { padding: { value: " ".repeat(length) } } })),
  );
  expect(large).toEqual(small);
  expect(large).toMatchObject({ code: 0, error: "", output: expect.stringContaining("BROADENED") });
});

test("5,000 changes are all counted, and a reader who stops reading is no error", () => {
  const entries = Array.from({ length: 5000 }, (_, index) =>
    entryOf(`aws_sqs_queue.q[${index}]`, {
      before: { delay_seconds: index, name: `q${index}` },
      after: { delay_seconds: -1 },
    }),
  );
  command.write("plan.json", documentOf({ resource_changes: entries }));
  const { output } = command.run(["plan.json", "--format", "json"]);
  expect(JSON.parse(output).resources.update).toBe(5000);
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", `"${process.execPath}" plan-review.js plan.json --format json | head -c 10`],
    {
      cwd: command.folder,
      encoding: "utf8",
    },
  );
  expect([stdout, stderr]).toEqual(['{\n  "versi', ""]);
});

const whereDisksAreFull = fs.existsSync("/dev/full") ? test : test.skip;
whereDisksAreFull("what cannot be written is an error in one line", () => {
  command.write("plan.json", documentOf({}));
  const line = `"${process.execPath}" plan-review.js plan.json > /dev/full`;
  const { status, stderr } = spawnSync("sh", ["-c", line], { cwd: command.folder, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^plan-review: standard output can not be written: .*\n$/),
  ]);
});

test("the launcher starts it from any folder", () => {
  const launcher = path.resolve("plan-review/cli.js");
  expect(fs.statSync(launcher).mode & 0o111).not.toBe(0);
  const { status, stdout } = spawnSync(process.execPath, [launcher, "--help"], {
    cwd: command.folder,
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^usage: plan-review/)]);
});
