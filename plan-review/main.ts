import * as fs from "node:fs";
import * as path from "node:path";
import { setFlagsFromString } from "node:v8";
import { accept } from "./accept";
import { type Options, readArguments, usage } from "./arguments";
import { constructPathsOf, planOfConfigurations } from "./configurations";
import { detect } from "./detectors/index";
import { type Exit, formats } from "./formats/index";
import { checkPlanFormat, InputError, isConfiguration, parseDocument, readBytes } from "./input";
import { type Finding, type Review, severities } from "./model";
import type { Plan } from "./plan";
import { readPlan } from "./read-plan";
import { reviewOf, scrubberOf } from "./review";

/** In bytes: from here on V8 compiles so much that it shows. */
const LARGE = 4_000_000;

/**
 * A review is over in a second. In that time V8's optimizing compiler costs more than it gains by putting functions into each other: see
 * ADR-10.
 */
function compileForOneSecond(): void {
  setFlagsFromString("--no-turbo-inlining");
}

const NO_PATHS: ReadonlyMap<string, string> = new Map();

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The paths of constructs stand in the configuration alone: a plan leaves comments out. */
function constructPaths({ configFile, files: [planFile] }: Options): ReadonlyMap<string, string> {
  const beside = planFile && planFile !== "-" ? path.join(path.dirname(planFile), "cdk.tf.json") : undefined;
  const file = configFile ?? (beside && fs.existsSync(beside) ? beside : undefined);
  if (file === undefined) return NO_PATHS;
  const document = parseDocument(readBytes(file), file);
  if (isConfiguration(document)) return constructPathsOf(document);
  throw new InputError(`${file} must be a configuration such as a cdk.tf.json, got another JSON object`);
}

async function readInput(options: Options): Promise<Plan> {
  const [first = "-", second] = options.files;
  if (second !== undefined) {
    const [before, after] = [first, second].map((file) => {
      const document = parseDocument(readBytes(file), file);
      if (isConfiguration(document)) return document;
      throw new InputError(
        `${file} must be a configuration such as a cdk.tf.json: of plans, one is reviewed at a time`,
      );
    });
    return planOfConfigurations(before ?? {}, after ?? {});
  }
  const name = first === "-" ? "standard input" : first;
  const bytes = first === "-" ? await readStandardInput() : readBytes(first);
  if (bytes.length > LARGE) compileForOneSecond();
  const document = parseDocument(bytes, name);
  checkPlanFormat(document, name);
  return readPlan(document, name, constructPaths(options));
}

/** What the command ends with. */
function exitOf(review: Review, plan: Plan, { failOn, isCompleteRequired, isExitDetailed }: Options): Exit {
  const reaches = ({ accepted, severity }: Finding) =>
    !accepted && severities.indexOf(severity) <= severities.indexOf(failOn);
  if (review.findings.some(reaches)) return { code: 3, failOn };
  if (isCompleteRequired && !review.isComplete) return { code: 4, failOn };
  const { noOp, ...counts } = review.counts;
  const hasChanges =
    Object.values(counts).some((count) => count > 0) ||
    plan.outputs.some(({ action }) => action !== "no-op") ||
    plan.changes.some(({ action }) => action === "unknown") ||
    plan.actionInvocations.length > 0 ||
    plan.deferred.length > 0;
  return { code: isExitDetailed && hasChanges ? 2 : 0, failOn };
}

function notesOn(plan: Plan): readonly string[] {
  if (plan.source === "plan") return [];
  return [
    "Judged from two configurations, without state: what differs from them in the account (drift) is unknown, and so is what only the provider knows, such as which changes replace a resource of a type that this review does not know.",
  ];
}

function print(text: string): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads it has read enough.
    if (error.code === "EPIPE") return;
    console.error(`plan-review: standard output can not be written: ${error.message}`);
    process.exit(1);
  });
  process.stdout.write(text);
}

/** The findings and what the command ends with, printed; secrets are in neither. */
async function run(options: Options): Promise<number> {
  const plan = await readInput(options);
  const scrub = scrubberOf(plan);
  try {
    const found = reviewOf(plan, detect(plan), scrub, notesOn(plan));
    const { acceptFile } = options;
    const findings = acceptFile
      ? accept(found.findings, readBytes(acceptFile).toString(), acceptFile, new Date().toISOString().slice(0, 10))
      : found.findings;
    const review = { ...found, findings };
    const exit = exitOf(review, plan, options);
    const text = formats[options.format](review, {
      exit,
      source: options.files.at(-1),
      hasColor: process.stdout.isTTY && !process.env.NO_COLOR,
      columns: process.stdout.columns,
    });
    print(text);
    return exit.code;
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof RangeError) throw new InputError("the plan has values that are nested too deeply to be read");
    const { message = String(error), stack = "" } = error as Error;
    const calls = stack.split("\n").filter((line) => /^\s+at /.test(line));
    throw new InputError(scrub(`a fault of plan-review itself: ${message}\n${calls.join("\n")}`));
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readArguments(args);
    if (options.isHelpWanted) {
      print(usage);
      return 0;
    }
    if (options.files.length === 0 && process.stdin.isTTY) {
      console.error(usage);
      return 1;
    }
    return await run(options);
  } catch (error) {
    console.error(`plan-review: ${error instanceof InputError ? error.message : ((error as Error).stack ?? error)}`);
    return 1;
  }
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
