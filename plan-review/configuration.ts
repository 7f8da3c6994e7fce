import { withoutInstanceKeys } from "./addresses";
import type { Json, JsonObject } from "./plan";
import { isObject } from "./values";

/** A module of a plan's `configuration`: the root, or one that a module calls. */
export interface ConfiguredModule {
  /** Without instance keys; empty for the root. */
  readonly address: string;
  readonly block: JsonObject;
  /** The call that it comes from: its `expressions` are the module's variables. */
  readonly call?: JsonObject;
  readonly parent?: ConfiguredModule;
}

/** A resource or data source of a plan's `configuration`. */
export interface ConfiguredResource {
  readonly block: JsonObject;
  readonly module: ConfiguredModule;
}

/** What a plan's `configuration` says, by address. */
export interface Configuration {
  readonly modules: readonly ConfiguredModule[];
  /** By address without instance keys. */
  readonly resources: ReadonlyMap<string, ConfiguredResource>;
}

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const objectsOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

function modulesBeneath(module: ConfiguredModule): readonly ConfiguredModule[] {
  const called = Object.entries(objectOf(module.block.module_calls)).flatMap(([name, call]) => {
    if (!isObject(call) || !isObject(call.module)) return [];
    const address = `${module.address}${module.address && "."}module.${name}`;
    return modulesBeneath({ address, block: call.module, call, parent: module });
  });
  return [module, ...called];
}

const known = new WeakMap<JsonObject, Configuration>();

/** The `configuration` of a plan. */
export function configurationOf(document: JsonObject): Configuration {
  const configuration = known.get(document) ?? readConfiguration(document);
  known.set(document, configuration);
  return configuration;
}

function readConfiguration(document: JsonObject): Configuration {
  const root = objectOf(objectOf(document.configuration).root_module);
  const modules = modulesBeneath({ address: "", block: root });
  const resources = new Map<string, ConfiguredResource>();
  for (const module of modules) {
    for (const block of objectsOf(module.block.resources)) {
      const { mode, type, name } = block;
      const relative = `${mode === "data" ? "data." : ""}${type}.${name}`;
      resources.set(module.address ? `${module.address}.${relative}` : relative, { block, module });
    }
  }
  return { modules, resources };
}

/** What the configuration says of a resource instance. */
export const configuredResource = (configuration: Configuration, address: string): ConfiguredResource | undefined =>
  configuration.resources.get(withoutInstanceKeys(address));
