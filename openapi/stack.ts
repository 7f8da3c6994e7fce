import { withImported } from "../local/api-gateway/openapi";
import { type Resource, resourcesOf, type TerraformConfig } from "../terraform/config";
import { evaluateTemplate, type Lookup } from "../terraform/expression";

/** A REST API of a stack as it is synthesized, with what Terraform learns only when it applies as references: `${aws_sqs_queue.Inbox.arn}`. */
export interface SynthesizedApi {
  /** Name of the resource, such as `Api`. */
  readonly name: string;
  /** The API and its parts, those of a body as well. */
  readonly resources: readonly Resource[];
}

const REST_API = "aws_api_gateway_rest_api";

/** The REST APIs in a stack's configuration. */
export function apisOf(config: TerraformConfig): readonly SynthesizedApi[] {
  const parts = resourcesOf(config).filter(({ type }) => type.startsWith("aws_api_gateway_"));
  const known = new Map(parts.map((part) => [part.address, part]));
  const lookup: Lookup = (reference) => {
    const [type, name, attribute] = reference;
    const part = reference.length === 3 ? known.get(`${type}.${name}`) : undefined;
    // What a part is known by to the others.
    if (part && attribute === "id") return part.address;
    const value = part && attribute ? part.attributes[attribute] : undefined;
    if (value !== undefined) return evaluated(value, lookup);
    return defaultOf(config, reference) ?? `\${${reference.join(".")}}`;
  };
  const resources = parts.map(
    (part): Resource => ({
      ...part,
      attributes: {
        ...(evaluated(part.attributes, lookup) as Resource["attributes"]),
        id: part.address,
        ...(part.type === REST_API && {
          root_resource_id: `\${${part.address}.root_resource_id}`,
          execution_arn: `\${${part.address}.execution_arn}`,
        }),
      },
    }),
  );
  const byApi = new Map<unknown, Resource[]>();
  for (const resource of resources) {
    const id = resource.type === REST_API ? resource.address : resource.attributes.rest_api_id;
    const group = byApi.get(id) ?? [];
    byApi.set(id, group);
    group.push(resource);
  }
  return resources
    .filter(({ type }) => type === REST_API)
    .map(({ name, address }) => ({ name, resources: withImported(byApi.get(address) ?? []) }));
}

/** The default of a variable; nothing for a sensitive one, since documents are for others to read. */
function defaultOf(config: TerraformConfig, [block, variable = ""]: readonly string[]): unknown {
  if (block !== "var") return undefined;
  const variables = (config.variable ?? {}) as Readonly<Record<string, Variable>>;
  const { default: given, sensitive = false } = variables[variable] ?? {};
  return sensitive ? undefined : given;
}

interface Variable {
  readonly default?: unknown;
  readonly sensitive?: boolean;
}

/** A value with its templates evaluated; one that cannot be before an apply stays as it is. */
function evaluated(value: unknown, lookup: Lookup): unknown {
  if (typeof value === "string") {
    try {
      return evaluateTemplate(value, lookup);
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map((one) => evaluated(one, lookup));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "//")
      .map(([key, inner]) => [key, evaluated(inner, lookup)]),
  );
}
