import type { Resource, TerraformConfig } from "../../terraform/config";
import { type ChangingProvider, State } from "../../terraform/state";

/** Numbers what it makes, and writes down what it is asked. Resources of the type `aws_named` are known by their names. */
class FakeProvider implements ChangingProvider {
  readonly asked: string[] = [];
  /** What fails: `update aws_a.One`. */
  failing?: string;
  private count = 0;

  create({ address }: Resource) {
    this.ask(`create ${address}`);
    this.count += 1;
    return { id: `id-${this.count}` };
  }

  update({ address }: Resource, before: Readonly<Record<string, unknown>>) {
    this.ask(`update ${address} of ${before.id}`);
    return { id: before.id };
  }

  delete({ address, attributes }: Resource) {
    this.ask(`delete ${address} of ${attributes.id}`);
  }

  identityOf({ type, attributes }: Resource) {
    return type === "aws_named" ? String(attributes.name) : undefined;
  }

  read() {
    return {};
  }

  /** What it was asked since the last time. */
  take(): readonly string[] {
    return this.asked.splice(0);
  }

  private ask(what: string): void {
    if (this.failing && what.startsWith(this.failing)) throw new Error(`${what} is refused`);
    this.asked.push(what);
  }
}

type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
const configOf = (resource: Resources): TerraformConfig => ({ resource });

function standing(resource: Resources) {
  const provider = new FakeProvider();
  const state = new State(provider);
  state.apply(configOf(resource), {});
  provider.take();
  return { provider, state, apply: (next: Resources) => state.apply(configOf(next), {}).changes };
}

const chain: Resources = {
  aws_named: { Role: { name: "worker" } },
  aws_a: { Policy: { role: "${aws_named.Role.id}", text: "a" } },
};

test("what is the same is left alone, and keeps what was computed", () => {
  const { provider, state, apply } = standing(chain);
  expect(apply(structuredClone(chain))).toEqual([]);
  expect(provider.take()).toEqual([]);
  const { outputs } = state.apply({ ...configOf(chain), output: { id: { value: "${aws_named.Role.id}" } } }, {});
  expect(outputs.id?.value).toBe("id-1");
});

test("what has other arguments is updated where it stands, and nothing that stands on it", () => {
  const { provider, apply } = standing(chain);
  expect(apply({ ...chain, aws_named: { Role: { name: "worker", description: "new" } } })).toEqual([
    { address: "aws_named.Role", action: "updated", changed: ["description"] },
  ]);
  expect(provider.take()).toEqual(["update aws_named.Role of id-1"]);
});

test("an argument that is gone is a change as well", () => {
  const { apply } = standing(chain);
  expect(apply({ ...chain, aws_a: { Policy: { role: "${aws_named.Role.id}" } } })).toEqual([
    { address: "aws_a.Policy", action: "updated", changed: ["text"] },
  ]);
});

test("what becomes another is replaced, and what has its id in its arguments follows", () => {
  const { provider, apply } = standing(chain);
  expect(apply({ ...chain, aws_named: { Role: { name: "other" } } })).toEqual([
    { address: "aws_named.Role", action: "replaced", changed: ["name"] },
    { address: "aws_a.Policy", action: "updated", changed: ["role"] },
  ]);
  expect(provider.take()).toEqual([
    "delete aws_named.Role of id-1",
    "create aws_named.Role",
    "update aws_a.Policy of id-2",
  ]);
});

test("what is new is created; what is gone is deleted last, the last made first", () => {
  const { provider, apply } = standing(chain);
  expect(apply({ aws_z: { New: {} } })).toEqual([
    { address: "aws_z.New", action: "created", changed: [] },
    { address: "aws_a.Policy", action: "deleted", changed: [] },
    { address: "aws_named.Role", action: "deleted", changed: [] },
  ]);
  expect(provider.take()).toEqual(["create aws_z.New", "delete aws_a.Policy of id-2", "delete aws_named.Role of id-1"]);
});

