import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { TerraformOutput } from "cdktf";
import { App } from "../../../constructs/terraform/app";
import { readBackend } from "../../../constructs/terraform/backend";
import { Stack } from "../../../constructs/terraform/stack";
import { oneBackend } from "../../../rules/one-backend";
import { scratchFolder } from "../../support/scratch-folder";
import { type Config, readConfig, synthesizeApp } from "../../support/synth";
import { terraform, testWithTerraform } from "../../support/terraform";

function backendFile(content: unknown): string {
  const file = path.join(scratchFolder(), "backend.tf.json");
  fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** Two stacks of one app, the second of which uses a value of the first. */
function twoStacks(backend: unknown): readonly [Config, Config] {
  const config = readBackend(backendFile({ terraform: backend }));
  const outdir = synthesizeApp((app) => {
    const producer = new Stack(app, "producer-dev", { region: "eu-west-1", backend: config });
    const consumer = new Stack(app, "consumer-dev", { region: "eu-west-1", backend: config });
    new TerraformOutput(consumer, "account", { value: producer.account });
  });
  return [readConfig(outdir, "producer-dev"), readConfig(outdir, "consumer-dev")];
}

const kinds = {
  "local by default": { backend: { local: {} } },
  "local with a path": { backend: { local: { path: "infra/gatehouse.tfstate" } } },
  s3: {
    backend: { s3: { bucket: "states", key: "gatehouse/terraform.tfstate", region: "eu-west-1", use_lockfile: true } },
  },
  "remote with a name": { backend: { remote: { organization: "acme", workspaces: { name: "gatehouse" } } } },
  "remote with a prefix": { backend: { remote: { organization: "acme", workspaces: { prefix: "gatehouse-" } } } },
  "Terraform Cloud": { cloud: { organization: "acme", workspaces: { name: "gatehouse", project: "Shop" } } },
  "Terraform Enterprise": { cloud: { hostname: "tfe.acme.example", workspaces: { name: "gatehouse" } } },
};

type Kind = keyof typeof kinds;

describe("gives each stack a state of its own, which the other can read", () => {
  const own: Record<Kind, (stack: string) => object> = {
    "local by default": (stack) => ({ local: { path: `../../../.state/${stack}.tfstate` } }),
    "local with a path": (stack) => ({ local: { path: `../../../infra/gatehouse/${stack}.tfstate` } }),
    s3: (stack) => ({
      s3: { bucket: "states", key: `gatehouse/terraform/${stack}.tfstate`, region: "eu-west-1", use_lockfile: true },
    }),
    "remote with a name": (stack) => ({ remote: { organization: "acme", workspaces: { name: `gatehouse-${stack}` } } }),
    "remote with a prefix": (stack) => ({
      remote: { organization: "acme", workspaces: { name: `gatehouse-${stack}` } },
    }),
    "Terraform Cloud": (stack) => ({
      organization: "acme",
      workspaces: { name: `gatehouse-${stack}`, project: "Shop" },
    }),
    "Terraform Enterprise": (stack) => ({ hostname: "tfe.acme.example", workspaces: { name: `gatehouse-${stack}` } }),
  };

  test.each(Object.keys(kinds) as Kind[])("%s", (kind) => {
    const [producer, consumer] = twoStacks(kinds[kind]);
    for (const [stack, config] of [
      ["producer-dev", producer],
      ["consumer-dev", consumer],
    ] as const) {
      expect(oneBackend(config as never)).toEqual([]);
      expect(config.terraform.cloud ?? config.terraform.backend).toEqual(own[kind](stack));
    }
    const reads = Object.values(consumer.data?.terraform_remote_state ?? {});
    expect(reads).toHaveLength(1);
    const { local, s3, remote, ...cloud } = (producer.terraform.cloud ?? producer.terraform.backend) as Record<
      string,
      { workspaces?: object }
    >;
    const written = local ?? s3 ?? remote ?? cloud;
    // A workspace's project is where it is made, not how it is found.
    const { project: _, ...workspaces } = (written.workspaces ?? {}) as { project?: string };
    expect(reads[0]?.config).toEqual(written.workspaces ? { ...written, workspaces } : written);
    expect(JSON.stringify([producer, consumer])).not.toContain(process.cwd());
  });

  for (const kind of Object.keys(kinds) as Kind[]) {
    testWithTerraform(`${kind}, which Terraform accepts`, () => {
      const [producer] = twoStacks(kinds[kind]);
      const { required_providers: _, ...block } = producer.terraform;
      terraform({ terraform: block }, ["init", "-backend=false"], ["validate"]);
    });
  }
});

test.each([
  ["cdktf.out", "../../../.state/orders-dev.tfstate"],
  ["build/terraform", "../../../../.state/orders-dev.tfstate"],
  [path.join(os.tmpdir(), "gatehouse-elsewhere"), "../../../.state/orders-dev.tfstate"],
])("keeps local state outside the output %s, and the machine's folders out of it", (outdir, expected) => {
  const backend = readBackend(backendFile({ terraform: { backend: { local: {} } } }));
  const home = process.cwd();
  process.chdir(scratchFolder());
  const stack = new Stack(new App({ outdir }), "orders-dev", { region: "eu-west-1", backend });
  process.chdir(home);
  expect((stack.toTerraform() as unknown as Config).terraform.backend?.local.path).toBe(expected);
});

describe("refuses", () => {
  const s3 = { bucket: "states", key: "k", region: "eu-west-1" };
  test.each<[string, unknown, string]>([
    [
      "no backend",
      { terraform: {} },
      "terraform must be exactly one of backend.local, backend.s3, backend.remote or cloud, got: []",
    ],
    [
      "two backends",
      { terraform: { backend: { s3, local: {} } } },
      'terraform must be exactly one of backend.local, backend.s3, backend.remote or cloud, got: ["backend.s3","backend.local"]',
    ],
    [
      "a backend and a cloud",
      { terraform: { backend: { local: {} }, cloud: { workspaces: { name: "g" } } } },
      'got: ["backend.local","cloud"]',
    ],
    ["no terraform", {}, "terraform must be an object"],
    [
      "an unknown key on top",
      { terraform: { backend: { local: {} } }, provider: {} },
      "the file must be an object with terraform, got:",
    ],
    [
      "an unknown key inside",
      { terraform: { backends: {} } },
      'terraform must be an object with backend or cloud, got: ["backends"]',
    ],
    [
      "a type that we cannot keep stacks apart in",
      { terraform: { backend: { http: { address: "https://x" } } } },
      'terraform.backend must be an object with local or s3 or remote, got: ["http"]',
    ],
    ["a list", [], "the file must be an object, got: []"],
    [
      "two backends, one hidden behind the other",
      '{"terraform": {"backend": {"local": {}}, "backend": {"s3": {}}}}',
      'must be a readable file of JSON, got: the key "backend" twice in one object',
    ],
    ["bad JSON", "{", "must be a readable file of JSON, got:"],
    [
      "s3 without bucket",
      { terraform: { backend: { s3: { key: "k", region: "r" } } } },
      "terraform.backend.s3.bucket must be a string, got: nothing",
    ],
    [
      "s3 with an empty key",
      { terraform: { backend: { s3: { ...s3, key: "" } } } },
      'terraform.backend.s3.key must not be empty, got: ""',
    ],
    [
      "an absolute path",
      { terraform: { backend: { local: { path: "/var/state" } } } },
      'terraform.backend.local.path must be relative to this file and lead nowhere outside its folder: what is outside differs from machine to machine, got: "/var/state"',
    ],
    [
      "an unknown key of local",
      { terraform: { backend: { local: { pth: "x" } } } },
      'terraform.backend.local must have only keys that are known; unknown: pth, got: ["pth"]',
    ],
    [
      "a path that leaves the repository",
      { terraform: { backend: { local: { path: "a/../../b" } } } },
      "lead nowhere outside its folder",
    ],
    [
      "a key that Terraform refuses",
      { terraform: { backend: { s3: { ...s3, key: "/k" } } } },
      'key must not start or end with /, got: "/k"',
    ],
    [
      "an argument without a value",
      { terraform: { backend: { s3: { ...s3, profile: null } } } },
      ".profile must be text, a number, true or false, a list or an object, got: null",
    ],
    [
      "workspaces by tag, which all stacks would share",
      { terraform: { cloud: { organization: "acme", workspaces: { tags: ["shop"] } } } },
      'terraform.cloud.workspaces must be {"name": …}, with an optional project: tags would let every stack select the same workspace',
    ],
    [
      "no workspaces",
      { terraform: { cloud: { organization: "acme" } } },
      'terraform.cloud.workspaces must be {"name": …}',
    ],
    [
      "a workspace name that Terraform Cloud does not take",
      { terraform: { cloud: { organization: "acme", workspaces: { name: "a b" } } } },
      'terraform.cloud.workspaces.name must be letters, digits, - and _, got: "a b"',
    ],
    [
      "remote workspaces by name and prefix",
      { terraform: { backend: { remote: { organization: "acme", workspaces: { name: "a", prefix: "b" } } } } },
      'terraform.backend.remote.workspaces must be {"name": …} or {"prefix": …}',
    ],
  ])("%s", (_, content, message) => {
    const file = backendFile(content);
    expect(() => readBackend(file)).toThrow(message);
    expect(() => readBackend(file)).toThrow(file);
  });

  test("state inside the output, which is disposable", () => {
    const file = backendFile({ terraform: { backend: { local: { path: "cdktf.out/stacks" } } } });
    const home = process.cwd();
    process.chdir(scratchFolder());
    const build = () =>
      new Stack(new App({ outdir: "cdktf.out" }), "a", { region: "eu-west-1", backend: readBackend(file) });
    expect(build).toThrow("path must lie outside the output cdktf.out, which is disposable, got: cdktf.out/stacks");
    process.chdir(home);
  });

  test("nothing of comments and byte order marks", () => {
    const file = backendFile(
      `\uFEFF{"//": "ours", "terraform": {"//": "state", "backend": {"//": "local", "local": {}}}}`,
    );
    expect(readBackend(file).type).toBe("local");
    const sameKeysElsewhere = backendFile(
      '{"//": "a", "//": "b", "terraform": {"backend": {"local": {"path": "\\"path\\":{"}}}}',
    );
    expect(readBackend(sameKeysElsewhere).type).toBe("local");
  });

  test("a file that is not there", () => {
    expect(() => readBackend("none.tf.json")).toThrow(
      /^none\.tf\.json must be a readable file of JSON, got: ENOENT.* local files it is \{"terraform":\{"backend":\{"local":\{\}\}\}\}; docs\/state\.md/,
    );
  });
});
