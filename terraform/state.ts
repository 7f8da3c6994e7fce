import { isDeepStrictEqual } from "node:util";
import { type Resource, resourcesOf, type TerraformConfig } from "./config";
import { type Applied, apply, type Provider } from "./evaluate";

type Attributes = Readonly<Record<string, unknown>>;

/** A provider that can also change and delete what it made. */
export interface ChangingProvider extends Provider {
  /**
   * What makes a resource the one that it is, such as a queue's name: with another it has to be replaced, and of two addresses with the same one
   * is the other renamed.
   * @returns nothing for a type whose resources have an id of their own, whatever their arguments
   */
  identityOf(resource: Resource): string | undefined;
  /**
   * Changes a resource where it stands.
   *
   * @param before its attributes as they were: arguments, and what was computed
   * @returns attributes beyond the arguments, as `create` gives them
   * @throws Error for arguments that break a rule
   */
  update(resource: Resource, before: Attributes): Attributes;
  /**
   * Deletes a resource, with its attributes as they were. What it stood on may be gone already.
   * @throws Error for one that may not be deleted: it stands as it was
   */
  delete(resource: Resource): void;
}

/** What an apply did to a resource. */
export interface Change {
  readonly address: string;
  readonly action: "created" | "updated" | "replaced" | "deleted";
  /** Names of the arguments that differ from before; none for what was created or deleted. */
  readonly changed: readonly string[];
}

/** A resource with its arguments, and what was computed beside them. */
interface Standing {
  readonly resource: Resource;
  readonly computed: Attributes;
  /** Whether an update of it failed, so that nobody knows how it is. */
  readonly isUncertain?: boolean;
}

/**
 * What stands of one configuration, and what it takes for it to become another: nothing for a resource whose evaluated arguments are the same.
 *
 * What is no longer declared is deleted last. As with Terraform, `lifecycle.prevent_destroy` protects from replacement, and no longer from
 * anything once the resource's block is gone.
 * @see https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle
 */
export class State {
  private standing = new Map<string, Standing>();

  constructor(private readonly provider: ChangingProvider) {}

  /**
   * Brings what stands to what a configuration says. After an error a part of that may be done: applying the configuration of before undoes it.
   *
   * @param variables as `apply` takes them
   * @throws Error as `apply` does, and for a protected resource that would have to be replaced
   */
  apply(
    config: TerraformConfig,
    variables: Readonly<Record<string, string>>,
  ): Applied & { readonly changes: readonly Change[] } {
    const step = new Step(this.standing, this.provider, config);
    const applied = apply(config, step, variables);
    // In the order of this configuration, for deletions in reverse.
    this.standing = step.finish();
    return { ...applied, changes: step.changes };
  }

  /** Deletes everything. */
  clear(): readonly Change[] {
    const step = new Step(this.standing, this.provider, {});
    this.standing = step.finish();
    return step.changes;
  }
}

/** One apply; what it finds standing it keeps up to date as it goes on, so that after an error that still says what stands. */
class Step implements Provider {
  readonly changes: Change[] = [];
  private readonly visited = new Set<string>();
  private readonly undeclared: ReadonlySet<string>;
  private readonly isProtected: (resource: Resource) => boolean;

  constructor(
    private readonly standing: Map<string, Standing>,
    private readonly provider: ChangingProvider,
    config: TerraformConfig,
  ) {
    const declared = new Map(resourcesOf(config).map((resource) => [resource.address, resource.attributes]));
    this.undeclared = new Set([...standing.keys()].filter((address) => !declared.has(withoutIndex(address))));
    this.isProtected = ({ address }) => {
      const { lifecycle } = declared.get(withoutIndex(address)) ?? {};
      return (lifecycle as { prevent_destroy?: boolean } | undefined)?.prevent_destroy === true;
    };
  }

  create(resource: Resource): Attributes {
    const { address } = resource;
    this.visited.add(address);
    const before = this.standing.get(address) ?? this.takeRenamed(resource);
    const computed = before ? this.change(resource, before) : this.make(resource);
    this.standing.set(address, { resource, computed });
    return computed;
  }

  read(data: Resource): Attributes {
    return this.provider.read(data);
  }

  /** Deletes what was not asked for. Returns what stands. */
  finish(): Map<string, Standing> {
    const rest = [...this.standing.keys()].filter((address) => !this.visited.has(address)).reverse();
    for (const address of rest) {
      this.delete(this.standing.get(address) as Standing);
      this.changes.push({ address, action: "deleted", changed: [] });
    }
    return new Map([...this.visited].map((address) => [address, this.standing.get(address) as Standing]));
  }

  /** What stands under an address that is no longer declared, and is the same by its name. */
  private takeRenamed({ type, ...rest }: Resource): Standing | undefined {
    const identity = this.provider.identityOf({ type, ...rest });
    if (identity === undefined) return undefined;
    for (const address of this.undeclared) {
      const found = this.standing.get(address);
      if (found?.resource.type !== type || this.provider.identityOf(found.resource) !== identity) continue;
      this.standing.delete(address);
      this.standing.set(rest.address, found);
      return found;
    }
    return undefined;
  }

  private change(resource: Resource, before: Standing): Attributes {
    const { address } = resource;
    const changed = differing(before.resource.attributes, resource.attributes);
    if (changed.length === 0 && !before.isUncertain) return before.computed;
    if (this.provider.identityOf(before.resource) !== this.provider.identityOf(resource)) {
      if (this.isProtected(resource))
        throw new Error(
          `${address} has lifecycle.prevent_destroy, and would have to be replaced for another ${changed.join(", ")}. Undo that change, or take prevent_destroy out`,
        );
      this.delete({ ...before, resource: { ...before.resource, address } });
      return this.make(resource, changed);
    }
    this.standing.set(address, { ...before, isUncertain: true });
    const computed = this.provider.update(resource, { ...before.resource.attributes, ...before.computed });
    this.changes.push({ address, action: "updated", changed });
    return computed;
  }

  private make(resource: Resource, changed?: readonly string[]): Attributes {
    const computed = this.provider.create(resource);
    const action = changed ? "replaced" : "created";
    this.changes.push({ address: resource.address, action, changed: changed ?? [] });
    return computed;
  }

  private delete({ resource, computed }: Standing): void {
    this.provider.delete({ ...resource, attributes: { ...resource.attributes, ...computed } });
    this.standing.delete(resource.address);
  }
}

const withoutIndex = (address: string): string => address.replace(/\[\d+\]$/, "");

/** Names of the arguments in which two resources differ. */
function differing(one: Attributes, other: Attributes): readonly string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !isDeepStrictEqual(one[name], other[name])).sort();
}
