import * as fs from "node:fs";
import * as path from "node:path";
import { Cloud, type CloudOptions } from "../../local/cloud";
import { scratchFolder } from "./scratch-folder";
import type { Config } from "./synth";

/** A synthesized stack that tests run here, as it is or changed. */
export class LocalStack {
  /** Its Terraform JSON. */
  readonly synthesized: string;
  private readonly running = new Set<Cloud>();

  constructor(private readonly folder: string) {
    this.synthesized = fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8");
  }

  /** Runs it out of a folder that holds what was synthesized, or a change of it. */
  async start(config: string = this.synthesized, options: CloudOptions = {}): Promise<Cloud> {
    const folder = path.join(scratchFolder(), path.basename(this.folder));
    fs.cpSync(this.folder, folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "cdk.tf.json"), config);
    const cloud = await Cloud.start([folder], options);
    this.running.add(cloud);
    return cloud;
  }

  /** Expects that an action is missed where it is taken away: at the start, or by what `use` does, whose refusal names it. */
  async expectMissed(action: string, use: (cloud: Cloud) => Promise<void>): Promise<void> {
    const cloud = await this.start(this.without(action)).catch((error: Error) => error);
    if (cloud instanceof Error) {
      expect(cloud.message).toContain(`is not authorized to perform: ${action} on resource: `);
      return;
    }
    await use(cloud);
    expect(cloud.iam.denials().find((denial) => denial.action === action)?.remedy).toContain(action);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running].map((cloud) => cloud.stop()));
    this.running.clear();
  }

  /** Actions that its policies grant to roles' own needs. */
  get grantedActions(): readonly string[] {
    const policies = Object.values((JSON.parse(this.synthesized) as Config).resource)
      .flatMap((byName) => Object.values(byName))
      .flatMap(({ policy }) => (policy?.includes?.('"Allow"') ? JSON.parse(policy).Statement : []));
    const actions = policies
      .filter(({ Effect, Principal }) => Effect === "Allow" && !Principal?.Service)
      .flatMap(({ Action }: { Action: string | string[] }) => Action);
    return [...new Set<string>(actions)].filter((action) => !action.startsWith("kms:")).sort();
  }

  /** The configuration with an action taken out of every policy that allows it to a role's own needs. */
  without(action: string): string {
    const withoutIn = (json: string): string => {
      const policy = JSON.parse(json);
      for (const statement of policy.Statement) {
        if (statement.Effect === "Allow")
          statement.Action = [statement.Action].flat().filter((other: string) => other !== action);
      }
      policy.Statement = policy.Statement.filter(({ Action }: { Action: string[] }) => Action.length > 0);
      return JSON.stringify(policy);
    };
    const config = JSON.parse(this.synthesized) as Config;
    for (const type of ["aws_iam_policy", "aws_iam_role_policy", "aws_sqs_queue_policy"]) {
      for (const resource of Object.values(config.resource[type] ?? {}) as { policy: string }[])
        resource.policy = withoutIn(resource.policy);
    }
    return JSON.stringify(config);
  }
}
