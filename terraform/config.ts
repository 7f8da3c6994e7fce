/** Terraform's JSON configuration: what stands in a cdk.tf.json. */
export type TerraformConfig = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly type: string;
  readonly name: string;
  /** `<type>.<name>`, as Terraform and its plans say it. */
  readonly address: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The managed resources of a configuration. */
export function resourcesOf(config: TerraformConfig): readonly Resource[] {
  const byType = (config.resource ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
  return Object.entries(byType).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, attributes]) => ({ type, name, address: `${type}.${name}`, attributes })),
  );
}

/** A value inside a configuration, with the dotted path that leads to it. */
export interface Leaf {
  readonly path: string;
  readonly key: string;
  readonly value: string | number | boolean;
}

/** Every string, number and boolean of a configuration, comments (`//`) left out. */
export function* leavesOf(value: unknown, path: readonly string[] = []): Generator<Leaf> {
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key !== "//") yield* leavesOf(inner, [...path, key]);
    }
  } else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    yield { path: path.join("."), key: path.at(-1) ?? "", value };
  }
}
