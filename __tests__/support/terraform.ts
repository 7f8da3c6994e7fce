import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { scratchFolder } from "./scratch-folder";

const isInstalled = spawnSync("terraform", ["version"]).status === 0;

/** A test, where the `terraform` binary is on the machine; elsewhere a skipped one whose title says why. */
export function testWithTerraform(title: string, run: () => void): void {
  if (isInstalled) test(title, run);
  else test.skip(`${title} (skipped: no terraform on this machine)`, run);
}

/** Runs Terraform over a configuration in a folder of its own; gives what it printed, or throws it. */
export function terraform(config: object, ...commands: readonly (readonly string[])[]): string {
  const cwd = scratchFolder();
  fs.writeFileSync(path.join(cwd, "cdk.tf.json"), JSON.stringify(config));
  const env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: undefined };
  return commands
    .map((command) => {
      const { status, stdout, stderr } = spawnSync("terraform", [...command, "-no-color"], {
        cwd,
        env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`terraform ${command.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    })
    .join("\n");
}
