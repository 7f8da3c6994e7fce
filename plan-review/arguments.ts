import { parseArgs } from "node:util";
import { faultOfArguments } from "../bundling/command-line";
import { type FormatName, formats } from "./formats/index";
import { InputError } from "./input";
import { type Severity, severities } from "./model";

export const usage = `usage: plan-review [options] [plan.json]
       plan-review [options] old/cdk.tf.json new/cdk.tf.json

Says what a reviewer must know before "terraform apply". plan.json is what "terraform show -json plan.out" prints; without it, or
with "-", the plan is read from standard input. Two configurations are compared before any plan exists.

  --format <name>       ${Object.keys(formats).join(", ")} (default: text)
  --fail-on <severity>  end with 3 where something at least as severe was found: ${severities.join(", ")} (default: critical)
  --require-complete    end with 4 where something cannot be judged
  --detailed-exitcode   end with 2 where there are changes
  --accept <file>       findings that were accepted: [{ "fingerprint": …, "reason": …, "expires": "YYYY-MM-DD" }]
  --config <file>       the cdk.tf.json of the plan, for the paths of constructs (default: the one beside the plan)
  --help

ends with 0 below the gate; 1 for an error; 3 before 4 before 2 where several hold
`;

export interface Options {
  readonly files: readonly string[];
  readonly format: FormatName;
  readonly failOn: Severity;
  readonly isCompleteRequired: boolean;
  readonly isExitDetailed: boolean;
  readonly acceptFile?: string;
  readonly configFile?: string;
  readonly isHelpWanted: boolean;
}

function oneOf<Name extends string>(names: readonly Name[], value: string, option: string): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new InputError(`--${option} must be one of ${names.join(", ")}, got: ${value}`);
  return found;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: "string", default: "text" },
        "fail-on": { type: "string", default: "critical" },
        "require-complete": { type: "boolean", default: false },
        "detailed-exitcode": { type: "boolean", default: false },
        accept: { type: "string" },
        config: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new InputError(`${faultOfArguments(error)}; plan-review --help lists the options`);
  }
}

/**
 * The options of the command line.
 * @throws InputError that names the argument and the rule
 */
export function readArguments(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (positionals.length > 2) {
    throw new InputError(`one plan or two configurations can be reviewed, got ${positionals.length} files`);
  }
  return {
    files: positionals,
    format: oneOf(Object.keys(formats) as FormatName[], values.format, "format"),
    failOn: oneOf(severities, values["fail-on"], "fail-on"),
    isCompleteRequired: values["require-complete"],
    isExitDetailed: values["detailed-exitcode"],
    acceptFile: values.accept,
    configFile: values.config,
    isHelpWanted: values.help,
  };
}
