import type { Resource } from "../../terraform/config";
import { type Access, AwsError, type Caller, type Place, type WireRequest, type WireResponse } from "../aws";
import type { Lambda } from "../lambda/lambda";
import type { LogLine } from "../lambda/lambda-logs";
import { requireModelled } from "../protocol/batch";
import { jsonError, jsonResult, readJson } from "../protocol/json-protocol";
import { filterPattern } from "./filter-pattern";

type Input = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

interface LogGroup {
  readonly name: string;
  readonly retentionInDays?: number;
  /** Whose lines it has; none for a group that is no function's. */
  readonly functionName?: string;
}

interface Operation {
  readonly parameters: readonly string[];
  readonly run: (caller: Caller, input: Input) => Result;
}

/** The only stream of every group. */
const STREAM = "local";
const MAX_EVENTS = 10_000;
const MAX_LISTED = 50;

/**
 * CloudWatch Logs, for reading: the groups that the stacks make, and in those of functions what the functions wrote and Lambda reported. All lines
 * of a group are in one stream, `local`.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
 */
export class Logs {
  private readonly operations: Readonly<Record<string, Operation>> = {
    DescribeLogGroups: {
      parameters: ["logGroupNamePrefix", "logGroupNamePattern", "limit", "nextToken"],
      run: (caller, input) => this.describeGroups(caller, input),
    },
    DescribeLogStreams: {
      parameters: [...["logGroupName", "logGroupIdentifier", "logStreamNamePrefix", "orderBy", "descending", "limit"]],
      run: (caller, input) => this.describeStreams(caller, input),
    },
    FilterLogEvents: {
      parameters: [
        ...["logGroupName", "logGroupIdentifier", "logStreamNames", "logStreamNamePrefix", "startTime", "endTime"],
        ...["filterPattern", "nextToken", "limit", "interleaved"],
      ],
      run: (caller, input) => this.filterEvents(caller, input),
    },
    GetLogEvents: {
      parameters: [
        ...["logGroupName", "logGroupIdentifier", "logStreamName", "startTime", "endTime", "nextToken", "limit"],
        "startFromHead",
      ],
      run: (caller, input) => this.getEvents(caller, input),
    },
  };

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly lambda: Pick<Lambda, "logLinesOf">;
      /** Evaluated resources of the stacks that run. */
      readonly resources: () => readonly Resource[];
    },
  ) {}

  /** One call, in the JSON protocol that every SDK speaks. */
  async handle(caller: Caller, { headers, body }: WireRequest): Promise<WireResponse> {
    const name = String(headers["x-amz-target"]).split(".")[1] ?? "";
    try {
      const operation = Object.hasOwn(this.operations, name) ? this.operations[name] : undefined;
      if (!operation) {
        const known = Object.keys(this.operations).join(", ");
        throw new AwsError("UnsupportedOperation", `${name} is not modelled by the local run. It knows ${known}.`);
      }
      const input = readJson(body);
      requireModelled(name, input, operation.parameters);
      return jsonResult(operation.run(caller, input));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return jsonError(error);
    }
  }

  private describeGroups(caller: Caller, input: Input): Result {
    this.authorize(caller, "DescribeLogGroups", "", "");
    const [prefix, pattern] = [optionalText(input, "logGroupNamePrefix"), optionalText(input, "logGroupNamePattern")];
    if (prefix !== undefined && pattern !== undefined) {
      throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    const after = optionalText(input, "nextToken") ?? "";
    const found = this.groups().filter(
      ({ name }) => name.startsWith(prefix ?? "") && includes(name, pattern ?? "") && name > after,
    );
    const page = found.slice(0, limitOf(input, MAX_LISTED, MAX_LISTED));
    return {
      logGroups: page.map((group) => {
        const { name: logGroupName, retentionInDays } = group;
        const logGroupArn = this.arnOf(logGroupName);
        const storedBytes = this.linesOf(group).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
        return { logGroupName, logGroupArn, arn: `${logGroupArn}:*`, retentionInDays, storedBytes };
      }),
      ...(found.length > page.length && { nextToken: page.at(-1)?.name }),
    };
  }

  private describeStreams(caller: Caller, input: Input): Result {
    const group = this.groupOf(input);
    this.authorize(caller, "DescribeLogStreams", group.name, "");
    const lines = this.linesOf(group);
    const [first, last] = [lines[0], lines.at(-1)];
    if (!first || !last || !STREAM.startsWith(optionalText(input, "logStreamNamePrefix") ?? "")) {
      return { logStreams: [] };
    }
    const arn = `${this.arnOf(group.name)}:log-stream:${STREAM}`;
    const times = { creationTime: first.at, firstEventTimestamp: first.at, lastEventTimestamp: last.at };
    return { logStreams: [{ logStreamName: STREAM, arn, ...times, lastIngestionTime: last.at }] };
  }

  private filterEvents(caller: Caller, input: Input): Result {
    const group = this.groupOf(input);
    this.authorize(caller, "FilterLogEvents", group.name, "");
    const fits = filterPattern(optionalText(input, "filterPattern") ?? "");
    const streams = [input.logStreamNames ?? []].flat().map(String);
    const isAsked =
      (streams.length === 0 || streams.includes(STREAM)) &&
      STREAM.startsWith(optionalText(input, "logStreamNamePrefix") ?? "");
    const after = Number(optionalText(input, "nextToken") ?? 0);
    const found = isAsked ? within(this.linesOf(group), input, "through") : [];
    const following = found.filter(({ number, text }) => number > after && fits(text));
    const page = following.slice(0, limitOf(input, MAX_EVENTS, MAX_EVENTS));
    return {
      events: page.map((line) => ({
        logStreamName: STREAM,
        eventId: String(line.number).padStart(56, "0"),
        ...eventOf(line),
      })),
      searchedLogStreams: [],
      ...(following.length > page.length && { nextToken: String(page.at(-1)?.number) }),
    };
  }

  private getEvents(caller: Caller, input: Input): Result {
    const group = this.groupOf(input);
    const stream = optionalText(input, "logStreamName") ?? "";
    this.authorize(caller, "GetLogEvents", group.name, stream);
    if (stream !== STREAM) throw notFound("log stream");
    const limit = limitOf(input, MAX_EVENTS, MAX_EVENTS);
    const lines = within(this.linesOf(group), input, "before");
    const [, direction, position] = /^([fb])\/(\d+)$/.exec(optionalText(input, "nextToken") ?? "") ?? [];
    const at = Number(position);
    const forward = direction === "f" || (direction === undefined && input.startFromHead === true);
    const page = forward
      ? lines.filter(({ number }) => direction === undefined || number > at).slice(0, limit)
      : lines.filter(({ number }) => direction === undefined || number < at).slice(-limit);
    const [first, last] = [page[0]?.number ?? at, page.at(-1)?.number ?? at];
    return {
      events: page.map(eventOf),
      nextForwardToken: `f/${last || 0}`,
      nextBackwardToken: `b/${first || 0}`,
    };
  }

  /** Groups by name: what the stacks make, whoever writes to it. */
  private groups(): readonly LogGroup[] {
    const resources = this.options.resources();
    const groups = new Map<string, LogGroup>();
    for (const { attributes } of resources.filter(({ type }) => type === "aws_cloudwatch_log_group")) {
      const retention = attributes.retention_in_days;
      const name = String(attributes.name);
      groups.set(name, { name, ...(retention != null && { retentionInDays: Number(retention) }) });
    }
    for (const { attributes } of resources.filter(({ type }) => type === "aws_lambda_function")) {
      const functionName = String(attributes.function_name);
      const [logging] = [attributes.logging_config ?? []].flat() as readonly { readonly log_group?: string }[];
      const name = logging?.log_group ?? `/aws/lambda/${functionName}`;
      groups.set(name, { name, ...groups.get(name), functionName });
    }
    return [...groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  private groupOf(input: Input): LogGroup {
    const identifier = optionalText(input, "logGroupIdentifier");
    const name = optionalText(input, "logGroupName") ?? identifier?.replace(/^arn:.*:log-group:/, "");
    if (name === undefined) throw invalid("Either logGroupName or logGroupIdentifier must be given.");
    const group = this.groups().find((one) => one.name === name);
    if (group) return group;
    throw notFound("log group");
  }

  private linesOf({ functionName }: LogGroup): readonly LogLine[] {
    return functionName === undefined ? [] : this.options.lambda.logLinesOf(functionName);
  }

  private authorize(caller: Caller, operation: string, group: string, stream: string): void {
    const resource = `${this.arnOf(group)}:log-stream:${stream}`;
    this.options.access.authorize({ caller, action: `logs:${operation}`, resource });
  }

  private arnOf(group: string): string {
    const { partition, region, accountId } = this.options.place;
    return `arn:${partition}:logs:${region}:${accountId}:log-group:${group}`;
  }
}

const invalid = (message: string): AwsError => new AwsError("InvalidParameterException", message);

const notFound = (what: string): AwsError =>
  new AwsError("ResourceNotFoundException", `The specified ${what} does not exist.`);

const includes = (name: string, pattern: string): boolean => name.toLowerCase().includes(pattern.toLowerCase());

function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw invalid(`${name} must be text`);
}

function limitOf({ limit }: Input, max: number, absent: number): number {
  if (limit === undefined || limit === null) return absent;
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= max) return Number(limit);
  throw invalid(`limit must be an integer from 1 to ${max}, got: ${limit}`);
}

/** Lines of a time, of which the end counts for one operation and not for the other. */
function within(lines: readonly LogLine[], input: Input, end: "before" | "through"): readonly LogLine[] {
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
  const [from, to] = [Number(startTime), Number(endTime)];
  return lines.filter(({ at }) => at >= from && (end === "through" ? at <= to : at < to));
}

const eventOf = ({ at, text }: LogLine) => ({ timestamp: at, message: text, ingestionTime: at });
