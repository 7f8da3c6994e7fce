import { createHash, randomBytes, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { unzipSync } from "fflate";
import { AwsError, type Caller, type Clock, type Credentials, type Log, type Place } from "../aws";
import { readPermission } from "./function-policy";
import { AliasArguments, FunctionVersions, splitArn } from "./function-versions";
import { FunctionArguments, readArguments } from "./lambda-arguments";
import { type Answer, ExecutionEnvironment, type FunctionError } from "./lambda-environment";
import { type Invocation, reportLines, startLines } from "./lambda-logs";

/** How an invocation ended for its caller. */
export type InvocationResult = { readonly requestId: string } & (
  | { readonly payload: unknown }
  | { readonly functionError: FunctionError }
);

interface LambdaFunction {
  readonly arn: string;
  readonly settings: FunctionArguments;
  readonly caller: Caller;
  readonly taskRoot: string;
  readonly versions: FunctionVersions;
  /** Statements of the function's own policy, by Sid; each version and alias has a policy of its own, by its name. */
  readonly permissions: Map<string, Map<string, object>>;
  readonly logs: string[];
  /** By version. */
  readonly idle: Map<string, ExecutionEnvironment[]>;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_EVENT_BYTES = 6_291_456;
const MAX_RESPONSE_BYTES = 6_291_556;
const MAX_ENVIRONMENT_BYTES = 4_096;
const LINES_KEPT = 10_000;
/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

/** Lambda: runs the zips, each execution environment a process that has its function's variables and its role's credentials and no more. */
export class Lambda {
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly assume: (roleArn: string, service: string) => { credentials: Credentials; caller: Caller };
  private readonly endpoint: string;
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly environments = new Set<ExecutionEnvironment>();
  private readonly listeners = new Set<(invocation: Invocation) => void>();
  private scratch?: string;
  private isStopped = false;

  constructor(options: {
    place: Place;
    clock: Clock;
    log: Log;
    /** Gives a role's session to a service. @throws AwsError when the role does not trust it */
    assume(roleArn: string, service: string): { credentials: Credentials; caller: Caller };
    /** Where the functions' SDKs send every call: `http://127.0.0.1:<port>`. */
    endpoint: string;
  }) {
    this.place = options.place;
    this.clock = options.clock;
    this.log = options.log;
    this.assume = options.assume;
    this.endpoint = options.endpoint;
  }

  /**
   * Makes a function from the evaluated arguments of `aws_lambda_function`.
   *
   * @param folder where `filename` starts from: the stack's
   * @throws Error for what is not modelled, or a zip that is not the one that was synthesized
   * @throws AwsError for what AWS refuses
   */
  createFunction(arguments_: Readonly<Record<string, unknown>>, folder: string) {
    const settings = readArguments("aws_lambda_function", FunctionArguments, arguments_);
    const { function_name: name, filename, role } = settings;
    const arn = this.arnOf(name);
    if (this.functions.has(arn))
      throw new AwsError("ResourceConflictException", `Function already exist: ${name}`, 409);
    requireVariables(settings.environment?.variables ?? {});

    const zip = fs.readFileSync(path.resolve(folder, filename));
    const hash = createHash("sha256").update(zip).digest("base64");
    if (settings.source_code_hash !== undefined && settings.source_code_hash !== hash) {
      throw new Error(
        `aws_lambda_function of ${name}: source_code_hash must be that of ${filename}, ${hash}, got: ${settings.source_code_hash}. Synthesize again.`,
      );
    }
    const { caller } = this.sessionOf(role);
    const taskRoot = this.unpack(name, zip);
    const versions = new FunctionVersions(arn, settings.publish);
    this.functions.set(arn, {
      ...{ arn, settings, caller, taskRoot, versions },
      ...{ permissions: new Map(), logs: [], idle: new Map() },
    });
    const version = versions.newest;
    const uri = this.invokeUri;
    return {
      arn,
      id: name,
      function_name: name,
      version,
      qualified_arn: `${arn}:${version}`,
      invoke_arn: `${uri}/${arn}/invocations`,
      qualified_invoke_arn: `${uri}/${arn}:${version}/invocations`,
      source_code_size: zip.length,
    };
  }

  /**
   * Makes an alias from the evaluated arguments of `aws_lambda_alias`.
   * @throws Error for what is not modelled
   * @throws AwsError `ResourceNotFoundException` (404), `ResourceConflictException` (409)
   */
  createAlias(arguments_: Readonly<Record<string, unknown>>) {
    const alias = readArguments("aws_lambda_alias", AliasArguments, arguments_);
    const lambda = this.functionOf(this.arnOf(alias.function_name));
    lambda.versions.addAlias(alias.name, alias.function_version);
    const arn = `${lambda.arn}:${alias.name}`;
    return { arn, id: arn, invoke_arn: `${this.invokeUri}/${arn}/invocations` };
  }

  /**
   * Adds a statement to the own policy of a function, or of a version or alias of one, from the evaluated arguments of `aws_lambda_permission`.
   * @throws Error for what is not modelled
   * @throws AwsError `ResourceNotFoundException` (404), `ResourceConflictException` (409) for a Sid that is there
   */
  addPermission(arguments_: Readonly<Record<string, unknown>>) {
    const { function_name: functionName, qualifier } = arguments_;
    const arn = this.arnOf(String(functionName), qualifier === undefined ? undefined : String(qualifier));
    const permissions = this.permissionsOf(arn);
    const { sid, statement } = readPermission(arguments_, arn);
    if (permissions.has(sid))
      throw new AwsError("ResourceConflictException", `The statement id (${sid}) provided already exists.`, 409);
    permissions.set(sid, statement);
    return { id: sid, statement_id: sid };
  }

  /**
   * JSON of the own policy of a function, or of a version or alias of one, which may be without statements. What lets someone call the function
   * says nothing of its aliases, and the other way round.
   */
  policyOf(functionArn: string): string {
    return JSON.stringify({ Version: "2012-10-17", Statement: [...this.permissionsOf(functionArn).values()] });
  }

  /** The ARN of the function of a name, or of a version or alias of it; an ARN stays itself. */
  arnOf(functionName: string, qualifier?: string): string {
    const { partition, region, accountId } = this.place;
    const isArn = functionName.startsWith("arn:");
    const arn = isArn ? functionName : `arn:${partition}:lambda:${region}:${accountId}:function:${functionName}`;
    return qualifier === undefined ? arn : `${arn}:${qualifier}`;
  }

  /** The caller that a function's role is. */
  roleOf(functionArn: string): Caller {
    return this.functionOf(functionArn).caller;
  }

  /** Seconds that one invocation may take. */
  timeoutOf(functionArn: string): number {
    return this.functionOf(functionArn).settings.timeout;
  }

  /** What a function wrote and what Lambda reported about it: the last 10,000 lines. */
  logsOf(functionName: string): readonly string[] {
    return [...this.functions.values()].find(({ settings }) => settings.function_name === functionName)?.logs ?? [];
  }

  /**
   * Calls a listener after each invocation.
   * @returns a way to end that
   */
  onInvocation(listener: (invocation: Invocation) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Invokes a function and waits for its answer, in an idle environment or else in a new one.
   * @throws AwsError `RequestEntityTooLargeException` (413) for an event over 6 MB, `ResourceNotFoundException` (404)
   */
  async invoke(functionArn: string, event: unknown): Promise<InvocationResult> {
    const lambda = this.functionOf(functionArn);
    const version = lambda.versions.versionOf(splitArn(functionArn).qualifier);
    const body = JSON.stringify(event) ?? "null";
    if (Buffer.byteLength(body) > MAX_EVENT_BYTES) {
      const message = `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`;
      throw new AwsError("RequestEntityTooLargeException", message, 413);
    }
    if (this.isStopped)
      throw new Error(`${lambda.settings.function_name} can not be invoked: the local run has stopped`);

    const requestId = randomUUID();
    const timeoutMs = lambda.settings.timeout * 1_000;
    const { environment, init, initDurationMs } = await this.environmentFor(lambda, version, timeoutMs);
    this.write(lambda, ...startLines(isJson(lambda), requestId, this.clock.now()));
    const began = performance.now();
    const answer =
      init.kind === "ready" ? await environment.invoke({ requestId, functionArn, event: body, timeoutMs }) : init;
    const durationMs = answer.kind === "timeout" ? timeoutMs : performance.now() - began;

    const isReusable = answer.kind === "payload" || (answer.kind === "error" && answer !== init);
    if (isReusable && environment.isAlive) idleOf(lambda, version).push(environment);
    else environment.kill();

    const result = resultOf(answer, requestId, lambda.settings.timeout);
    this.report(lambda, {
      functionName: lambda.settings.function_name,
      requestId,
      durationMs,
      initDurationMs,
      // Initialization is billed, too: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
      billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
      memorySizeMb: lambda.settings.memory_size,
      maxMemoryUsedMb: environment.maxMemoryUsedMb,
      error: "functionError" in result ? result.functionError : undefined,
    });
    return result;
  }

  /** Ends every process and removes the unpacked zips. Invocations under way end with an error. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([...this.environments].map((environment) => environment.stop()));
    process.off("exit", this.removeScratch);
    this.removeScratch();
  }

  private readonly removeScratch = (): void => {
    if (this.scratch) fs.rmSync(this.scratch, { recursive: true, force: true });
  };

  private functionOf(functionArn: string): LambdaFunction {
    const { arn, qualifier } = splitArn(functionArn);
    const lambda = this.functions.get(arn);
    if (!lambda) throw new AwsError("ResourceNotFoundException", `Function not found: ${functionArn}`, 404);
    lambda.versions.versionOf(qualifier); // throws where there is no such version or alias
    return lambda;
  }

  private permissionsOf(functionArn: string): Map<string, object> {
    const { permissions } = this.functionOf(functionArn);
    const { qualifier = "" } = splitArn(functionArn);
    const own = permissions.get(qualifier) ?? new Map<string, object>();
    permissions.set(qualifier, own);
    return own;
  }

  /** What stands before the ARNs of functions in what API Gateway calls. */
  private get invokeUri(): string {
    return `arn:${this.place.partition}:apigateway:${this.place.region}:lambda:path/2015-03-31/functions`;
  }

  private sessionOf(role: string): { credentials: Credentials; caller: Caller } {
    try {
      return this.assume(role, "lambda.amazonaws.com");
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const message = `The role defined for the function cannot be assumed by Lambda. ${error.message}`;
      throw new AwsError("InvalidParameterValueException", message);
    }
  }

  private unpack(name: string, zip: Uint8Array): string {
    if (!this.scratch) {
      this.scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "gatehouse-lambda-")));
      // For a process that ends without having the time to stop.
      process.once("exit", this.removeScratch);
    }
    const taskRoot = path.join(this.scratch, name);
    for (const [entry, content] of Object.entries(unzipSync(zip))) {
      const file = path.join(taskRoot, entry);
      if (!file.startsWith(taskRoot + path.sep))
        throw new Error(`The zip of ${name} has a file outside of it: ${entry}`);
      if (entry.endsWith("/")) continue;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
    return taskRoot;
  }

  private async environmentFor(
    lambda: LambdaFunction,
    version: string,
    timeoutMs: number,
  ): Promise<{ environment: ExecutionEnvironment; init: Answer; initDurationMs?: number }> {
    const waiting = idleOf(lambda, version);
    for (let idle = waiting.pop(); idle; idle = waiting.pop()) {
      if (idle.isAlive) return { environment: idle, init: { kind: "ready" } };
    }
    const began = performance.now();
    const environment = new ExecutionEnvironment({
      clock: this.clock,
      taskRoot: lambda.taskRoot,
      memoryMb: lambda.settings.memory_size,
      environment: this.variablesOf(lambda, version),
      onLine: (line) => {
        this.write(lambda, line);
        this.log(lambda.settings.function_name, line);
      },
      onExit: () => this.environments.delete(environment),
    });
    this.environments.add(environment);
    const init = await environment.initialize(timeoutMs);
    return { environment, init, initDurationMs: performance.now() - began };
  }

  /** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  private variablesOf({ settings, taskRoot }: LambdaFunction, version: string): Record<string, string> {
    const { credentials } = this.sessionOf(settings.role);
    const { region } = this.place;
    const logging = settings.logging_config;
    const day = new Date(this.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    return {
      TZ: ":UTC",
      ...settings.environment?.variables,
      AWS_ENDPOINT_URL: this.endpoint,
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

  private write({ logs }: LambdaFunction, ...lines: string[]): void {
    logs.push(...lines);
    if (logs.length > LINES_KEPT) logs.splice(0, logs.length - LINES_KEPT);
  }

  private report(lambda: LambdaFunction, invocation: Invocation): void {
    this.write(lambda, ...reportLines(isJson(lambda), invocation, this.clock.now()));
    for (const listener of this.listeners) listener(invocation);
  }
}

function requireVariables(variables: Readonly<Record<string, string>>): void {
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
  const json = JSON.stringify(variables);
  if (Buffer.byteLength(json) > MAX_ENVIRONMENT_BYTES) refuse(`exceeded the 4KB limit. String measured: ${json}`);
}

function resultOf(answer: Answer, requestId: string, timeoutSeconds: number): InvocationResult {
  const failure = (errorType: string, errorMessage: string) => ({
    requestId,
    functionError: { errorType, errorMessage },
  });
  switch (answer.kind) {
    case "error":
      return { requestId, functionError: answer.error };
    case "exit":
      return failure("Runtime.ExitError", `RequestId: ${requestId} Error: ${answer.reason}`);
    case "timeout": {
      const message = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      return failure("Sandbox.Timedout", message);
    }
    case "payload":
      if (Buffer.byteLength(answer.payload) <= MAX_RESPONSE_BYTES)
        return { requestId, payload: JSON.parse(answer.payload) };
      return failure(
        "Function.ResponseSizeTooLarge",
        `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
      );
    case "ready":
      throw new Error("an execution environment answered an event with being ready");
  }
}

/** The environments of a version that wait for an event. */
function idleOf({ idle }: LambdaFunction, version: string): ExecutionEnvironment[] {
  const waiting = idle.get(version) ?? [];
  idle.set(version, waiting);
  return waiting;
}

const isJson = ({ settings }: LambdaFunction): boolean => settings.logging_config?.log_format === "JSON";
