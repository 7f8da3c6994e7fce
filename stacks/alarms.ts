import { Alarm, functionMetric, type Metric } from "../constructs/cloudwatch/alarm";
import { MetricFilter } from "../constructs/cloudwatch/metric-filter";
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

  /**
   * Adds the alarms of a function that decides who may call: on its throttles, and on requests that it could not decide about. It refuses by an
   * error, so its errors say nothing.
   */
  addAuthorizer(handler: NodeFunction): void {
    const { id } = handler.node;
    const { functionErrors } = this.environment.settings.alarms;
    const { metric } = new MetricFilter(this.stack, `${id}Undecided`, {
      logGroup: handler.logGroup,
      metricName: this.environment.nameOf(`${this.system}-undecided`),
      pattern: '{ $.message = "Not decided" }',
    });
    this.add(`${id}UndecidedAlarm`, "undecided", metric, functionErrors, "Nobody is let in: see the authorizer's log");
    this.addThrottles(handler, "authorizer");
  }

  /** Adds a function's alarms, on its errors and on its throttles. */
  addFunction(handler: NodeFunction, name: string): void {
    const { functionErrors } = this.environment.settings.alarms;
    const { id } = handler.node;
    this.add(
      `${id}ErrorsAlarm`,
      `${name}-errors`,
      functionMetric(handler, "Errors"),
      functionErrors,
      `${name} fails: see its log`,
    );
    this.addThrottles(handler, name);
  }

  private addThrottles(handler: NodeFunction, name: string): void {
    const { functionThrottles } = this.environment.settings.alarms;
    this.add(
      `${handler.node.id}ThrottlesAlarm`,
      `${name}-throttles`,
      functionMetric(handler, "Throttles"),
      functionThrottles,
      `${name} is refused concurrency: see the account's limit`,
    );
  }
}
