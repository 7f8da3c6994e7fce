import type { TerraformConfig } from "../terraform/config";
import type { Place } from "./aws";

/** The account that stacks run in here, where they do not say which. */
const ACCOUNT_ID = "123456789012";

interface AwsProvider {
  readonly region: string;
  readonly allowed_account_ids?: readonly string[];
}

/**
 * The account and Region that the stacks' providers name.
 * @throws Error where they do not all name the same
 */
export function placeOf(configs: readonly TerraformConfig[]): Place {
  const providers = configs.flatMap(
    ({ provider }) => (provider as { aws?: readonly AwsProvider[] } | undefined)?.aws ?? [],
  );
  const regions = new Set(providers.map(({ region }) => region));
  const accounts = new Set(providers.map(({ allowed_account_ids: ids }) => ids?.[0] ?? ACCOUNT_ID));
  const [region = "us-east-1"] = regions;
  const [accountId = ACCOUNT_ID] = accounts;
  if (regions.size > 1 || accounts.size > 1) {
    throw new Error(
      `the stacks must be of one Region and account, got: ${[...regions, ...accounts].join(", ")}. Run those of one environment`,
    );
  }
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return { partition, region, accountId };
}
