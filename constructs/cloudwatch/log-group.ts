import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";

/**
 * Retentions that CloudWatch Logs offers, in days.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export type RetentionDays = (typeof retentionDays)[number];

export interface LogGroupProps {
  /** Name: 1–512 letters, digits and `_-/.#`. */
  readonly logGroupName: string;
  /** Days that an entry is kept: one of those that CloudWatch Logs offers. */
  readonly retentionInDays: RetentionDays;
}

/** A log group that exists, with its retention, before the service that writes to it would make one that keeps everything for ever. */
export class LogGroup extends Construct {
  readonly logGroupArn: string;
  readonly logGroupName: string;
  /** For resources that must not start before the group exists. */
  readonly dependable: ITerraformDependable;

  constructor(scope: Construct, id: string, props: LogGroupProps) {
    super(scope, id);
    const { logGroupName, retentionInDays } = props;
    requireMatch(this, "logGroupName", logGroupName, /^[\w\-/.#]{1,512}$/, "1–512 letters, digits and _-/.#");
    if (!retentionDays.includes(retentionInDays)) {
      throw new PropError(this, "retentionInDays", `one of ${retentionDays.join(", ")}`, retentionInDays);
    }
    const group = new CloudwatchLogGroup(this, "Resource", { name: logGroupName, retentionInDays });
    this.logGroupArn = group.arn;
    this.logGroupName = group.name;
    this.dependable = group;
  }
}
