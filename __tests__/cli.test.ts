import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Project } from "./support/project";
import { testWithTerraform } from "./support/terraform";

const cli = path.resolve("node_modules/cdktf-cli/bundle/bin/cdktf");
// Synthesis and the other tests do without the CLI.
const testWithCli = fs.existsSync(cli) ? test : test.skip;

const cdktf = (project: Project, ...args: string[]) =>
  spawnSync(process.execPath, [cli, ...args], {
    cwd: project.folder,
    env: { ...process.env, CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "true", CI: "1" },
    encoding: "utf8",
  });

testWithCli(
  "the cdktf CLI synthesizes where it is told to, and the same as without it (skipped where it is not installed)",
  () => {
    const project = new Project();
    const { status, stdout } = cdktf(project, "synth", "-o", "elsewhere");
    expect([status, stdout]).toEqual([0, expect.stringContaining("Generated Terraform code for the stacks")]);
    project.run("main.ts");
    expect(project.tree("elsewhere")).toEqual(project.tree("cdktf.out"));
  },
);

testWithCli("the cdktf CLI shows what is wrong, and fails (skipped where it is not installed)", () => {
  const project = new Project();
  project.write("settings/dev.json", "{}");
  const { status, stdout, stderr } = cdktf(project, "synth");
  expect(status).not.toBe(0);
  expect(stdout + stderr).toContain("SettingsError: settings/dev.json:.region must be a string, got: nothing");
});

testWithCli("the cdktf CLI goes on where an environment is no more (skipped where it is not installed)", () => {
  const project = new Project();
  const prod = project.read("settings/prod.json");
  project.run("main.ts");
  project.remove("settings/prod.json");
  const { status, stdout, stderr } = cdktf(project, "synth");
  expect([status, stdout + stderr]).toEqual([0, expect.not.stringContaining("ENOENT")]);
  const stacks = () =>
    fs.readdirSync(path.join(project.folder, "cdktf.out", "stacks")).map((name) => name.split("-").at(-1));
  expect(new Set(stacks())).toEqual(new Set(["1", "dev"]));
  // By itself, synthesis leaves no empty folder either.
  project.write("settings/prod.json", prod);
  project.run("main.ts");
  expect(stacks()).toContain("prod");
  project.remove("settings/prod.json");
  project.run("main.ts");
  expect(stacks()).not.toContain("prod");
});

// What it runs Terraform in is not what it comes with: docs/decisions/ADR-11-nothing-compiled.md.
const testDeployment = fs.existsSync(cli) ? testWithTerraform : test.skip;

testDeployment("the cdktf CLI plans, deploys and destroys", () => {
  const project = new Project();
  // Of Terraform's own: no provider is to be had here.
  project.write(
    "main.ts",
    `import { App, DataResource, TerraformOutput, TerraformStack } from "cdktf";
     const app = new App();
     const stack = new TerraformStack(app, "try");
     const data = new DataResource(stack, "data", { input: "tea" });
     new TerraformOutput(stack, "drink", { value: data.output });
     app.synth();`,
  );
  const state = () => JSON.parse(project.read("terraform.try.tfstate"));
  const planned = cdktf(project, "diff");
  expect([planned.status, planned.stdout]).toEqual([0, expect.stringContaining("1 to add, 0 to change, 0 to destroy")]);
  const deployed = cdktf(project, "deploy", "--auto-approve");
  expect([deployed.status, deployed.stdout]).toEqual([0, expect.stringMatching(/drink = "?tea/)]);
  expect(state().outputs.drink.value).toBe("tea");
  expect(cdktf(project, "destroy", "--auto-approve").status).toBe(0);
  expect(state().resources).toEqual([]);
});
