import * as path from "node:path";
import {
  DataTerraformRemoteState,
  DataTerraformRemoteStateLocal,
  DataTerraformRemoteStateS3,
  TerraformBackend,
  type TerraformRemoteState,
} from "cdktf";
import type { Construct } from "constructs";
import * as z from "zod/mini";
import { describeIssue } from "./describe-issue";
import { readJson } from "./read-json";

const text = z.string().check(z.minLength(1));
/** Attributes that Terraform knows and we pass on as they are: credentials, lock tables, retries. */
const passedOn = z.union(
  [z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown()), z.array(z.unknown())],
  { error: "must be text, a number, true or false, a list or an object" },
);

const workspaceName = z.string().check(z.regex(/^[\w-]+$/, "must be letters, digits, - and _"));

const staysInside = (value: string): boolean =>
  !path.posix.isAbsolute(value) &&
  !path.win32.isAbsolute(value) &&
  !/^(~|[A-Za-z]:)/.test(value) &&
  !path.normalize(value).startsWith("..");
const Local = z.strictObject({
  path: z.optional(
    text.check(
      z.refine(
        staysInside,
        "must be relative to this file and lead nowhere outside its folder: what is outside differs from machine to machine",
      ),
    ),
  ),
});
const stateKey = text.check(z.refine((key) => !/^\/|\/$/.test(key), "must not start or end with /"));
const S3 = z.catchall(z.object({ bucket: text, key: stateKey, region: text }), passedOn);
const Remote = z.catchall(
  z.object({
    organization: text,
    workspaces: z.union([z.strictObject({ name: workspaceName }), z.strictObject({ prefix: workspaceName })], {
      error:
        'must be {"name": …} or {"prefix": …}, in letters, digits, - and _: each stack gets a workspace of its own from it',
    }),
  }),
  passedOn,
);
const isNamed = (workspaces: unknown): boolean =>
  typeof workspaces === "object" && workspaces !== null && "name" in workspaces && !("tags" in workspaces);
const Cloud = z.catchall(
  z.object({
    organization: z.optional(text),
    workspaces: z.pipe(
      z
        .unknown()
        .check(
          z.refine(
            isNamed,
            'must be {"name": …}, with an optional project: tags would let every stack select the same workspace',
          ),
        ),
      z.strictObject({ name: workspaceName, project: z.optional(text) }),
    ),
  }),
  passedOn,
);

const backends = { local: Local, s3: S3, remote: Remote } as const;

type Attributes = Record<string, unknown>;

/** Where state lives: the content of backend.tf.json, checked. `StackBackend` makes one stack's own of it. */
export type BackendConfig =
  | { readonly type: "local"; readonly attributes: z.infer<typeof Local> }
  | { readonly type: "s3"; readonly attributes: z.infer<typeof S3> }
  | { readonly type: "remote"; readonly attributes: z.infer<typeof Remote> }
  | { readonly type: "cloud"; readonly attributes: z.infer<typeof Cloud> };

/** A backend.tf.json that cannot be used. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

/**
 * Reads a backend file: plain Terraform JSON with exactly one of `terraform.backend.local`, `terraform.backend.s3`,
 * `terraform.backend.remote` or `terraform.cloud`.
 *
 * @throws BackendError that names the file, the place in it and what is allowed there
 * @see https://developer.hashicorp.com/terraform/language/backend
 */
export function readBackend(file: string): BackendConfig {
  let json: unknown;
  try {
    json = readJson(file);
  } catch (error) {
    throw new BackendError(
      `${file} must be a readable file of JSON, got: ${(error as Error).message}. For state in local files it is {"terraform":{"backend":{"local":{}}}}; docs/state.md has the others`,
    );
  }
  const fail = (where: string, rule: string, got: unknown): never => {
    throw new BackendError(
      `${file}: ${where} must be ${rule}, got: ${got === undefined ? "nothing" : JSON.stringify(got)}`,
    );
  };
  const object = (where: string, value: unknown, keys: readonly string[]): Attributes => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(where, "an object", value);
    const { "//": _comment, ...rest } = value as Attributes;
    const isKnown = Object.keys(rest).every((key) => keys.includes(key));
    return isKnown ? rest : fail(where, `an object with ${keys.join(" or ")}`, Object.keys(rest));
  };

  const { terraform } = object("the file", json, ["terraform"]);
  const block = object("terraform", terraform, ["backend", "cloud"]);
  const types = block.backend === undefined ? {} : object("terraform.backend", block.backend, Object.keys(backends));
  const given = [
    ...Object.keys(types).map((type) => `backend.${type}`),
    ...(block.cloud === undefined ? [] : ["cloud"]),
  ];
  if (given.length !== 1) fail("terraform", "exactly one of backend.local, backend.s3, backend.remote or cloud", given);

  const type = given[0]?.replace("backend.", "") as BackendConfig["type"];
  const [schema, value] = type === "cloud" ? [Cloud, block.cloud] : [backends[type], types[type]];
  const result = z.safeParse(schema as z.ZodMiniType, value);
  if (!result.success) throw new BackendError(`${file}: terraform.${given[0]}${describeIssue(result.error, value)}`);
  return { type, attributes: result.data } as BackendConfig;
}

