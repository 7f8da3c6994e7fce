import * as fs from "node:fs";
import * as path from "node:path";
import { AnnotationMetadataEntryType, App as CdktfApp } from "cdktf";
import type { Construct } from "constructs";
import { makeFolder } from "../../bundling/make-folder";

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
 * The app: synthesizes into a folder inside the output, checks what came out, and only then replaces the output's files by it. Whatever
 * fails before that leaves the previous output whole.
 */
export class App extends CdktfApp {
  private readonly output: string;
  private readonly rules: readonly Rule[];
  private readonly findings: string[] = [];
  private readonly files = new Map<string, () => string>();

  constructor(props: AppProps = {}) {
    const given = props.outdir || process.env.CDKTF_OUTDIR || "cdktf.out";
    requireOutputFolder(given);
    const output = writableFolder(given);
    removeAbandoned(output);
    // A warning's stack trace would put this machine's paths into the manifest.
    super({ outdir: path.join(output, `${STAGING}${process.pid}`), stackTraces: false });
    this.output = output;
    this.rules = props.rules ?? [];
    // cdktf makes the folder at once; nothing is to be left of an app that never comes to be written.
    this.removeStaging();
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
    const output = path.relative(fs.realpathSync(process.cwd()), this.output);
    const isOutside = output.startsWith("..") || path.isAbsolute(output);
    return path.join(isOutside ? path.basename(output) : output, "stacks", stackName);
  }

  /** Puts a copy of a file beside a stack's cdk.tf.json. Its place is asked for when the stacks are written. */
  addFile(stackName: string, name: string, source: () => string): void {
    this.files.set(path.join("stacks", stackName, name), source);
  }

  /**
   * Writes every stack: `stacks/<name>/cdk.tf.json`, the files added to it, and the manifest that the cdktf CLI reads. Warnings of constructs
   * go to standard error.
   * @throws RuleError with every finding of every rule
   */
  override synth(): void {
    // Before anything is resolved: cdktf puts words of its own before an error that comes out of a token.
    const files = [...this.files].map(([name, source]) => [name, source()] as const);
    fs.mkdirSync(path.join(this.outdir, "stacks"), { recursive: true });
    try {
      super.synth();
      if (this.findings.length > 0) throw new RuleError(this.findings.join("\n"));
      this.addFiles(files);
      publish(this.outdir, this.output);
      this.printWarnings();
    } finally {
      this.removeStaging();
    }
  }

  private printWarnings(): void {
    for (const { node } of this.node.findAll()) {
      for (const { type, data } of node.metadata) {
        if (type === AnnotationMetadataEntryType.WARN) console.error(`Warning: ${data} (in ${node.path})`);
      }
    }
  }

  private removeStaging(): void {
    fs.rmSync(this.outdir, { recursive: true, force: true });
    removeIfEmpty(this.output);
  }

  /** Is told by each stack what is written of it. */
  inspect(stackName: string, config: Parameters<Rule>[0]): void {
    for (const rule of this.rules) this.findings.push(...rule(config).map((finding) => `${stackName}: ${finding}`));
  }

  private addFiles(files: readonly (readonly [name: string, source: string])[]): void {
    for (const [name, source] of files) {
      fs.mkdirSync(path.dirname(path.join(this.outdir, name)), { recursive: true });
      linkOrCopy(source, path.join(this.outdir, name));
    }
    // Terraform writes the lock file into the folder it runs in, which is disposable; the one to keep stands in the repository.
    if (!fs.existsSync(lockFile)) return;
    for (const stack of fs.readdirSync(path.join(this.outdir, "stacks"))) {
      fs.copyFileSync(lockFile, path.join(this.outdir, "stacks", stack, lockFile));
    }
  }
}

const lockFile = ".terraform.lock.hcl";
const MANIFEST = "manifest.json";

/** Removes a folder that holds nothing; another process may be at it, too. */
function removeIfEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // It holds something, or is gone.
  }
}

/** Megabytes of zips are the same from run to run. Whoever made the source replaces it when it changes, and never writes into it. */
function linkOrCopy(source: string, target: string): void {
  try {
    fs.linkSync(source, target);
  } catch {
    fs.copyFileSync(source, target);
  }
}

/** Where a synthesis is written before it is checked: inside the output, since a file can only be moved within its file system. */
const STAGING = ".staging-";

/**
 * @throws Error for a file, and for a folder that holds something else than an output: what is in it would be mixed with what is written
 */
function requireOutputFolder(output: string): void {
  if (fs.existsSync(output) && !fs.statSync(output).isDirectory())
    throw new Error(`outdir must be a folder, got: ${output}, which is a file. Move it away, or name another folder`);
  const content = fs.existsSync(output) ? fs.readdirSync(output).filter((name) => !name.startsWith(".")) : [];
  if (content.length === 0 || content.includes(MANIFEST)) return;
  throw new Error(
    `outdir must be a folder that is new, empty or an earlier output, got: ${output}, which holds ${content.slice(0, 3).join(", ")}`,
  );
}

/** @throws Error for one that cannot be made, or not be written into */
function writableFolder(output: string): string {
  try {
    makeFolder(path.resolve(output));
    fs.accessSync(output, fs.constants.W_OK);
    return fs.realpathSync(output);
  } catch (error) {
    throw new Error(
      `outdir must be a folder that can be written, got: ${output}, and ${(error as Error).message}. Name another folder`,
    );
  }
}

/** Removes what processes that were killed have left. */
function removeAbandoned(output: string): void {
  for (const name of fs.readdirSync(output).filter((entry) => entry.startsWith(STAGING))) {
    if (!isRunning(Number(name.slice(STAGING.length))))
      fs.rmSync(path.join(output, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What synthesis writes. Everything else in a stack's folder is Terraform's: `.terraform`, the lock file, saved plans. */
const isGenerated = (file: string): boolean => file === "cdk.tf.json" || file.startsWith(`assets${path.sep}`);

const filesIn = (folder: string): readonly string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));

/**
 * Replaces the generated files of `to` by those of `from`, one by one and each at once, so that nobody who reads meanwhile misses one; then drops
 * those that `from` no longer has, with the stacks that held nothing else.
 */
function publish(from: string, to: string): void {
  // The manifest comes last: it names stacks, which are to be there by then.
  const files = filesIn(from).filter((file) => file !== MANIFEST);
  const fresh = new Set(files);
  for (const file of [...files, MANIFEST]) {
    fs.mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
    fs.renameSync(path.join(from, file), path.join(to, file));
  }
  const entries = fs.readdirSync(path.join(to, "stacks"), { withFileTypes: true });
  for (const stack of entries.filter((entry) => entry.isDirectory())) {
    const folder = path.join(to, "stacks", stack.name);
    const stale = filesIn(folder).filter(
      (file) => isGenerated(file) && !fresh.has(path.join("stacks", stack.name, file)),
    );
    for (const file of stale) fs.rmSync(path.join(folder, file), { force: true });
    if (stale.length === 0) continue;
    removeIfEmpty(path.join(folder, "assets"));
    // The cdktf CLI, which says where to write, removes the folder of a stack that is no more itself, and fails where it is gone already.
    if (!process.env.CDKTF_OUTDIR) removeIfEmpty(folder);
  }
}
