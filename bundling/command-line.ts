/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A sentence on options that npm took as its own: without a `--` before them they reach a script as variables alone.
 * @see https://docs.npmjs.com/cli/v11/commands/npm-run
 */
export function keptByNpm(
  script: string,
  names: readonly string[],
  args: readonly string[],
  env: Environment,
): string | undefined {
  if (env.npm_lifecycle_event !== script) return undefined;
  const isGiven = (name: string): boolean => args.some((arg) => arg.split("=")[0] === `--${name}`);
  const kept = names.filter((name) => env[`npm_config_${name}`] && !isGiven(name)).map((name) => `--${name}`);
  if (kept.length === 0) return undefined;
  return `npm kept ${kept.join(" and ")} to itself: put -- before the options, as in npm run ${script} -- ${kept[0]}`;
}

export const isHelpWanted = (args: readonly string[]): boolean => args.includes("--help") || args.includes("-h");

/** What Node says of arguments, without its advice on options that look like files. */
export const faultOfArguments = (error: unknown): string =>
  (error as Error).message.replace(/\. To specify a positional argument .*$/s, "");
