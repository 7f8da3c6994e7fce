import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { LogGroup, type RetentionDays } from "../cloudwatch/log-group";
import { Role } from "../iam/role";
import { App } from "../terraform/app";
import { requireInteger, requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";
import { type Bundle, bundle } from "./bundle";

export interface NodeFunctionProps {
  /** Name: 1–64 letters, digits, `-` and `_`. */
  readonly functionName: string;
  /** What the function does, as the console shows it. */
  readonly description: string;
  /** File of the handler, relative to the project: `handlers/write-order.ts`. It exports `handler`. */
  readonly entry: string;
  /** Name of the function's own role, unique in the account. */
  readonly roleName: string;
  /** Days that the function's logs are kept. */
  readonly logRetentionInDays: RetentionDays;
  /**
   * Environment variables.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Memory in MB, 128–10,240; processor share grows with it.
   * @default 512
   */
  readonly memorySizeMb?: number;
  /**
   * Seconds that one invocation may take, 1–900. Behind a REST API, which waits 29 seconds, more is lost.
   * @default 10
   */
  readonly timeoutSeconds?: number;
}

/**
 * A Node.js function, bundled from one TypeScript file, with a role and a log group of its own.
 *
 * The role may write to the function's log group and send traces, and nothing else: whatever the function works with grants the rest.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export class NodeFunction extends Construct {
  readonly functionArn: string;
  readonly functionName: string;
  /** What API Gateway calls to invoke the function. */
  readonly invokeArn: string;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly timeoutSeconds: number;
  private readonly resource: LambdaFunction;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { functionName, entry, memorySizeMb = 512, timeoutSeconds = 10 } = props;
    requireMatch(this, "functionName", functionName, /^[\w-]{1,64}$/, "1–64 letters, digits, - and _");
    requireInteger(this, "memorySizeMb", memorySizeMb, 128, 10_240);
    requireInteger(this, "timeoutSeconds", timeoutSeconds, 1, 900);

    this.timeoutSeconds = timeoutSeconds;
    this.logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retentionInDays: props.logRetentionInDays,
    });
    this.role = new Role(this, "Role", {
      roleName: props.roleName,
      assumedBy: { Service: "lambda.amazonaws.com" },
      description: `Role of the function ${functionName}`,
    });
    const canRun = [
      this.role.grant("WriteLogs", [
        { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${this.logGroup.logGroupArn}:*`] },
      ]),
      // CreateFunction refuses active tracing until the role can do this, and AWS cannot scope it.
      this.role.grant("WriteTraces", [
        { actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] },
      ]),
    ];

    const code = this.code(entry);
    const resource = new LambdaFunction(this, "Resource", {
      functionName,
      description: props.description,
      role: this.role.roleArn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: code.filename,
      sourceCodeHash: code.hash,
      memorySize: memorySizeMb,
      timeout: timeoutSeconds,
      environment: props.environment && { variables: { ...props.environment } },
      tracingConfig: { mode: "Active" },
      loggingConfig: {
        logFormat: "JSON",
        logGroup: this.logGroup.logGroupName,
        applicationLogLevel: "INFO",
        systemLogLevel: "INFO",
      },
      dependsOn: [...canRun, this.logGroup.dependable],
    });
    this.resource = resource;
    this.functionArn = resource.arn;
    this.functionName = resource.functionName;
    this.invokeArn = resource.invokeArn;
  }

  /**
   * Publishes every change of the function as a version.
   * @returns the number of the newest version
   */
  publishVersions(): string {
    this.resource.publish = true;
    return this.resource.version;
  }

  private code(entry: string): { filename: string; hash: string } {
    const app = App.of(this);
    const handlers = Handlers.of(app);
    const name = entry
      .replace(/^handlers\//, "")
      .replace(/\.ts$/, "")
      .replace(/[\\/]/g, "-");
    handlers.add(entry);
    const stackName = Stack.of(this).node.id;
    app.addFile(stackName, `assets/${name}.zip`, () => handlers.get(entry).zipFile);
    app.addFile(stackName, `assets/${name}.js.map`, () => handlers.get(entry).mapFile);
    return {
      filename: `assets/${name}.zip`,
      hash: Lazy.stringValue({ produce: () => handlers.get(entry).sourceCodeHash }),
    };
  }
}

/** The handlers of one app. Bundling waits until the first of them is asked for, so that all are built in one go. */
class Handlers {
  private static readonly byApp = new WeakMap<App, Handlers>();
  private readonly entries = new Set<string>();
  private bundles: ReadonlyMap<string, Bundle> = new Map();

  static of(app: App): Handlers {
    const handlers = Handlers.byApp.get(app) ?? new Handlers();
    Handlers.byApp.set(app, handlers);
    return handlers;
  }

  add(entry: string): void {
    this.entries.add(entry);
  }

  get(entry: string): Bundle {
    if (!this.bundles.has(entry)) this.bundles = bundle([...this.entries]);
    return this.bundles.get(entry) as Bundle;
  }
}