test("what has another address and the same name is the same, and loses nothing", () => {
  const { provider, apply } = standing(chain);
  const renamed = {
    aws_named: { Worker: { name: "worker" } },
    aws_a: { Policy: { role: "${aws_named.Worker.id}", text: "a" } },
  };
  expect(apply(renamed)).toEqual([]);
  expect(apply(renamed)).toEqual([]);
  expect(provider.take()).toEqual([]);
});

test("of several (count), those beyond the number are deleted", () => {
  const { provider, apply } = standing({ aws_a: { One: { count: 3, n: "${count.index}" } } });
  expect(apply({ aws_a: { One: { count: 1, n: "${count.index}" } } })).toEqual([
    { address: "aws_a.One[2]", action: "deleted", changed: [] },
    { address: "aws_a.One[1]", action: "deleted", changed: [] },
  ]);
  expect(provider.take()).toEqual(["delete aws_a.One[2] of id-3", "delete aws_a.One[1] of id-2"]);
});

test("what is protected from being destroyed is not replaced, and may be updated or have its block taken out, as with Terraform", () => {
  const lifecycle = { prevent_destroy: true };
  const { provider, apply } = standing({ aws_named: { Table: { name: "orders", lifecycle } } });
  expect(() => apply({ aws_named: { Table: { name: "other", lifecycle } } })).toThrow(
    "aws_named.Table has lifecycle.prevent_destroy, and would have to be replaced for another name. Undo that change, or take prevent_destroy out",
  );
  expect(provider.take()).toEqual([]);
  expect(apply({ aws_named: { Table: { name: "orders", size: 1, lifecycle } } })).toHaveLength(1);
  expect(apply({})).toEqual([{ address: "aws_named.Table", action: "deleted", changed: [] }]);
});

test("after an error, applying what was before undoes what had been done, and touches nothing else", () => {
  const before: Resources = { aws_a: { One: { n: 1 }, Two: { n: 1 }, Three: { n: 1 } } };
  const { provider, apply } = standing(before);
  provider.failing = "update aws_a.Two";
  expect(() => apply({ aws_a: { One: { n: 2 }, Three: { n: 1 }, Two: { n: 2 }, A: {} } })).toThrow(
    "update aws_a.Two of id-3 is refused",
  );
  expect(provider.take()).toEqual(["create aws_a.A", "update aws_a.One of id-1"]);
  provider.failing = undefined;
  apply(before);
  // Nobody knows how far a failed update came.
  expect(provider.take()).toEqual(["update aws_a.One of id-1", "update aws_a.Two of id-3", "delete aws_a.A of id-4"]);
  expect(apply(before)).toEqual([]);
});

test("what could not be made after it was deleted is made again", () => {
  const { provider, apply } = standing(chain);
  provider.failing = "create aws_named.Role";
  expect(() => apply({ aws_named: { Role: { name: "other" } } })).toThrow("create aws_named.Role is refused");
  provider.failing = undefined;
  provider.take();
  apply(chain);
  expect(provider.take()).toEqual(["create aws_named.Role", "update aws_a.Policy of id-2"]);
});

test("clearing deletes everything, the last made first", () => {
  const { provider, state } = standing(chain);
  expect(state.clear().map(({ address }) => address)).toEqual(["aws_a.Policy", "aws_named.Role"]);
  expect(state.clear()).toEqual([]);
  expect(provider.take()).toHaveLength(2);
});

test("what may not be deleted stands as it was, be it gone from the configuration or replaced", () => {
  const { provider, apply } = standing(chain);
  provider.failing = "delete aws_named.Role";
  expect(() => apply({})).toThrow("delete aws_named.Role of id-1 is refused");
  expect(() => apply({ ...chain, aws_named: { Role: { name: "other" } } })).toThrow(
    "delete aws_named.Role of id-1 is refused",
  );
  provider.failing = undefined;
  provider.take();
  apply(chain);
  expect(provider.take()).toEqual(["create aws_a.Policy"]);
});
