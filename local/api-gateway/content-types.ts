/** Runs what may fail, and says where it failed. */
export function at<Result>(address: string, argument: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new Error(`${address}: ${argument}: ${(error as Error).message}`);
  }
}

/** Values by content type; `$default` and the like are not modelled. */
export function byContentType<Result>(
  { address }: { readonly address: string },
  argument: string,
  given: Readonly<Record<string, string>> | undefined,
  make: (value: string) => Result,
): ReadonlyMap<string, Result> {
  return new Map(
    Object.entries(given ?? {}).map(([contentType, value]) => {
      if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType))
        throw new Error(`${address}: ${argument}: the content type ${contentType} is not modelled by the local run`);
      return [contentType.toLowerCase(), at(address, `${argument} of ${contentType}`, () => make(value))];
    }),
  );
}

/** A template of an answer. Which of several AWS takes, and what type the answer then has, its documents do not say: only JSON is modelled. */
export function jsonTemplate<Result>(
  part: { readonly address: string; readonly response_templates?: Record<string, string> },
  make: (value: string) => Result,
): Result | undefined {
  const templates = byContentType(part, "response_templates", part.response_templates, make);
  const other = [...templates.keys()].find((contentType) => contentType !== "application/json");
  if (other)
    throw new Error(
      `${part.address}: response_templates: ${other} is not modelled, only application/json is. A header Content-Type in response_parameters gives the answer another type`,
    );
  return templates.get("application/json");
}
