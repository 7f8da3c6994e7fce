import type { Resource } from "../../terraform/config";
import { splitArn } from "../lambda/function-versions";
import { apiParts, isApiPart } from "./picture-of-apis";
import { grantEdges } from "./picture-of-grants";

export type NodeKind = "api" | "bucket" | "clients" | "function" | "mail" | "queue" | "table" | "topic" | "users";

/** A thing that does work, keeps something, or hands it on. */
export interface PictureNode {
  /** Its ARN; `api:<id>` for an API, `clients:<id>` for those of a WebSocket API, `mail:<address>` for whom mails go to. */
  readonly id: string;
  readonly kind: NodeKind;
  /** Physical name. */
  readonly name: string;
  /** What it is, in AWS's words, such as `REST API`. */
  readonly detail: string;
  /** The stack that makes it; empty for whom mails go to. */
  readonly stack: string;
  /** What an API serves, such as `POST /orders`; edges may begin at one. */
  readonly routes: readonly string[];
}

/** A way that something takes from one node to another. */
export interface PictureEdge {
  readonly from: string;
  /** The route that it begins at, where it begins at an API's. */
  readonly route?: string;
  readonly to: string;
  /** A word or two: what goes this way. */
  readonly label: string;
  /** Whether only what failed goes this way. */
  readonly isForFailures: boolean;
  /** What is counted on it, in the words of `meters.ts`; nothing for what cannot be seen passing. */
  readonly meters: readonly string[];
}

/** The resources of a stack, as they are once they are evaluated. */
export interface StackResources {
  readonly name: string;
  readonly resources: readonly Resource[];
}

