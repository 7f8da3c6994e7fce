import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { Cloud, type CloudOptions } from "../../local/cloud";
import { signedRequest } from "../../local/walks/signed-request";
import { scratchFolder } from "./scratch-folder";
import { type Config, systemFolder } from "./synth";

export const variables = { notification_email: "ops@example.com" };
const running = new Set<Cloud>();
afterEach(async () => {
  await Promise.all([...running].map((cloud) => cloud.stop()));
  running.clear();
});

/** The resources of a configuration, by type and name. */
export type Changeable = Record<string, Record<string, Record<string, unknown>>>;

/** The orders pipeline as it runs, out of a folder that tests change. */
export class Running {
  private readonly written: Config;
  private files = 0;

  private constructor(
    readonly folder: string,
    readonly cloud: Cloud,
  ) {
    this.written = this.read();
  }

  static async start(options: CloudOptions = {}): Promise<Running> {
    const folder = path.join(scratchFolder(), "orders-dev");
    fs.cpSync(systemFolder("orders", "dev"), folder, { recursive: true });
    const cloud = await Cloud.start([folder], { ...options, variables });
    running.add(cloud);
    return new Running(folder, cloud);
  }

  /** Reloads after a change of what was synthesized; of that alone, whatever was changed before. */
  reload(change: (resources: Changeable, config: Config) => void) {
    const config = structuredClone(this.written);
    change(config.resource as Changeable, config);
    fs.writeFileSync(path.join(this.folder, "cdk.tf.json"), JSON.stringify(config));
    return this.cloud
      .reload([this.folder], variables)
      .map(({ address, action, changed }) => [address, action, changed]);
  }

  /** Gives a function other code. */
  recode(name: string, code: string): ReturnType<Running["reload"]> {
    const zip = zipSync({ "index.js": strToU8(code) });
    this.files += 1;
    fs.writeFileSync(path.join(this.folder, `${this.files}.zip`), zip);
    return this.reload(({ aws_lambda_function: functions = {} }) => {
      const source_code_hash = createHash("sha256").update(zip).digest("base64");
      Object.assign(functions[name] ?? {}, { filename: `${this.files}.zip`, source_code_hash });
    });
  }

  async send(orderID: string): Promise<number> {
    const url = String(this.cloud.stacks.find(({ name }) => name === "orders-dev")?.outputs.orders_url?.value);
    const { status } = await signedRequest(this.cloud, { method: "POST", url, body: JSON.stringify({ orderID }) });
    return status;
  }

  async stored(): Promise<readonly string[]> {
    const items = await this.cloud.dynamodb.items("dev-orders");
    return items.map(({ orderID }) => (orderID as { S: string }).S);
  }

  get arn(): string {
    return this.cloud.lambda.arnOf("dev-write-order");
  }

  private read(): Config {
    return JSON.parse(fs.readFileSync(path.join(this.folder, "cdk.tf.json"), "utf8"));
  }
}
