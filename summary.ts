import * as fs from "node:fs";
import * as path from "node:path";
import { readConfig, resourcesOf, type TerraformConfig } from "./terraform/config";

interface SynthesizedStack {
  readonly folder: string;
  readonly config: TerraformConfig;
}

/** AWS's name for what a Terraform type belongs to: the longest prefix that matches. */
const services: Readonly<Record<string, string>> = {
  api_gateway: "API Gateway",
  cloudwatch_log: "CloudWatch Logs",
  cloudwatch_metric: "CloudWatch",
  dynamodb: "DynamoDB",
  iam: "IAM",
  kms: "KMS",
  lambda: "Lambda",
  sns: "SNS",
  sqs: "SQS",
};

function serviceOf(type: string): string {
  const name = type.replace(/^aws_/, "");
  const prefix = Object.keys(services).find((candidate) => name.startsWith(`${candidate}_`));
  return prefix ? (services[prefix] as string) : name;
}

function counts(config: TerraformConfig): readonly string[] {
  const byService = new Map<string, number>();
  for (const { type } of resourcesOf(config)) byService.set(serviceOf(type), (byService.get(serviceOf(type)) ?? 0) + 1);
  const total = [...byService.values()].reduce((sum, count) => sum + count, 0);
  const services = [...byService].sort(([a], [b]) => a.localeCompare(b, "en"));
  const [first, ...others] = services.map(([service, count]) => `${service} ${count}`);
  return [`${total} resources: ${first}`, ...others];
}

function zips(folder: string): readonly string[] {
  const assets = path.join(folder, "assets");
  if (!fs.existsSync(assets)) return [];
  return fs
    .readdirSync(assets)
    .filter((file) => file.endsWith(".zip"))
    .sort()
    .map((file) => `${file} ${(fs.statSync(path.join(assets, file)).size / 1000).toFixed(0)} kB`);
}

/** Folds words into lines of at most 100 columns behind a label. */
function folded(label: string, words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const last = lines.length - 1;
    const next = lines[last] ? `${lines[last]}, ${word}` : word;
    if (next.length > 84 && lines[last]) lines.push(word);
    else lines[last] = next;
  }
  return lines.map((line, at) => `  ${(at === 0 ? label : "").padEnd(10)}${line}`).join("\n");
}

function stackSummary({ folder, config }: SynthesizedStack): string {
  const outputs = Object.keys((config.output ?? {}) as object);
  const files = zips(folder);
  return [
    path.basename(folder),
    folded("", counts(config)),
    ...(files.length > 0 ? [folded("zips", files)] : []),
    ...(outputs.length > 0 ? [folded("outputs", outputs)] : []),
  ].join("\n");
}

/** Whether a stack's provider says which accounts it may be applied to. */
function hasAccountGuard({ config }: SynthesizedStack): boolean {
  const provider = config.provider as { aws: { allowed_account_ids?: string[] }[] };
  return provider.aws.every((aws) => aws.allowed_account_ids !== undefined);
}

/** What a synthesized output holds, in one screen, and the commands that come next. */
export function summary(outdir: string): string {
  const { stacks } = JSON.parse(fs.readFileSync(path.join(outdir, "manifest.json"), "utf8")) as {
    stacks: Record<string, { workingDirectory: string }>;
  };
  const synthesized = Object.values(stacks).map(({ workingDirectory }): SynthesizedStack => {
    const folder = path.join(outdir, workingDirectory);
    return { folder, config: readConfig(folder) };
  });
  const names = Object.keys(stacks);
  const account = names.filter((name) => name.startsWith("api-gateway-account-"));
  const first = names.find((name) => !account.includes(name)) ?? names[0];
  const unguarded = synthesized.filter((stack) => !hasAccountGuard(stack)).map(({ folder }) => path.basename(folder));
  const shown = path.relative(process.cwd(), outdir);
  const folder = path.join(shown, "stacks", first ?? "");
  const chdir = `terraform -chdir=${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`;
  return [
    ...synthesized.map(stackSummary),
    "",
    `${names.length} stacks in ${shown}, ${(performance.now() / 1000).toFixed(2)} s`,
    "",
    "Next",
    ...account.map(
      (name) =>
        `  npx cdktf deploy ${name}   once, unless API Gateway has a logging role there already (docs/deploying.md)`,
    ),
    `  npx cdktf deploy ${first}`,
    `  ${chdir} init && ${chdir} plan   the same without the CLI`,
    ...(shown.startsWith("..")
      ? [
          "",
          "This output lies outside the project: its local state, if any, lies beside it and is not the project's (docs/state.md).",
        ]
      : []),
    ...(unguarded.length > 0
      ? [
          "",
          `No accountId in settings/: ${unguarded.join(", ")} would go to whatever account the credentials belong to.`,
        ]
      : []),
  ].join("\n");
}
