import { Alarm, functionMetric, type Metric } from "../constructs/cloudwatch/alarm";
import { Key } from "../constructs/kms/key";
import type { NodeFunction } from "../constructs/lambda/function";
import { EmailSubscription } from "../constructs/sns/email-subscription";
import { Topic } from "../constructs/sns/topic";
import type { Stack } from "../constructs/terraform/stack";
import type { Environment } from "../settings/schema";

/** The alarms of one stack, and the topic that tells of them. */
export class Alarms {
  readonly topic: Topic;

  /** @param system what the alarms' names start with, behind the environment's prefix: `orders` */
  constructor(
    private readonly stack: Stack,
    readonly system: string,
    private readonly environment: Environment,
  ) {
    const { nameOf, settings } = environment;
    this.topic = new Topic(stack, "Alarms", {
      topicName: nameOf(`${system}-alarms`),
      encryptionKey: new Key(stack, "AlarmsKey", {
        description: `Encrypts the alarms of ${system}`,
        services: ["cloudwatch.amazonaws.com"],
      }),
    });
    new EmailSubscription(stack, "AlarmEmail", {
      topic: this.topic,
      variableName: "alarm_email",
      description: "Address that is mailed when an alarm rings; empty for none",
      defaultAddress: settings.alarms.email,
    });
  }

  /** Adds the alarm `<system>-<name>`. */
  add(id: string, name: string, metric: Metric, threshold: number, description: string): void {
    const { stack, system, environment, topic } = this;
    const alarmName = environment.nameOf(`${system}-${name}`);
    new Alarm(stack, id, { alarmName, description, metric, threshold, topic });
  }

  /** Adds a function's alarms, on its errors and on its throttles. */
  addFunction(handler: NodeFunction, name: string): void {
    const { functionErrors, functionThrottles } = this.environment.settings.alarms;
    const { id } = handler.node;
    this.add(
      `${id}ErrorsAlarm`,
      `${name}-errors`,
      functionMetric(handler, "Errors"),
      functionErrors,
      `${name} fails: see its log`,
    );
    this.add(
      `${id}ThrottlesAlarm`,
      `${name}-throttles`,
      functionMetric(handler, "Throttles"),
      functionThrottles,
      `${name} is refused concurrency: see the account's limit`,
    );
  }
}
