import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Resource, TerraformConfig } from "../terraform/config";
import type { Applied } from "../terraform/evaluate";
import { type Change, State } from "../terraform/state";
import type { ApiGateway } from "./api-gateway/api-gateway";
import type { ApiDescription } from "./api-gateway-v2/apis";
import { isRestPart, isV2Part } from "./api-parts";
import { LocalProvider, unenforcedOf } from "./local-provider";
import { PendingDeletions } from "./pending-deletions";
import type { Services } from "./services";

/** A stack as it runs here. */
export interface RunningStack {
  readonly name: string;
  /** Evaluated, with what is computed. */
  readonly resources: Applied["resources"];
  readonly outputs: Applied["outputs"];
  readonly apis: readonly { readonly url: string; readonly stages: ApiGateway["stages"] }[];
  /** HTTP and WebSocket APIs. */
  readonly apisV2: readonly ApiDescription[];
  /** What of the stack is accepted and not enforced, a sentence for each resource type. */
  readonly unenforced: readonly string[];
}

/** What a stack is made of. */
interface StackSource {
  /** Holds its cdk.tf.json, and the files that it names. */
  readonly folder: string;
  readonly config: TerraformConfig;
}

/** Stacks, and the values of their variables. */
interface Desired {
  readonly stacks: readonly StackSource[];
  /** As Terraform reads them from `TF_VAR_<name>`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A change of a stack's resource. */
export interface StackChange extends Change {
  readonly stack: string;
}

/** Where APIs are served. */
export interface ApiHost {
  /** Makes an API of its evaluated resources, in place of one of the same id. @throws Error that names what is not modelled */
  putRest(apiId: string, resources: readonly Resource[]): RunningStack["apis"][number];
  /** Likewise an HTTP or WebSocket API. */
  putV2(apiId: string, resources: readonly Resource[]): ApiDescription;
  remove(apiId: string): void;
}

/** An API and what it was made of. */
interface Made {
  readonly resources: readonly Resource[];
  readonly rest?: RunningStack["apis"][number];
  readonly v2?: ApiDescription;
}

/**
 * The stacks that run, and how they become others: a small `terraform apply`. It is all done in one go, nothing is awaited: no request ever
 * meets a half of it.
 */
export class Deployments {
  private readonly states = new Map<string, State>();
  private readonly deletions = new PendingDeletions();
  /** By the API's id. */
  private readonly made = new Map<string, Made>();
  private running: readonly RunningStack[] = [];
  private current: Desired = { stacks: [], variables: {} };

  constructor(
    private readonly services: Services,
    private readonly host: ApiHost,
  ) {}

  get stacks(): readonly RunningStack[] {
    return this.running;
  }

  /**
   * Lets these stacks run in place of those that do. What is the same as before is left alone; an API is made anew if some part of it changed.
   *
   * @returns what changed
   * @throws Error that says why they cannot run; those of before run on then, with all that they hold
   */
  apply(desired: Desired): readonly StackChange[] {
    const changes = this.bringOrUndo(desired);
    this.current = desired;
    this.deletions.commit();
    return changes;
  }

  private bringOrUndo(desired: Desired): readonly StackChange[] {
    try {
      return this.bring(desired);
    } catch (error) {
      // At the start there is nothing to go back to, and nothing may be deleted of what an earlier run has left.
      if (this.current.stacks.length > 0) this.goBack(this.current, error as Error);
      throw error;
    }
  }

  private goBack(before: Desired, { message }: Error): void {
    try {
      this.deletions.undo(() => this.bring(before));
    } catch (error) {
      throw new Error(
        `${message}\nand what ran before could not be put back: ${(error as Error).message}. Stop the run, and start it again`,
        { cause: error },
      );
    }
  }

  private bring({ stacks, variables }: Desired): readonly StackChange[] {
    const changes: StackChange[] = [];
    const note = (stack: string, made: readonly Change[]): void => {
      changes.push(...made.map((change) => ({ stack, ...change })));
    };
    const applied = stacks.map(({ folder, config }) => {
      const name = path.basename(folder);
      const state = this.states.get(name) ?? new State(new LocalProvider(this.services, name, folder, this.deletions));
      this.states.set(name, state);
      const result = state.apply(config, variables);
      note(name, result.changes);
      return { name, ...result };
    });
    const names = new Set(applied.map(({ name }) => name));
    for (const [name, state] of this.states) {
      if (names.has(name)) continue;
      note(name, state.clear());
      this.states.delete(name);
    }
    this.services.sns.requireTopics();
    this.running = applied.map(({ name, resources, outputs }) => {
      const apis = [...groupBy(resources.filter(isRestPart), apiIdOf)].flatMap(
        ([apiId, parts]) => this.make(apiId, parts, () => ({ rest: this.host.putRest(apiId, parts) })).rest ?? [],
      );
      const apisV2 = [...groupBy(resources.filter(isV2Part), apiIdOf)].flatMap(
        ([apiId, parts]) => this.make(apiId, parts, () => ({ v2: this.host.putV2(apiId, parts) })).v2 ?? [],
      );
      return { name, resources, outputs, apis, apisV2, unenforced: unenforcedOf(resources) };
    });
    this.removeApisBeyond(applied.flatMap(({ resources }) => resources));
    return changes;
  }

  private make(apiId: string, resources: readonly Resource[], put: () => Omit<Made, "resources">): Made {
    const before = this.made.get(apiId);
    if (before && isDeepStrictEqual(before.resources, resources)) return before;
    const made = { resources, ...put() };
    this.made.set(apiId, made);
    return made;
  }

  private removeApisBeyond(resources: readonly Resource[]): void {
    const wanted = new Set(resources.filter((resource) => isRestPart(resource) || isV2Part(resource)).map(apiIdOf));
    for (const apiId of this.made.keys()) {
      if (wanted.has(apiId)) continue;
      this.made.delete(apiId);
      this.host.remove(apiId);
    }
  }
}

/** The API that a resource belongs to, or is. */
const apiIdOf = ({ attributes }: Resource): string =>
  String(attributes.rest_api_id ?? attributes.api_id ?? attributes.id);

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
