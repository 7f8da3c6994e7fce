import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { AwsError, type Caller, type Clock, type Credentials, type Log, type Place } from "../aws";
import { readArguments } from "../resource-arguments";
import type { Tell } from "../traffic";
import { EnvironmentPool } from "./environment-pool";
import { readPermission } from "./function-policy";
import { processVariables, requireVariables } from "./function-variables";
import { AliasArguments, FunctionVersions, splitArn } from "./function-versions";
import { type InvocationResult, resultOf } from "./invocation-result";
import { FunctionArguments } from "./lambda-arguments";
import { ExecutionEnvironment } from "./lambda-environment";
import { type Invocation, type LogLine, reportLines, startLines } from "./lambda-logs";
import { readZip, TaskRoots } from "./task-roots";

export type { InvocationResult } from "./invocation-result";

interface LambdaFunction {
  readonly arn: string;
  readonly settings: FunctionArguments;
  readonly caller: Caller;
  readonly taskRoot: string;
  readonly versions: FunctionVersions;
  /** Statements of the function's own policy, by Sid; each version and alias has a policy of its own, by its name. */
  readonly permissions: Map<string, Map<string, object>>;
  readonly logs: LogLine[];
  readonly pool: EnvironmentPool<ExecutionEnvironment>;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_EVENT_BYTES = 6_291_456;
const LINES_KEPT = 10_000;

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacingOfLambda: Readonly<Record<string, readonly string[]>> = {
  aws_lambda_alias: ["function_name", "name"],
  aws_lambda_event_source_mapping: ["event_source_arn", "starting_position"],
  aws_lambda_function: ["function_name"],
  aws_lambda_function_event_invoke_config: ["function_name", "qualifier"],
  aws_lambda_permission: [
    ...["statement_id", "function_name", "qualifier", "action", "principal", "source_arn", "source_account"],
  ],
};

/** Lambda: runs the zips, each execution environment a process that has its function's variables and its role's credentials and no more. */
export class Lambda {
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly assume: (roleArn: string, service: string) => { credentials: Credentials; caller: Caller };
  private readonly endpoint: string;
  private readonly tell?: Tell;
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly environments = new Set<ExecutionEnvironment>();
  private readonly listeners = new Set<(invocation: Invocation) => void>();
  private readonly taskRoots = new TaskRoots();
  private isStopped = false;
  private lineCount = 0;

  constructor(options: {
    place: Place;
    clock: Clock;
    log: Log;
    /** Gives a role's session to a service. @throws AwsError when the role does not trust it */
    assume(roleArn: string, service: string): { credentials: Credentials; caller: Caller };
    /** Where the functions' SDKs send every call: `http://127.0.0.1:<port>`. */
    endpoint: string;
    readonly tell?: Tell;
  }) {
    this.place = options.place;
    this.clock = options.clock;
    this.log = options.log;
    this.assume = options.assume;
    this.endpoint = options.endpoint;
    this.tell = options.tell;
  }

  /**
   * Makes a function from the evaluated arguments of `aws_lambda_function`.
   *
   * @param folder where `filename` starts from: the stack's
   * @throws Error for what is not modelled, or a zip that is not the one that was synthesized
   * @throws AwsError for what AWS refuses
   */
  createFunction(arguments_: Readonly<Record<string, unknown>>, folder: string) {
    const { settings, zip, caller } = this.read(arguments_, folder);
    const arn = this.arnOf(settings.function_name);
    if (this.functions.has(arn))
      throw new AwsError("ResourceConflictException", `Function already exist: ${settings.function_name}`, 409);
    const versions = new FunctionVersions(arn, settings.publish);
    return this.put({ arn, settings, caller, versions, permissions: new Map(), logs: [] }, zip);
  }

  /**
   * Gives a function other code or settings. Invocations under way finish with what they began with; the processes that wait end.
   * @throws Error, AwsError as `createFunction`; the function is then as it was
   */
  updateFunction(arguments_: Readonly<Record<string, unknown>>, folder: string) {
    const { settings, zip, caller } = this.read(arguments_, folder);
    const before = this.functionOf(this.arnOf(settings.function_name));
    const { arn, permissions, logs } = before;
    const versions = before.versions.republished(settings.publish);
    const made = this.put({ arn, settings, caller, versions, permissions, logs }, zip);
    before.pool.retire();
    return made;
  }

  /** Deletes a function, with its aliases and policies. Invocations under way finish. */
  deleteFunction(functionName: string): void {
    const arn = this.arnOf(functionName);
    this.functions.get(arn)?.pool.retire();
    this.functions.delete(arn);
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
    return this.aliasAttributes(`${lambda.arn}:${alias.name}`);
  }

  /** Lets an alias stand for another version. @throws Error, AwsError as `createAlias` */
  updateAlias(arguments_: Readonly<Record<string, unknown>>) {
    const alias = readArguments("aws_lambda_alias", AliasArguments, arguments_);
    const lambda = this.functionOf(this.arnOf(alias.function_name));
    lambda.versions.moveAlias(alias.name, alias.function_version);
    return this.aliasAttributes(`${lambda.arn}:${alias.name}`);
  }

