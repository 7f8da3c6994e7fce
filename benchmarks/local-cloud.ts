// The process that benchmarks/local.ts measures: the local run of a folder, which tells its parent of each mail.
import type { Credentials } from "../local/aws";
import { Cloud } from "../local/cloud";
import { variablesOf } from "../local/stacks";
import { orderIn } from "./local-load";

/** What the process tells its parent. */
export type Told =
  | {
      readonly kind: "ready";
      readonly url: string;
      readonly region: string;
      readonly credentials: Credentials;
    }
  | { readonly kind: "mail"; readonly orderID: string };

async function main(folder: string): Promise<void> {
  const tell = (told: Told): void => {
    process.send?.(told);
  };
  const cloud = await Cloud.start([folder], { variables: variablesOf([folder], process.env) });
  cloud.sns.onMail(({ subject }) => tell({ kind: "mail", orderID: orderIn(subject) }));
  process.on("disconnect", () => void cloud.stop());
  const url = String(cloud.stacks[0]?.outputs.orders_url?.value);
  const { credentials } = cloud.iam.operator();
  tell({ kind: "ready", url, region: cloud.place.region, credentials });
}

main(process.argv[2] ?? "").catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
