import * as fs from "node:fs";
import * as path from "node:path";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import {
  type IStackSynthesizer,
  type ISynthesisSession,
  type TerraformElement,
  TerraformOutput,
  TerraformStack,
} from "cdktf";
import type { Construct } from "constructs";
import { App } from "./app";
import { type BackendConfig, StackBackend } from "./backend";
import { escapeTemplate } from "./escape";

export interface StackProps {
  /** AWS Region of every resource in the stack, such as `eu-west-1`. */
  readonly region: string;
  /**
   * The one account that the stack may be applied to; Terraform refuses any other.
   * @default - any account that the credentials belong to
   */
  readonly accountId?: string;
  /**
   * Tags on every resource of the stack. Known values only: a tag that Terraform learns at apply shows as a change on every plan.
   * @default - no tags
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** Where the state lives. */
  readonly backend: BackendConfig;
}

/**
 * A Terraform root module: its backend, its AWS provider, and addresses that a person can read.
 *
 * An address is the construct's path joined with `_`, without cdktf's hash: `aws_sqs_queue.Inbox_DeadLetters`. A part named `Resource`,
 * the one that a construct is mainly about, is left out.
 */
export class Stack extends TerraformStack {
  readonly region: string;
  private readonly pathOfAddress = new Map<string, string>();
  private isSynthesized = false;
  private isHollow = false;
  private callerIdentity?: DataAwsCallerIdentity;
  private partitionData?: DataAwsPartition;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id);
    const cdktfs = this.synthesizer;
    this.synthesizer = { synthesize: (session) => this.synthesize(session, cdktfs) };
    this.region = props.region;
    new StackBackend(this, props.backend, id, App.of(this).stackFolder(id));
    const tags = Object.entries(props.tags ?? {}).map(
      ([key, value]) => [escapeTemplate(key), escapeTemplate(value)] as const,
    );
    new AwsProvider(this, "Aws", {
      region: props.region,
      allowedAccountIds: props.accountId ? [props.accountId] : undefined,
      defaultTags: tags.length > 0 ? [{ tags: Object.fromEntries(tags) }] : undefined,
    });
  }

  /** The stack that a construct stands in. */
  static override of(construct: Construct): Stack {
    const stack = TerraformStack.of(construct);
    if (stack instanceof Stack) return stack;
    throw new Error(
      `${construct.node.path} must stand in a Stack of constructs/terraform/stack.ts, got: a plain TerraformStack`,
    );
  }

  /** Id of the account that Terraform applies to, as a reference. */
  get account(): string {
    this.callerIdentity ??= new DataAwsCallerIdentity(this, "CallerIdentity");
    return this.callerIdentity.accountId;
  }

  /** `aws`, `aws-cn`, `aws-us-gov`, …, as a reference. */
  get partition(): string {
    this.partitionData ??= new DataAwsPartition(this, "Partition");
    return this.partitionData.partition;
  }

  /** Adds a Terraform output; its name is exactly `name`. */
  addOutput(name: string, value: string, description: string): void {
    new TerraformOutput(this, name, { value, description });
  }

  /** cdktf checks the stack. To write it, cdktf would have four copies of it in memory: 200 pipelines took 266 MB, and take 223. */
  private synthesize(session: ISynthesisSession, cdktfs: IStackSynthesizer): void {
    const { synthesizedStackPath } = session.manifest.forStack(this);
    // What `cdktf synth --hcl` asks for is cdktf's own.
    const isJson = synthesizedStackPath.endsWith(".json");
    this.isSynthesized = isJson;
    try {
      cdktfs.synthesize(session);
    } finally {
      this.isSynthesized = false;
      this.isHollow = false;
    }
    if (isJson) fs.writeFileSync(path.join(session.outdir, synthesizedStackPath), print(this.toTerraform()));
  }

  override runAllValidations(): void {
    super.runAllValidations();
    // From here on cdktf wants the configuration for nothing but to write it.
    this.isHollow = this.isSynthesized;
  }

  override toTerraform(): Record<string, unknown> {
    if (this.isHollow) return {};
    const config = super.toTerraform();
    App.of(this).inspect(this.node.id, config);
    return config;
  }

  // cdktf merges elements of one address silently, so two constructs that would share one are an error.
  protected override allocateLogicalId(element: TerraformElement): string {
    const parts = element.node.scopes.slice(element.node.scopes.indexOf(this) + 1).map((scope) => scope.node.id);
    const address = parts
      .filter((part) => part !== "Resource")
      .join("_")
      .replace(/[^\w-]+/g, "_");
    const key = `${element.constructor.name}.${address}`;
    const other = this.pathOfAddress.get(key);
    if (other !== undefined && other !== element.node.path) {
      throw new Error(
        `${element.node.path} must have a Terraform address of its own, got: ${address}, which is ${other}'s. Rename one of the two constructs`,
      );
    }
    this.pathOfAddress.set(key, element.node.path);
    return address;
  }
}

/** JSON with its keys in order: where a construct stands in the code makes no difference. */
const print = (config: object): string =>
  JSON.stringify(
    config,
    (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    2,
  );
