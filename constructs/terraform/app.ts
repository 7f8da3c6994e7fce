import * as fs from "node:fs";
import * as path from "node:path";
import { App as CdktfApp } from "cdktf";
import type { Construct } from "constructs";

/** A rule over the content of one stack's cdk.tf.json: a sentence for each finding. */
export type Rule = (config: Readonly<Record<string, unknown>>) => readonly string[];

export interface AppProps {
  /**
   * Folder to write to. The cdktf CLI hands its own choice over in `CDKTF_OUTDIR`.
   * @default - `CDKTF_OUTDIR`, else `cdktf.out`
   */
  readonly outdir?: string;
  /**
   * Checks that every stack must pass before anything is written.
   * @default - none
   */
  readonly rules?: readonly Rule[];
}

/** Synthesis found something that must not be deployed. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/**
 * The app: synthesizes into a folder beside the output, checks what came out, and only then puts it in the output's place. Whatever
 * fails before that leaves the previous output whole.
 */
export class App extends CdktfApp {
  private readonly output: string;
  private readonly rules: readonly Rule[];
  private readonly files = new Map<string, () => string>();

  constructor(props: AppProps = {}) {
    const output = props.outdir ?? process.env.CDKTF_OUTDIR ?? "cdktf.out";
    const staging = `${path.resolve(output)}.${process.pid}.tmp`;
    fs.mkdirSync(path.dirname(staging), { recursive: true });
    super({ outdir: staging });
    // cdktf makes the folder at once; nothing is to be left of an app that never comes to be written.
    fs.rmSync(this.outdir, { recursive: true });
    this.output = output;
    this.rules = props.rules ?? [];
  }

  static override of(construct: Construct): App {
    const app = CdktfApp.of(construct);
    if (app instanceof App) return app;
    throw new Error(`${construct.node.path} must stand in an App of constructs/terraform/app.ts, got: cdktf's own`);
  }

  /**
   * Folder that a stack is written to, relative to the project. An output outside the project counts as standing in it: where it
   * really is differs from machine to machine and must not show in what is written.
   */
  stackFolder(stackName: string): string {
    const output = path.relative(process.cwd(), path.resolve(this.output));
    const isOutside = output.startsWith("..") || path.isAbsolute(output);
    return path.join(isOutside ? path.basename(output) : output, "stacks", stackName);
  }

  /** Puts a copy of a file beside a stack's cdk.tf.json. Its place is asked for when the stacks are written. */
  addFile(stackName: string, name: string, source: () => string): void {
    this.files.set(path.join("stacks", stackName, name), source);
  }

  /**
   * Writes every stack: `stacks/<name>/cdk.tf.json`, the files added to it, and the manifest that the cdktf CLI reads.
   * @throws RuleError with every finding of every rule
   */
  override synth(): void {
    // Before anything is resolved: cdktf puts words of its own before an error that comes out of a token.
    const files = [...this.files].map(([name, source]) => [name, source()] as const);
    fs.mkdirSync(path.join(this.outdir, "stacks"), { recursive: true });
    try {
      super.synth();
      this.check();
      this.addFiles(files);
      publish(this.outdir, path.resolve(this.output));
    } finally {
      fs.rmSync(this.outdir, { recursive: true, force: true });
    }
  }

  private check(): void {
    const findings = fs.readdirSync(path.join(this.outdir, "stacks")).flatMap((stack) => {
      const config = JSON.parse(fs.readFileSync(path.join(this.outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
      return this.rules.flatMap((rule) => rule(config)).map((finding) => `${stack}: ${finding}`);
    });
    if (findings.length > 0) throw new RuleError(findings.join("\n"));
  }

  private addFiles(files: readonly (readonly [name: string, source: string])[]): void {
    for (const [name, source] of files) {
      fs.mkdirSync(path.dirname(path.join(this.outdir, name)), { recursive: true });
      fs.copyFileSync(source, path.join(this.outdir, name), fs.constants.COPYFILE_FICLONE);
    }
    // Terraform writes the lock file into the folder it runs in, which is disposable; the one to keep stands in the repository.
    if (!fs.existsSync(lockFile)) return;
    for (const stack of fs.readdirSync(path.join(this.outdir, "stacks"))) {
      fs.copyFileSync(lockFile, path.join(this.outdir, "stacks", stack, lockFile));
    }
  }
}

const lockFile = ".terraform.lock.hcl";

/** What synthesis writes. Everything else in a stack's folder is Terraform's: `.terraform`, the lock file, saved plans. */
const generated = ["cdk.tf.json", "assets"];

/** Replaces the generated files of `to` by those of `from`, and drops the stacks that `from` no longer has. */
function publish(from: string, to: string): void {
  const stacksOf = (folder: string): string[] =>
    fs.existsSync(path.join(folder, "stacks")) ? fs.readdirSync(path.join(folder, "stacks")) : [];
  fs.mkdirSync(path.join(to, "stacks"), { recursive: true });
  for (const stack of new Set([...stacksOf(from), ...stacksOf(to)])) {
    const folder = path.join(to, "stacks", stack);
    for (const name of generated) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    const fresh = path.join(from, "stacks", stack);
    if (fs.existsSync(fresh)) {
      fs.mkdirSync(folder, { recursive: true });
      for (const name of fs.readdirSync(fresh)) fs.renameSync(path.join(fresh, name), path.join(folder, name));
    } else if (fs.readdirSync(folder).length === 0) {
      fs.rmdirSync(folder);
    }
  }
  fs.renameSync(path.join(from, "manifest.json"), path.join(to, "manifest.json"));
}
