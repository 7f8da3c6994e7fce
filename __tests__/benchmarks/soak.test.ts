import * as fs from "node:fs";
import * as path from "node:path";
import { unthrottled } from "../../benchmarks/local-orders";
import { SkippingClock } from "../../benchmarks/soak-clock";
import { Faults, seededRandom } from "../../benchmarks/soak-faults";
import { Soak, type SoakOptions } from "../../benchmarks/soak-run";
import { Cloud } from "../../local/cloud";
import { scratchFolder } from "../support/scratch-folder";
import { type Config, only, systemFolder } from "../support/synth";

const synthesized = systemFolder("orders", "dev");
const functions = { writer: "dev-write-order", notifier: "dev-notify-order" };
const running: Cloud[] = [];

/** A soak of the orders stack; what it is given may damage the run first. */
async function soak(options: Partial<SoakOptions>, damage: (cloud: Cloud) => void = () => undefined) {
  const clock = new SkippingClock();
  const cloud = await Cloud.start([unthrottled(synthesized, scratchFolder())], {
    clock,
    variables: { notification_email: "ops@example.com" },
  });
  running.push(cloud);
  damage(cloud);
  const faults = new Faults(cloud, { random: seededRandom(2), ...functions });
  const report = await new Soak(cloud, clock, faults, { orders: 60, deadlineMs: 50_000, ...options }).run();
  faults.stop();
  return { report, faults };
}

/** Answers as if a function had done its work for one of its events, however often that is delivered: the first but one. */
const swallowing =
  (functionName: string) =>
  ({ lambda }: Cloud): void => {
    const invoke = lambda.invoke.bind(lambda);
    const delivered = new Set<string>();
    let swallowed: string | undefined;
    lambda.invoke = async (functionArn, event) => {
      if (!functionArn.endsWith(`:${functionName}`)) return invoke(functionArn, event);
      const text = JSON.stringify(event);
      if (delivered.size === 1 && !delivered.has(text)) swallowed = text;
      delivered.add(text);
      return text === swallowed ? { requestId: "swallowed", payload: null } : invoke(functionArn, event);
    };
  };

afterEach(() => Promise.all(running.splice(0).map((cloud) => cloud.stop())));

describe("a soak", () => {
  test("finds every order where it should be, whatever failed on the way", async () => {
    const { report, faults } = await soak({});
    expect(report).toMatchObject({ violations: [], accepted: 60, refused: {}, isInTime: true, repeats: 15 });
    expect(report.stored + report.deadLetters - report.storedDeadLetters).toBe(60);
    expect(report.notified).toBe(report.stored);
    expect(report.mails).toBeGreaterThanOrEqual(report.notified);
    expect(faults.writerFailures).toBeGreaterThan(0);
    expect(report.receivedAgain).toBeGreaterThan(0);
    expect(report.skippedSeconds).toBeGreaterThan(50);
    expect(report.memory.map(({ when }) => when)).toEqual([
      "start",
      "25 % sent",
      "50 % sent",
      "75 % sent",
      "100 % sent",
      "all done",
      "15 sent again",
    ]);
  });

  test("tells of orders that were accepted and are lost", async () => {
    const { report } = await soak({}, swallowing(functions.writer));
    expect(report.violations).toContainEqual(
      expect.stringMatching(/^soak-\d{6} was accepted and is neither in the table nor in the dead-letter queue$/),
    );
    expect(report.stored).toBeLessThan(60);
  });

  test("tells of stored orders that nobody was notified of", async () => {
    const { report } = await soak({}, swallowing(functions.notifier));
    expect(report.violations).toContainEqual(
      expect.stringMatching(/^soak-\d{6} is in the table and nobody was notified of it$/),
    );
    expect(report.notified).toBeLessThan(report.stored);
  });

  test("ends when its time is up, and says what is missing", async () => {
    const { report } = await soak({ orders: 5_000, deadlineMs: 300 });
    expect(report).toMatchObject({ isInTime: false, repeats: 0 });
    expect(report.memory.map(({ when }) => when)).toEqual(["start", "time up"]);
    expect(report.violations[0]).toMatch(
      /^the time was up: \d+ orders were not sent, \d+ messages are still in the queue$/,
    );
  });
});

const configOf = (folder: string) => JSON.parse(fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8")) as Config;

test("a copy of the stack has its throttle out of reach and is otherwise the same", () => {
  const copy = unthrottled(synthesized, scratchFolder());
  expect(path.basename(copy)).toBe(path.basename(synthesized));
  const [before, after] = [configOf(synthesized), configOf(copy)];
  const { settings } = only(after, "aws_api_gateway_method_settings");
  expect(settings).toMatchObject({ throttling_rate_limit: 10_000, throttling_burst_limit: 5_000 });
  const { aws_api_gateway_method_settings: _, ...others } = after.resource;
  expect(before.resource).toMatchObject(others);
});