/** What one stack is made of, and what of other stacks it is connected with. */
export interface Picture {
  readonly stack: string;
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

type Parts = { readonly nodes: readonly PictureNode[]; readonly edges: readonly PictureEdge[] };

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

const without = { routes: [] };

/** Kinds of nodes by resource type, with what is said of each. */
const nodeTypes: Readonly<Record<string, (attributes: Resource["attributes"]) => Omit<PictureNode, "stack">>> = {
  aws_sqs_queue: ({ arn, name }) => ({
    id: text(arn),
    kind: "queue",
    name: text(name),
    detail: "SQS queue",
    ...without,
  }),
  aws_lambda_function: ({ arn, function_name: name }) => ({
    ...{ id: text(arn), kind: "function", name: text(name), detail: "Lambda function" },
    ...without,
  }),
  aws_dynamodb_table: ({ arn, name }) => ({
    ...{ id: text(arn), kind: "table", name: text(name), detail: "DynamoDB table" },
    ...without,
  }),
  aws_sns_topic: ({ arn, name }) => ({
    id: text(arn),
    kind: "topic",
    name: text(name),
    detail: "SNS topic",
    ...without,
  }),
  aws_s3_bucket: ({ arn, bucket }) => ({
    ...{ id: text(arn), kind: "bucket", name: text(bucket), detail: "S3 bucket" },
    ...without,
  }),
  aws_cognito_user_pool: ({ arn, name }) => ({
    ...{ id: text(arn), kind: "users", name: text(name), detail: "Cognito user pool" },
    ...without,
  }),
};

/** Blocks come as one or as a list. */
const block = (value: unknown): Readonly<Record<string, unknown>> => [value ?? {}].flat()[0] as Record<string, unknown>;

const functionArnOf = (arn: string): string => splitArn(arn).arn;

/** A stream's table; whatever else, itself. */
const tableOf = (arn: string): string => arn.replace(/\/stream\/.*$/, "");

/** The ways that resources say themselves, by type. */
const edgeTypes: Readonly<Record<string, (attributes: Resource["attributes"]) => readonly PictureEdge[]>> = {
  aws_sqs_queue: ({ arn, redrive_policy: policy }) => {
    if (!policy) return [];
    const { deadLetterTargetArn: to, maxReceiveCount } = JSON.parse(text(policy)) as Readonly<Record<string, unknown>>;
    const label = `after ${maxReceiveCount} receives`;
    return [{ from: text(arn), to: text(to), label, isForFailures: true, meters: [`redrive ${arn}`] }];
  },
  // A function that checks tokens is told in a variable whose they are; pools' ids are like no other text.
  aws_lambda_function: ({ arn, environment }) =>
    [...JSON.stringify(block(environment).variables ?? {}).matchAll(/\b[a-z]{2}(?:-[a-z]+)+-\d_[A-Za-z0-9]+/g)].map(
      ([id]) => ({ from: text(arn), to: `pool:${id}`, label: "tokens of", isForFailures: false, meters: [] }),
    ),
  aws_lambda_event_source_mapping: ({ event_source_arn: source, function_name: named, destination_config: config }) => {
    const to = functionArnOf(text(named));
    const label = text(source).includes("/stream/") ? "stream" : "messages";
    const meters = [`delivery ${source} ${to}`];
    const delivery = { from: tableOf(text(source)), to, label, isForFailures: false, meters };
    return [delivery, ...failureEdge(to, block(block(config).on_failure).destination_arn)];
  },
  aws_lambda_function_event_invoke_config: ({ function_name: named, destination_config: config }) =>
    failureEdge(text(named), block(block(config).on_failure).destination),
  aws_sns_topic_subscription: ({ topic_arn: from, protocol, endpoint, redrive_policy: policy }) => {
    const isMail = protocol === "email";
    const to = isMail ? `mail:${endpoint}` : functionArnOf(text(endpoint));
    const meters = [isMail ? `mail ${from} ${endpoint}` : `delivery ${from} ${to}`];
    const delivery = { from: text(from), to, label: isMail ? "e-mail" : "messages", isForFailures: false, meters };
    const deadLetters = policy ? (JSON.parse(text(policy)) as { deadLetterTargetArn: string }).deadLetterTargetArn : "";
    return [delivery, ...(deadLetters ? failureEdge(text(from), deadLetters) : [])];
  },
};

/** What a function gave up goes to a queue, under the function's own role: the grants say which calls those are. */
function failureEdge(from: string, to: unknown): readonly PictureEdge[] {
  return to ? [{ from, to: text(to), label: "given up", isForFailures: true, meters: [] }] : [];
}

function partsOf({ name: stack, resources }: StackResources): Parts {
  const plain = resources.filter((resource) => !isApiPart(resource));
  const nodes = plain.flatMap(({ type, attributes }) => nodeTypes[type]?.(attributes) ?? []);
  const mails = plain
    .filter(({ type, attributes }) => type === "aws_sns_topic_subscription" && attributes.protocol === "email")
    .map(({ attributes: { endpoint } }) => ({
      ...{ id: `mail:${endpoint}`, kind: "mail" as const, name: text(endpoint), detail: "outbox" },
      ...without,
    }));
  const edges = plain.flatMap(({ type, attributes }) => edgeTypes[type]?.(attributes) ?? []);
  const apis = apiParts(resources);
  const made = [...nodes, ...apis.nodes].map((node) => ({ ...node, stack }));
  return { nodes: [...made, ...mails.map((node) => ({ ...node, stack: "" }))], edges: [...edges, ...apis.edges] };
}

/**
 * A picture of each stack, of nothing but its evaluated resources. What is connected with nothing is left out, but for APIs and functions; so is what no
 * function has a part in, such as an alarm's topic. What is of another stack stands in the pictures of all stacks that it is connected with.
 */
export function picturesOf(stacks: readonly StackResources[]): readonly Picture[] {
  const parts = stacks.map(partsOf);
  const nodes = new Map(parts.flatMap((one) => one.nodes).map((node) => [node.id, node]));
  const resources = stacks.flatMap((stack) => stack.resources);
  const arns = otherNames([...nodes.values()]);
  const stated = parts
    .flatMap((one) => one.edges)
    .map((edge) => ({ ...edge, from: arns.get(edge.from) ?? edge.from, to: arns.get(edge.to) ?? edge.to }))
    .filter(({ from, to }) => nodes.has(from) && nodes.has(to));
  const edges = atWork(merged([...stated, ...grantEdges(resources, [...nodes.values()])]), nodes);
  return stacks.map(({ name: stack }) => {
    const isOwn = (id: string): boolean => nodes.get(id)?.stack === stack;
    const own = edges.filter(({ from, to }) => isOwn(from) || isOwn(to));
    const connected = new Set(own.flatMap(({ from, to }) => [from, to]));
    const isShown = ({ id, kind }: PictureNode): boolean =>
      connected.has(id) || (isOwn(id) && (kind === "api" || kind === "function"));
    return { stack, nodes: [...nodes.values()].filter(isShown), edges: own };
  });
}

/** What resources call nodes by beside their ARNs: a function's name, `queue:<account>/<name>`, a user pool's id. */
function otherNames(nodes: readonly PictureNode[]): ReadonlyMap<string, string> {
  return new Map(
    nodes.flatMap(({ id, kind, name }): readonly (readonly [string, string])[] => {
      if (kind === "function") return [[name, id]];
      if (kind === "queue") return [[`queue:${id.split(":").slice(4).join("/")}`, id]];
      return kind === "users" ? [[`pool:${id.split("/").at(-1)}`, id]] : [];
    }),
  );
}

/** One edge for each way: a grant and a mapping's destination are the same one. */
function merged(edges: readonly PictureEdge[]): readonly PictureEdge[] {
  const ways = new Map<string, PictureEdge>();
  for (const edge of edges) {
    const { isForFailures } = edge;
    const way = JSON.stringify([edge.from, edge.route, edge.to]);
    const known = ways.get(way);
    ways.set(
      way,
      known
        ? { ...known, isForFailures: known.isForFailures || isForFailures, meters: [...known.meters, ...edge.meters] }
        : edge,
    );
  }
  return [...ways.values()];
}

/** Without the topics that nothing in the pictures publishes to or works for, and whom they mail. */
function atWork(edges: readonly PictureEdge[], nodes: ReadonlyMap<string, PictureNode>): readonly PictureEdge[] {
  const isIdle = (id: string): boolean =>
    nodes.get(id)?.kind === "topic" &&
    !edges.some(({ from, to }) => to === id || (from === id && nodes.get(to)?.kind !== "mail"));
  return edges.filter(({ from }) => !isIdle(from));
}
