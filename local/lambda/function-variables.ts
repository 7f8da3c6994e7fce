import { randomBytes } from "node:crypto";
import { AwsError, type Credentials } from "../aws";
import type { FunctionArguments } from "./lambda-arguments";

const MAX_ENVIRONMENT_BYTES = 4_096;
/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

/**
 * Checks the variables that a function is to have.
 * @throws AwsError `InvalidParameterValueException` for a name of Lambda's own, a NUL character, and more than 4 KB of them
 * @throws Error for a variable that says where AWS is
 */
export function requireVariables(variables: Readonly<Record<string, string>>): void {
  const refuse = (why: string): never => {
    const message = `Lambda was unable to configure your environment variables because the environment variables you have provided ${why}`;
    throw new AwsError("InvalidParameterValueException", message);
  };
  const endpoint = Object.keys(variables).find((name) => name.startsWith("AWS_ENDPOINT_URL"));
  if (endpoint)
    throw new Error(`${endpoint} can not be a variable of a function here: the local run sets where AWS is.`);
  const reserved = Object.keys(variables).filter((name) => RESERVED.test(name));
  if (reserved.length > 0) {
    refuse(
      `contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  const unreadable = Object.entries(variables).find(([, value]) => value.includes("\0"));
  if (unreadable) refuse(`contains a NUL character, which no process can be given. Variable: ${unreadable[0]}`);
  const json = JSON.stringify(variables);
  if (Buffer.byteLength(json) > MAX_ENVIRONMENT_BYTES) refuse(`exceeded the 4KB limit. String measured: ${json}`);
}

/**
 * What a process of a function has in its environment.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function processVariables(
  settings: FunctionArguments,
  given: {
    readonly taskRoot: string;
    readonly version: string;
    readonly credentials: Credentials;
    readonly region: string;
    /** `http://127.0.0.1:<port>`. */
    readonly endpoint: string;
    /** Milliseconds since 1970. */
    readonly now: number;
  },
): Record<string, string> {
  const { taskRoot, version, credentials, region, endpoint, now } = given;
  const logging = settings.logging_config;
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    TZ: ":UTC",
    ...settings.environment?.variables,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: settings.function_name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memory_size),
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: logging?.log_group ?? `/aws/lambda/${settings.function_name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[${version}]${randomBytes(16).toString("hex")}`,
    ...(logging && { AWS_LAMBDA_LOG_FORMAT: logging.log_format }),
    ...(logging?.application_log_level && { AWS_LAMBDA_LOG_LEVEL: logging.application_log_level }),
    LAMBDA_TASK_ROOT: taskRoot,
    _HANDLER: settings.handler,
  };
}