  /** Deletes an alias and its policy. */
  deleteAlias(functionName: string, alias: string): void {
    const lambda = this.functions.get(splitArn(this.arnOf(functionName)).arn);
    lambda?.versions.removeAlias(alias);
    lambda?.permissions.delete(alias);
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

  /** Takes a statement out of a policy. */
  removePermission(functionArn: string, sid: string): void {
    const { arn, qualifier = "" } = splitArn(functionArn);
    this.functions.get(arn)?.permissions.get(qualifier)?.delete(sid);
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

  /** Whether there is a function, or a version or alias of one, of an ARN. */
  has(functionArn: string): boolean {
    const { arn, qualifier } = splitArn(functionArn);
    return this.functions.get(arn)?.versions.has(qualifier) ?? false;
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
    return this.logLinesOf(functionName).map(({ text }) => text);
  }

  /** The same lines, with when they came. */
  logLinesOf(functionName: string): readonly LogLine[] {
    return this.functions.get(this.arnOf(functionName))?.logs ?? [];
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
    this.requireRunning(lambda);

    const requestId = randomUUID();
    this.tell?.({ kind: "invocation", functionArn: lambda.arn, requestId, event });
    const timeoutMs = lambda.settings.timeout * 1_000;
    const { environment, init, initDurationMs } = await this.environmentFor(lambda, version, requestId);
    this.write(lambda, ...startLines(isJson(lambda), requestId, this.clock.now()));
    const began = performance.now();
    const answer =
      init.kind === "ready" ? await environment.invoke({ requestId, functionArn, event: body, timeoutMs }) : init;
    const durationMs = answer.kind === "timeout" ? timeoutMs : performance.now() - began;

    const isReusable = answer.kind === "payload" || (answer.kind === "error" && answer !== init);
    lambda.pool.giveBack(version, environment, isReusable);

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
    this.tell?.({ kind: "invocation ended", functionArn: lambda.arn, requestId, durationMs, result });
    return result;
  }

  /** Ends every process and removes the unpacked zips. Invocations under way end with an error. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([...this.environments].map((environment) => environment.stop()));
    this.taskRoots.removeAll();
  }

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

  private read(arguments_: Readonly<Record<string, unknown>>, folder: string) {
    const settings = readArguments("aws_lambda_function", FunctionArguments, arguments_);
    requireVariables(settings.environment?.variables ?? {});
    const zip = readZip(folder, settings);
    return { settings, zip, caller: this.sessionOf(settings.role).caller };
  }

  /** Puts a function where invocations find it; gives what Terraform computes. */
  private put(made: Omit<LambdaFunction, "taskRoot" | "pool">, zip: Uint8Array) {
    const { arn, settings, versions } = made;
    const { function_name: name } = settings;
    const taskRoot = this.taskRoots.unpack(name, zip);
    const pool = new EnvironmentPool<ExecutionEnvironment>({
      timeoutMs: settings.timeout * 1_000,
      whenUnused: () => this.taskRoots.remove(taskRoot),
    });
    this.functions.set(arn, { ...made, taskRoot, pool });
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

  private aliasAttributes(arn: string) {
    return { arn, id: arn, invoke_arn: `${this.invokeUri}/${arn}/invocations` };
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

  private requireRunning({ settings }: LambdaFunction): void {
    if (this.isStopped) throw new Error(`${settings.function_name} can not be invoked: the local run has stopped`);
  }

  /** @throws AwsError where none can be started; Error once the run has stopped */
  private async environmentFor(lambda: LambdaFunction, version: string, requestId: string) {
    try {
      return await lambda.pool.take(version, () => this.starterOf(lambda, version));
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error;
      const result = { requestId, functionError: { errorType, errorMessage } };
      this.tell?.({ kind: "invocation ended", functionArn: lambda.arn, requestId, durationMs: 0, result });
      throw error instanceof AwsError || this.isStopped ? error : new AwsError("ServiceException", errorMessage, 500);
    }
  }

  /** How a process of a function is started, with the credentials that its role gives now. */
  private starterOf(lambda: LambdaFunction, version: string): () => ExecutionEnvironment {
    const { settings, taskRoot } = lambda;
    const { credentials } = this.sessionOf(settings.role);
    return () => {
      this.requireRunning(lambda);
      const environment: ExecutionEnvironment = new ExecutionEnvironment({
        clock: this.clock,
        taskRoot,
        memoryMb: settings.memory_size,
        environment: processVariables(settings, {
          ...{ taskRoot, version, credentials },
          ...{ region: this.place.region, endpoint: this.endpoint, now: this.clock.now() },
        }),
        onLine: (line) => {
          this.write(lambda, line);
          this.log(settings.function_name, line);
        },
        onExit: () => this.environments.delete(environment),
      });
      this.environments.add(environment);
      return environment;
    };
  }

  private write({ logs }: LambdaFunction, ...lines: string[]): void {
    for (const text of lines) {
      this.lineCount += 1;
      logs.push({ text, at: this.clock.now(), number: this.lineCount });
    }
    if (logs.length > LINES_KEPT) logs.splice(0, logs.length - LINES_KEPT);
  }

  private report(lambda: LambdaFunction, invocation: Invocation): void {
    this.write(lambda, ...reportLines(isJson(lambda), invocation, this.clock.now()));
    for (const listener of this.listeners) listener(invocation);
  }
}

const isJson = ({ settings }: LambdaFunction): boolean => settings.logging_config?.log_format === "JSON";
