import * as fs from "node:fs";
import * as path from "node:path";
import { Annotations } from "cdktf";
import { Topic } from "../../../constructs/sns/topic";
import { App, type AppProps } from "../../../constructs/terraform/app";
import { Stack } from "../../../constructs/terraform/stack";
import { scratchFolder } from "../../support/scratch-folder";

const home = process.cwd();
let project: string;

beforeEach(() => {
  project = scratchFolder();
  process.chdir(project);
});

afterEach(() => process.chdir(home));

function synth(stacks: readonly string[], props: AppProps = {}, topicName = "news"): void {
  const app = new App({ outdir: "out", ...props });
  for (const name of stacks) {
    const stack = new Stack(app, name, { region: "eu-west-1", backend: { type: "local", attributes: {} } });
    new Topic(stack, "Topic", { topicName });
  }
  app.synth();
}

const treeOf = (folder: string): readonly string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

test("writes each stack and the manifest, and leaves nothing beside the output", () => {
  synth(["a", "b"]);
  expect(treeOf(project)).toEqual(["out/manifest.json", "out/stacks/a/cdk.tf.json", "out/stacks/b/cdk.tf.json"]);
});

test("writes to CDKTF_OUTDIR, which is how the CLI hands its -o over", () => {
  process.env.CDKTF_OUTDIR = path.join(project, "elsewhere", "out");
  synth(["a"], { outdir: undefined });
  delete process.env.CDKTF_OUTDIR;
  expect(treeOf(project)).toEqual(["elsewhere/out/manifest.json", "elsewhere/out/stacks/a/cdk.tf.json"]);
});

describe("leaves the previous output whole", () => {
  test.each<[string, () => void, string]>([
    [
      "a rule finds something",
      () => synth(["a", "new"], { rules: [() => ["no", "no more"]] }, "other"),
      "a: no\na: no more\nnew: no",
    ],
    ["a prop is wrong", () => synth(["a"], {}, ""), "topicName must be"],
  ])("when %s", (_, run, message) => {
    synth(["a", "b"]);
    const before = treeOf("out").map((file) => fs.readFileSync(path.join("out", file), "utf8"));
    expect(run).toThrow(message);
    expect(treeOf("out").map((file) => fs.readFileSync(path.join("out", file), "utf8"))).toEqual(before);
  });
});

test("replaces what it wrote and keeps what Terraform did, also in a stack that is gone", () => {
  synth(["a", "b", "c"]);
  fs.mkdirSync("out/stacks/a/.terraform");
  for (const file of ["a/.terraform/plugins", "a/plan.out", "b/.terraform.lock.hcl"])
    fs.writeFileSync(path.join("out/stacks", file), "x");
  fs.mkdirSync("out/stacks/a/assets");
  fs.writeFileSync("out/stacks/a/assets/old.zip", "x");
  synth(["a"], {}, "other");
  expect(treeOf("out")).toEqual([
    "manifest.json",
    "stacks/a/.terraform/plugins",
    "stacks/a/cdk.tf.json",
    "stacks/a/plan.out",
    "stacks/b/.terraform.lock.hcl",
  ]);
  expect(fs.readFileSync("out/stacks/a/cdk.tf.json", "utf8")).toContain('"other"');
});

test("does not mind what else lies beside the stacks", () => {
  synth(["a"]);
  for (const file of ["out/.DS_Store", "out/stacks/.DS_Store"]) fs.writeFileSync(file, "x");
  synth(["a", "b"]);
  expect(treeOf("out")).toEqual([
    ".DS_Store",
    "manifest.json",
    "stacks/.DS_Store",
    "stacks/a/cdk.tf.json",
    "stacks/b/cdk.tf.json",
  ]);
});

test("writes through a link to a folder elsewhere", () => {
  const elsewhere = scratchFolder();
  fs.symlinkSync(elsewhere, "out");
  synth(["a"]);
  expect(treeOf(elsewhere)).toEqual(["manifest.json", "stacks/a/cdk.tf.json"]);
});

test("removes what a process that was killed has left, and not what one that runs is at", () => {
  synth(["a"]);
  for (const pid of [999_999_999, process.ppid]) fs.mkdirSync(`out/.staging-${pid}`);
  synth(["a"]);
  expect(fs.readdirSync("out").sort()).toEqual([`.staging-${process.ppid}`, "manifest.json", "stacks"]);
});

test("takes an empty CDKTF_OUTDIR for none", () => {
  process.env.CDKTF_OUTDIR = "";
  synth(["a"], { outdir: undefined });
  delete process.env.CDKTF_OUTDIR;
  expect(treeOf(project)).toEqual(["cdktf.out/manifest.json", "cdktf.out/stacks/a/cdk.tf.json"]);
});

test("refuses a folder that holds something else, and leaves it as it is", () => {
  fs.mkdirSync("settings");
  fs.writeFileSync("settings/dev.json", "{}");
  for (const outdir of ["settings", "."]) {
    expect(() => synth(["a"], { outdir })).toThrow(
      `outdir must be a folder that is new, empty or an earlier output, got: ${outdir}, which holds`,
    );
  }
  expect(treeOf(project)).toEqual(["settings/dev.json"]);
});

test("refuses a file, and leaves it as it is", () => {
  fs.writeFileSync("out", "notes");
  expect(() => synth(["a"])).toThrow(
    "outdir must be a folder, got: out, which is a file. Move it away, or name another folder",
  );
  expect(fs.readFileSync("out", "utf8")).toBe("notes");
});

test.each(["notes.txt/out", ...(process.platform === "linux" ? ["/proc/out"] : [])])(
  "refuses %s, which cannot be made",
  (outdir) => {
    fs.writeFileSync("notes.txt", "");
    expect(() => new App({ outdir })).toThrow(
      `outdir must be a folder that can be written, got: ${outdir}, and ${outdir.startsWith("/") ? "ENOENT" : "ENOTDIR"}: `,
    );
  },
);

test("gives every stack the repository's provider lock file", () => {
  fs.writeFileSync(".terraform.lock.hcl", "# locked");
  synth(["a"]);
  expect(fs.readFileSync("out/stacks/a/.terraform.lock.hcl", "utf8")).toBe("# locked");
});

describe("a construct's warning", () => {
  test("goes to standard error once the output is there, with the construct's path, and leaves no machine path in the manifest", () => {
    const said: string[] = [];
    const stderr = jest.spyOn(console, "error").mockImplementation((text) => {
      said.push(`${text}, ${fs.existsSync("out/manifest.json") ? "written" : "not written"}`);
    });
    const app = new App({ outdir: "out" });
    const stack = new Stack(app, "a", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
    Annotations.of(new Topic(stack, "Topic", { topicName: "news" })).addWarning("This is a lot.");
    app.synth();
    stderr.mockRestore();
    expect(said).toEqual(["Warning: This is a lot. (in a/Topic), written"]);
    const { stacks } = JSON.parse(fs.readFileSync("out/manifest.json", "utf8"));
    expect(stacks.a.annotations).toEqual([
      { constructPath: "a/Topic", level: "@cdktf/warn", message: "This is a lot." },
    ]);
  });
});
