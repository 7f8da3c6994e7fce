import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as diagnosticsChannel from "node:diagnostics_channel";
import type { Cloud } from "../local/cloud";

/** Numbers from 0 up to, not including, 1: the same ones for the same seed. Mulberry32, which is in the public domain. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of the writer's invocations, those that fail: most before an order is read, the others when all is written and only the answer is lost. */
const WRITER_FAILS = 0.2;
const ANSWER_LOST = 0.05;
/** Of the invocations of each function, those whose event is delivered a second time. */
const DELIVERED_TWICE = 0.05;
/** Of the invocations of both functions, those during which some process is killed. */
const KILLED = 0.02;
/** A kill comes within so many milliseconds. */
const KILL_WITHIN_MS = 30;

type Result = Awaited<ReturnType<Cloud["lambda"]["invoke"]>>;

/** Records of an event of a queue or a stream. */
const countOf = (event: unknown): number => (event as { readonly Records: readonly unknown[] }).Records.length;

/** Lets things go wrong between the event source mappings and the functions of a cloud, and counts what it did. */
export class Faults {
  /** Invocations that are under way. */
  underWay = 0;
  writerInvocations = 0;
  notifierInvocations = 0;
  /** Of the writer's invocations, those that were made to fail. */
  writerFailures = 0;
  /** Messages that were given to the writer once more than the queue gave them. */
  repeatedMessages = 0;
  /** Records that were given to the notifier once more. */
  repeatedRecords = 0;
  processes = 0;
  kills = 0;
  /** Invocations that ended because their process was killed. */
  killedInvocations = 0;
  private readonly alive = new Set<ChildProcess>();
  private readonly endings: (() => void)[] = [];

  constructor(
    cloud: Cloud,
    private readonly options: {
      readonly random: () => number;
      readonly writer: string;
      readonly notifier: string;
    },
  ) {
    const watch = (message: unknown): void => this.watch((message as { readonly process: ChildProcess }).process);
    diagnosticsChannel.subscribe("child_process", watch);
    const invoke = cloud.lambda.invoke.bind(cloud.lambda);
    cloud.lambda.invoke = (functionArn, event) => this.deliver(functionArn, event, invoke);
    this.endings.push(
      () => diagnosticsChannel.unsubscribe("child_process", watch),
      () => {
        cloud.lambda.invoke = invoke;
      },
    );
  }

  /** From now on nothing goes wrong. */
  stop(): void {
    for (const end of this.endings.splice(0)) end();
  }

  private watch(child: ChildProcess): void {
    // Told of before it has arguments.
    child.once("spawn", () => {
      if (!child.spawnargs.some((argument) => argument.endsWith("execution-environment.js"))) return;
      this.processes += 1;
      this.alive.add(child);
    });
    child.once("exit", () => this.alive.delete(child));
  }

  private async deliver(functionArn: string, event: unknown, invoke: Cloud["lambda"]["invoke"]): Promise<Result> {
    const { random, writer, notifier } = this.options;
    if (random() < KILLED) setTimeout(() => this.kill(), random() * KILL_WITHIN_MS);
    const attempt = async (): Promise<Result> => {
      const result = await invoke(functionArn, event);
      if ("functionError" in result && result.functionError.errorType === "Runtime.ExitError") {
        this.killedInvocations += 1;
      }
      return result;
    };
    const choice = random();
    this.underWay += 1;
    try {
      if (functionArn.endsWith(`:${writer}`)) return await this.deliverToWriter(event, choice, attempt);
      if (functionArn.endsWith(`:${notifier}`)) return await this.deliverToNotifier(event, choice, attempt);
      return await attempt();
    } finally {
      this.underWay -= 1;
    }
  }

  private async deliverToWriter(event: unknown, choice: number, attempt: () => Promise<Result>): Promise<Result> {
    this.writerInvocations += 1;
    if (choice < WRITER_FAILS) {
      this.writerFailures += 1;
      if (choice < ANSWER_LOST) await attempt();
      const functionError = { errorType: "Soak.Fault", errorMessage: "made to fail" };
      return { requestId: randomUUID(), functionError };
    }
    if (choice >= WRITER_FAILS + DELIVERED_TWICE) return attempt();
    this.repeatedMessages += countOf(event);
    // At the same time, as two receivers have a message whose visibility timeout is over.
    const [, result] = await Promise.all([attempt(), attempt()]);
    return result;
  }

  private async deliverToNotifier(event: unknown, choice: number, attempt: () => Promise<Result>): Promise<Result> {
    this.notifierInvocations += 1;
    if (choice >= DELIVERED_TWICE) return attempt();
    this.repeatedRecords += countOf(event);
    await attempt();
    return attempt();
  }

  private kill(): void {
    const { random } = this.options;
    const victim = [...this.alive][Math.floor(random() * this.alive.size)];
    if (victim?.kill("SIGKILL")) this.kills += 1;
  }
}