/** `gatehouse.tfstate` and `orders-dev` give `gatehouse/orders-dev.tfstate`: no two stacks share a state. */
const stateOf = (key: string, stack: string): string =>
  path.posix.join(key.replace(/\.tfstate$/, ""), `${stack}.tfstate`);

/**
 * One stack's backend. cdktf's own classes are not used: its S3 backend does not know every argument of Terraform's, and its cloud
 * backend runs the `terraform` binary at synth.
 */
export class StackBackend extends TerraformBackend {
  private readonly attributes: Attributes;

  /**
   * @param stackFolder folder that Terraform runs in, relative to the one that holds backend.tf.json
   */
  constructor(
    scope: Construct,
    private readonly config: BackendConfig,
    stackName: string,
    stackFolder: string,
  ) {
    super(scope, "backend", config.type);
    this.attributes = attributesOf(config, stackName, stackFolder);
  }

  protected override synthesizeAttributes(): Attributes {
    return this.attributes;
  }

  override toTerraform(): Attributes {
    return this.config.type === "cloud" ? { terraform: { cloud: this.attributes } } : super.toTerraform();
  }

  // The CLI asks the metadata of a Terraform Cloud stack whether it is app.terraform.io ("tfc") or an own installation ("tfe").
  override toMetadata(): Attributes {
    if (this.config.type !== "cloud") return super.toMetadata();
    const host = this.config.attributes.hostname ?? "app.terraform.io";
    return { ...super.toMetadata(), cloud: String(host).startsWith("app.terraform.io") ? "tfc" : "tfe" };
  }

  override getRemoteStateDataSource(scope: Construct, name: string, _fromStack: string): TerraformRemoteState {
    switch (this.config.type) {
      case "local":
        return new DataTerraformRemoteStateLocal(scope, name, this.attributes);
      case "s3":
        return new DataTerraformRemoteStateS3(scope, name, this.attributes as never);
      case "remote":
      case "cloud": {
        const { workspaces, ...rest } = this.attributes as { workspaces: { name: string } };
        return new DataTerraformRemoteState(scope, name, { ...rest, workspaces: { name: workspaces.name } } as never);
      }
    }
  }
}

function attributesOf(config: BackendConfig, stack: string, stackFolder: string): Attributes {
  switch (config.type) {
    case "local": {
      // Terraform resolves it in the folder it runs in, and that folder is disposable: the state stands outside it.
      const state = stateOf(config.attributes.path ?? ".state", stack);
      const output = path.dirname(path.dirname(stackFolder));
      if (!path.relative(output, state).startsWith("..")) {
        throw new BackendError(
          `terraform.backend.local.path must lie outside the output ${output}, which is disposable, got: ${config.attributes.path}`,
        );
      }
      return { path: path.relative(stackFolder, state).split(path.sep).join("/") };
    }
    case "s3":
      return { ...config.attributes, key: stateOf(config.attributes.key, stack) };
    case "remote": {
      const { workspaces } = config.attributes;
      return {
        ...config.attributes,
        workspaces: { name: "prefix" in workspaces ? `${workspaces.prefix}${stack}` : `${workspaces.name}-${stack}` },
      };
    }
    case "cloud": {
      const { workspaces } = config.attributes;
      return { ...config.attributes, workspaces: { ...workspaces, name: `${workspaces.name}-${stack}` } };
    }
  }
}
