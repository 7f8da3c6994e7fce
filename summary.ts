import * as fs from "node:fs";
import * as path from "node:path";
import { stackFolders } from "./local/stacks";
import { API_KEY } from "./openapi/body";
import type { OpenApiDocument } from "./openapi/document";
import { readConfig, resourcesOf, type TerraformConfig } from "./terraform/config";

interface SynthesizedStack {
  readonly folder: string;
  readonly config: TerraformConfig;
}

/** AWS's name for what a Terraform type belongs to: the longest prefix that matches. */
const services: Readonly<Record<string, string>> = {
  acm: "ACM",
  api_gateway: "API Gateway",
  apigatewayv2: "API Gateway",
  cloudwatch_log: "CloudWatch Logs",
  cloudwatch_dashboard: "CloudWatch",
  cloudwatch_metric: "CloudWatch",
  cognito: "Cognito",
  dynamodb: "DynamoDB",
  iam: "IAM",
  kms: "KMS",
  lambda: "Lambda",
  route53: "Route 53",
  s3: "S3",
  security: "VPC",
  sns: "SNS",
  sqs: "SQS",
  vpc: "VPC",
  wafv2: "WAF",
};

function serviceOf(type: string): string {
  const name = type.replace(/^aws_/, "");
  const prefix = Object.keys(services).find((candidate) => `${name}_`.startsWith(`${candidate}_`));
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

/** Where a system is called: what a person looks for first among its outputs. */
const isAddress = (output: string): boolean => /_url$/.test(output) && !/(console|queue)_url$/.test(output);

function contentOf({ folder, config }: SynthesizedStack): string {
  const outputs = Object.keys((config.output ?? {}) as object);
  const files = zips(folder);
  return [
    folded("", counts(config)),
    ...(files.length > 0 ? [folded("zips", files)] : []),
    ...(outputs.length > 0 ? [folded("outputs", [`${outputs.length} in all`, ...outputs.filter(isAddress)])] : []),
  ].join("\n");
}

/** What is in each stack; a system's stacks of several environments are told of together where the same is in them. */
function contents(stacks: readonly SynthesizedStack[]): readonly string[] {
  const namesByContent = new Map<string, string[]>();
  for (const stack of stacks) {
    const content = contentOf(stack);
    namesByContent.set(content, [...(namesByContent.get(content) ?? []), path.basename(stack.folder)]);
  }
  return [...namesByContent].map(([content, names]) => `${names.join(", ")}\n${content}`);
}

/** Methods that anyone may call, but for those that answer by themselves, as preflights do. */
function openMethods({ folder, config }: SynthesizedStack): readonly string[] {
  const resources = resourcesOf(config);
  return resources
    .filter(({ type, attributes }) => type === "aws_api_gateway_method" && attributes.authorization === "NONE")
    .filter(({ name }) => {
      const integration = resources.find((one) => one.address === `aws_api_gateway_integration.${name}_Integration`);
      return integration?.attributes.type !== "MOCK";
    })
    .map(({ address }) => `${path.basename(folder)}: ${address}`);
}

/** The document of an API that is written down as one, with what Terraform fills in left empty. */
const documentOf = (body: string): OpenApiDocument =>
  JSON.parse(body.replace(/\$\{jsonencode\("(?:\\.|\$\{[^{}]*\}|[^"\\])*"\)\}/g, '""')) as OpenApiDocument;

/** The same of APIs that are written down as one document. */
function openOperations({ folder, config }: SynthesizedStack): readonly string[] {
  return resourcesOf(config).flatMap(({ type, address, attributes: { body } }) => {
    if (type !== "aws_api_gateway_rest_api" || typeof body !== "string") return [];
    return Object.entries(documentOf(body).paths).flatMap(([route, operations]) =>
      Object.entries(operations)
        .filter(([, { security = [] }]) => security.every((scheme) => Object.keys(scheme).join() === API_KEY))
        .filter(([, operation]) => operation["x-amazon-apigateway-integration"]?.type !== "mock")
        .map(([method]) => `${path.basename(folder)}: ${address}, ${method.toUpperCase()} ${route}`),
    );
  });
}

const providersOf = ({ config }: SynthesizedStack) =>
  (config.provider as { aws: { region: string; allowed_account_ids?: string[] }[] }).aws;

const regionOf = (stack: SynthesizedStack): string | undefined => providersOf(stack)[0]?.region;

/** Whether a stack's provider says which accounts it may be applied to. */
const hasAccountGuard = (stack: SynthesizedStack): boolean =>
  providersOf(stack).every((aws) => aws.allowed_account_ids !== undefined);

/**
 * What a synthesized output holds, in one screen, and the commands that come next for an environment.
 * @throws Error that says which environments there are
 */
export function summary(outdir: string, environment: string): string {
  const { stacks } = JSON.parse(fs.readFileSync(path.join(outdir, "manifest.json"), "utf8")) as {
    stacks: Record<string, { workingDirectory: string }>;
  };
  const synthesized = Object.values(stacks).map(({ workingDirectory }): SynthesizedStack => {
    const folder = path.join(outdir, workingDirectory);
    return { folder, config: readConfig(folder) };
  });
  const names = Object.keys(stacks);
  const systemFolders = stackFolders(outdir, environment);
  const regions = new Set(synthesized.filter(({ folder }) => systemFolders.includes(folder)).map(regionOf));
  const account = synthesized
    .filter((stack) => path.basename(stack.folder).startsWith("api-gateway-account-") && regions.has(regionOf(stack)))
    .map(({ folder }) => path.basename(folder));
  const systems = systemFolders.map((folder) => path.basename(folder));
  const later = systems.filter((name) => name.startsWith("live-orders-"));
  const first = systems.filter((name) => !later.includes(name));
  const others = names
    .filter((name) => name.startsWith("orders-") && !systems.includes(name))
    .map((name) => name.slice("orders-".length));
  const open = synthesized.flatMap((stack) => [...openMethods(stack), ...openOperations(stack)]);
  const unguarded = synthesized.filter((stack) => !hasAccountGuard(stack)).map(({ folder }) => path.basename(folder));
  const shown = path.relative(process.cwd(), outdir);
  const folder = path.join(shown, "stacks", first[0] ?? "");
  const chdir = `terraform -chdir=${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`;
  return [
    ...contents(synthesized),
    "",
    `${names.length} stacks in ${shown}, ${(performance.now() / 1000).toFixed(2)} s`,
    "",
    "Next",
    ...account.map(
      (name) =>
        `  npx cdktf deploy ${name}   once, unless API Gateway has a logging role there already (docs/deploying.md)`,
    ),
    `  npx cdktf deploy ${first.join(" ")}`,
    ...later.map(
      (name) => `  npx cdktf deploy ${name}   after orders, whose notifications it listens to (docs/live-orders.md)`,
    ),
    `  ${chdir} init && ${chdir} plan   one of them without the CLI`,
    ...(others.length > 0
      ? [`  npm start -- ${others[0]}   says so, and walks through it, for another environment: ${others.join(", ")}`]
      : []),
    ...(shown.startsWith("..")
      ? [
          "",
          "This output lies outside the project: its local state, if any, lies beside it and is not the project's (docs/state.md).",
        ]
      : []),
    ...(open.length > 0 ? ["", "Open to anyone, as settings say:", ...open.map((method) => `  ${method}`)] : []),
    ...(unguarded.length > 0
      ? [
          "",
          unguarded.length === names.length
            ? "No accountId in settings/: everything would go to whatever account the credentials belong to."
            : `No accountId in settings/: ${unguarded.join(", ")} would go to whatever account the credentials belong to.`,
        ]
      : []),
  ].join("\n");
}
