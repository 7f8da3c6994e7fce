/**
 * Evaluated arguments of a Terraform resource, read by name. An argument that is `null` counts as absent.
 * @throws Error for an argument that is given and not in `modelled`, so that nothing is taken in silence
 */
export class ResourceArguments {
  constructor(
    private readonly type: string,
    private readonly values: Readonly<Record<string, unknown>>,
    modelled: readonly string[],
  ) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === undefined || modelled.includes(name)) continue;
      throw this.error(`${name} is not modelled by the local run. Leave it out, or run this stack in an account`);
    }
  }

  text(name: string): string | undefined {
    const value = this.values[name] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw this.error(`${name} must be text, got: ${JSON.stringify(value)}`);
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (!value) throw this.error(`${name} must be given`);
    return value;
  }

  isTrue(name: string): boolean {
    return this.values[name] === true || this.values[name] === "true";
  }

  /** Both ends of the range are included. */
  integer(name: string, min: number, max: number, absent: number): number {
    const value = this.values[name] ?? absent;
    const number = Number(value);
    if (value !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
    throw this.error(`${name} must be an integer from ${min} to ${max}, got: ${JSON.stringify(value)}`);
  }

  error(sentence: string): Error {
    return new Error(`${this.type} "${String(this.values.name ?? this.values.endpoint ?? "")}": ${sentence}.`);
  }
}
