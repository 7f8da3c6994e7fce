import { spawn, spawnSync } from "node:child_process";
import type { Cloud } from "../../local/cloud";
import { operatorEnvironment } from "../../local/description";

const isInstalled = spawnSync("python3", ["-c", "import awscli.clidriver, boto3"]).status === 0;

/** A test, where `python3` finds the packages awscli (version 1) and boto3; elsewhere a skipped one whose title says why. */
export function testWithPython(title: string, run: () => Promise<void>): void {
  if (isInstalled) test(title, run, 180_000);
  else test.skip(`${title} (skipped: python3 has no awscli and boto3 on this machine)`, run);
}

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Python with what `npm run local` tells shells to export, and nothing else of AWS's from this machine. */
export function python(cloud: Cloud, args: readonly string[], { cwd = ".", input = "" } = {}): Promise<Ran> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const env = {
    ...Object.fromEntries(own),
    ...operatorEnvironment(cloud),
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    PYTHONUTF8: "1",
  };
  const child = spawn("python3", [...args], { cwd, env });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.end(input);
  return new Promise((resolve) =>
    child.on("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    ),
  );
}

/**
 * Runs the AWS CLI; gives what it printed.
 * @throws Error with what it complained of
 */
export async function aws(cloud: Cloud, command: readonly string[], options: Parameters<typeof python>[2] = {}) {
  const { code, stdout, stderr } = await python(cloud, ["-m", "awscli", ...command], options);
  if (code !== 0) throw new Error(`aws ${command.join(" ")}: ${stderr}`);
  return stdout;
}
