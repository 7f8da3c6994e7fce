import * as fs from "node:fs";
import * as path from "node:path";
import { readConfig, resourcesOf, type TerraformConfig } from "../terraform/config";
import { bodyOf } from "./body";
import { describeApi } from "./describe";
import type { OpenApiDocument, Operation, Server } from "./document";
import { publicDocument } from "./public";
import { apisOf, type SynthesizedApi } from "./stack";

export interface ExportOptions {
  /** Name of the stack, such as `orders-dev`. */
  readonly stack?: string;
  /**
   * Name of the API's resource, such as `Api`.
   * @default - the only API of the stack
   */
  readonly api?: string;
  /** Whether to add what API Gateway is told beyond OpenAPI: what is behind each route, and how requests get there. */
  readonly extensions: boolean;
}

/** Stacks of an output that have a REST API, in alphabetical order. */
export function stacksWithApis(outdir: string): readonly string[] {
  const folder = path.join(outdir, "stacks");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const hasApi = (name: string): boolean =>
    fs.existsSync(path.join(folder, name, "cdk.tf.json")) &&
    resourcesOf(readConfig(path.join(folder, name))).some(({ type }) => type === "aws_api_gateway_rest_api");
  return names.filter(hasApi);
}

/**
 * A synthesized API as an OpenAPI 3.0 document.
 * @throws Error that says which stacks or APIs there are, where what is asked for is none of them
 */
export function exportApi(outdir: string, { stack, api: name, extensions }: ExportOptions): OpenApiDocument {
  const stacks = stacksWithApis(outdir);
  if (stack === undefined || !stacks.includes(stack)) {
    const there = stacks.length > 0 ? stacks.join(", ") : "none; run npm start";
    throw new Error(
      `stack must be one that ${outdir} has, with a REST API, got: ${stack || "nothing"}. There are: ${there}`,
    );
  }
  const config = readConfig(path.join(outdir, "stacks", stack));
  const apis = apisOf(config);
  const found = name === undefined && apis.length === 1 ? apis[0] : apis.find((api) => api.name === name);
  if (!found) {
    const there = apis.map((api) => api.name).join(", ");
    throw new Error(`--api must be one of the REST APIs of ${stack}: ${there}; got: ${name ?? "nothing"}`);
  }
  const api = describeApi(found.resources);
  const document = extensions ? withAnswers(bodyOf(api)) : publicDocument(api);
  const { openapi, info, ...rest } = document;
  return JSON.parse(JSON.stringify({ openapi, info, ...rest, servers: serversOf(config, found, document) }));
}

/** Where the stages of an API are; a part of their address is known only once the stack is applied. */
function serversOf(
  config: TerraformConfig,
  { resources }: SynthesizedApi,
  document: OpenApiDocument,
): readonly Server[] {
  const stageNames = resources
    .filter(({ type }) => type === "aws_api_gateway_stage")
    .map(({ attributes }) => String(attributes.stage_name))
    .sort();
  const [{ region = "us-east-1" } = {}] =
    (config.provider as { readonly aws?: readonly { readonly region?: string }[] } | undefined)?.aws ?? [];
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return stageNames.map((stageName) => ({
    url: `https://{restApiId}.execute-api.${region}.${domain}/${stageName}`,
    description: `The stage ${stageName}`,
    variables: { restApiId: { default: "restApiId", description: "Id of the API: the output api_id of the stack" } },
    ...extensionOf(document),
  }));
}

function extensionOf({ servers }: OpenApiDocument): object {
  const name = "x-amazon-apigateway-endpoint-configuration";
  const extension = servers?.[0]?.[name];
  return extension ? { [name]: extension } : {};
}

/** OpenAPI wants an answer for each operation, where API Gateway does without. */
function withAnswers(document: OpenApiDocument): OpenApiDocument {
  const answered = ({ responses, ...operation }: Operation): Operation => ({
    ...operation,
    responses:
      Object.keys(responses).length > 0 ? responses : { default: { description: "What is behind the API answers" } },
  });
  const paths = Object.entries(document.paths).map(([path_, operations]) => [
    path_,
    Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, answered(operation)])),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}
