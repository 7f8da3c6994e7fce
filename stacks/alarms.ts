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
    this.addLogged(
      `${id}Undecided`,
      "undecided",
      [handler],
      "Not decided",
      "Nobody is let in: see the authorizer's log",
    );
    this.addThrottles(handler, "authorizer");
  }

  /**
   * Adds an alarm on what functions say in their logs: on failures that whoever calls is told of in words, and that are no errors of the
   * functions.
   * @param id of the alarm and, with the function's where there are several, of the filters that count
   */
  addLogged(id: string, name: string, handlers: readonly NodeFunction[], message: string, description: string): void {
    const { stack, system, environment } = this;
    const metricName = environment.nameOf(`${system}-${name}`);
    const [metric] = handlers.map((handler) => {
      const filterId = handlers.length > 1 ? `${id}_${handler.node.id}` : id;
      const pattern = `{ $.message = "${message}" }`;
      // All count into one metric.
      return new MetricFilter(stack, filterId, { logGroup: handler.logGroup, metricName, pattern }).metric;
    });
    if (metric) this.add(`${id}Alarm`, name, metric, environment.settings.alarms.functionErrors, description);
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
