import type { Cloud } from "../cloud";
import type { Failure } from "./failures";
import { plainItem } from "./plain-item";

/** What a panel is asked for. */
export interface Asked {
  /** Text that what is shown must contain, in any case; empty for all. */
  readonly filter: string;
  /** How many at most. */
  readonly count: number;
  /** The queue, table, bucket or function; empty for the first. */
  readonly name: string;
}

/** What a panel shows: of one of several things where it has a choice. */
export interface PanelContent {
  /** Names to choose from, each with a word on what is in it. */
  readonly choices: readonly { readonly name: string; readonly hint: string }[];
  readonly chosen: string;
  /** How many fit the filter, of which `rows` are the first. */
  readonly total: number;
  readonly rows: readonly unknown[];
}

type Panel = (cloud: Cloud, asked: Asked, observed: Observed) => PanelContent | Promise<PanelContent>;

/** What is known from having watched. */
export interface Observed {
  /** When an item was changed in this run. */
  changedAt(tableName: string, item: Readonly<Record<string, unknown>>): number | undefined;
  /** What went wrong with a message last. */
  failureOf(messageId: string): Failure | undefined;
}

function page<Row>(rows: readonly Row[], { filter, count }: Asked, textOf: (row: Row) => string) {
  const wanted = filter.toLowerCase();
  const fitting = wanted === "" ? rows : rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
  return { total: fitting.length, rows: fitting.slice(0, count) };
}

const count = new Intl.NumberFormat("en").format;

const textOf = (row: unknown): string => JSON.stringify(row);

const chosenOf = (names: readonly string[], { name }: Asked): string =>
  names.includes(name) ? name : (names[0] ?? "");

/** Names of what the stacks have of a type, from the argument that holds it. */
const named = ({ stacks }: Cloud, type: string, argument: string): readonly string[] =>
  stacks
    .flatMap(({ resources }) => resources.filter((resource) => resource.type === type))
    .map(({ attributes }) => String(attributes[argument]));

/** What Lambda or a function says of something that went wrong. */
const isError = (line: string): boolean =>
  /"level":"(ERROR|FATAL)"|"status":"(error|timeout)"|\b(Invoke|Init) Error\b|Uncaught Exception|Unhandled Promise Rejection|\tERROR\t|Task timed out/.test(
    line,
  );

/** What the page shows beneath the picture. */
export const panels: Readonly<Record<string, Panel>> = {
  queues: (cloud, asked, observed) => {
    const queues = cloud.sqs.queues();
    const hintOf = ({ visible, inFlight, delayed }: (typeof queues)[number]): string =>
      [
        `${count(visible)} waiting`,
        inFlight > 0 ? `${count(inFlight)} in flight` : "",
        delayed > 0 ? `${count(delayed)} delayed` : "",
      ]
        .filter(Boolean)
        .join(", ");
    const choices = queues.map((queue) => ({ name: queue.queueName, hint: hintOf(queue) }));
    const chosen = chosenOf(
      choices.map(({ name }) => name),
      asked,
    );
    const messages = queues.find(({ queueName }) => queueName === chosen)?.messages ?? [];
    const { total, rows } = page(messages, asked, textOf);
    return {
      choices,
      chosen,
      total,
      rows: rows.map((row) => ({ ...row, failure: observed.failureOf(row.messageId) })),
    };
  },

  tables: async (cloud, asked, observed) => {
    const names = named(cloud, "aws_dynamodb_table", "name");
    const chosen = chosenOf(names, asked);
    const items = chosen === "" ? [] : await cloud.dynamodb.items(chosen);
    const rows = items
      .map((item) => ({ changedAt: observed.changedAt(chosen, item), item }))
      .sort((one, other) => (other.changedAt ?? 0) - (one.changedAt ?? 0));
    const found = page(rows, asked, ({ item }) => JSON.stringify(plainItem(item)));
    return {
      choices: names.map((name) => ({ name, hint: "" })),
      chosen,
      total: found.total,
      rows: found.rows.map(({ changedAt, item }) => ({ changedAt, item: plainItem(item) })),
    };
  },

  buckets: (cloud, asked) => {
    const names = named(cloud, "aws_s3_bucket", "bucket");
    const chosen = chosenOf(names, asked);
    const objects = chosen === "" ? [] : cloud.s3.objectsOf(chosen);
    const rows = objects.map(({ key, body, contentType, versionId, lastModified }) => ({
      ...{ key, size: body.length, contentType, versionId, lastModified },
    }));
    return { choices: names.map((name) => ({ name, hint: "" })), chosen, ...page(rows, asked, ({ key }) => key) };
  },

  outbox: (cloud, asked) => {
    const mails = [...cloud.sns.outbox].reverse().map(({ to, subject, text, at }) => ({ to, subject, text, at }));
    return { choices: [], chosen: "", ...page(mails, asked, textOf) };
  },

  logs: (cloud, asked) => {
    const names = named(cloud, "aws_lambda_function", "function_name");
    const chosen = chosenOf(names, asked);
    const lines = [...cloud.lambda.logsOf(chosen)].reverse();
    const found = page(lines, asked, (line) => line);
    return {
      choices: names.map((name) => ({ name, hint: "" })),
      chosen,
      total: found.total,
      rows: found.rows.map((line) => ({ line, isError: isError(line) })),
    };
  },

  denials: (cloud, asked) => ({
    ...{ choices: [], chosen: "" },
    ...page([...cloud.iam.denials()].reverse(), asked, textOf),
  }),
};
