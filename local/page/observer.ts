import type { Cloud } from "../cloud";
import type { Happening } from "../traffic";
import { type Failure, Failures } from "./failures";
import { Feed } from "./feed";
import { Follow, type Seen } from "./follow";
import { layoutOf, routeY } from "./layout";
import { additionsOf, Meters } from "./meters";
import { type Picture, type PictureNode, picturesOf } from "./picture";

/** Follows that are kept; the oldest goes first. */
const MOST_FOLLOWS = 20;
/** Items of a table whose last change is remembered. */
const MOST_CHANGES = 10_000;

/** What passed, and what did not. */
type Numbers = readonly [passed: number, refused: number];

/** Which panel shows what has changed. */
function panelOf(happening: Happening): string | undefined {
  switch (happening.kind) {
    case "item changed":
      return "tables";
    case "invocation":
    case "invocation ended":
      return "logs";
    case "call":
      if (!happening.isAllowed) return "denials";
      return /^s3:(Put|Delete)/.test(happening.action) ? "buckets" : undefined;
    case "request":
      return undefined;
    default:
      return "queues";
  }
}

/** Watches a run for its page: counts what passes, follows requests, and tells pages of both. */
export class Observer {
  readonly feed = new Feed(
    () => this.news(),
    () => ({ counts: this.counts(), stale: ["queues", "tables", "buckets", "outbox", "logs", "denials"] }),
  );
  private readonly meters = new Meters();
  private readonly failures = new Failures();
  private readonly follows = new Map<string, Follow>();
  /** By table and by the JSON of the item's key; the last change last. */
  private readonly changes = new Map<string, Map<string, number>>();
  private readonly keyNames = new Map<string, readonly string[]>();
  private pictures: readonly Picture[] = [];
  /** ARNs of roles by those of their functions. */
  private roles: ReadonlyMap<string, string> = new Map();
  /** Invocations under way, by the role's ARN. */
  private readonly working = new Map<string, Set<string>>();
  /** Short names for nodes and edges, by what they are known by. */
  private ids: ReadonlyMap<string, string> = new Map();
  private numbers = new Map<string, string>();
  private readonly stale = new Set<string>();
  private readonly newSteps = new Set<Follow>();
  private isRedrawn = false;
  private readonly endings: readonly (() => void)[];

  constructor(private readonly cloud: Cloud) {
    this.draw();
    this.endings = [
      cloud.traffic.listen((happening) => this.see(happening)),
      cloud.sns.onPublish((publication) => this.show({ kind: "publication", ...publication })),
      cloud.sns.onMail((mail) => {
        for (const meter of [`mail ${mail.topicArn} ${mail.to}`, `outbox mail:${mail.to}`])
          this.meters.add({ meter, passed: 1, refused: 0 });
        this.stale.add("outbox");
        this.show({ kind: "mail", ...mail });
      }),
    ];
  }

  /** The stacks have changed. */
  changed(): void {
    this.draw();
    this.isRedrawn = true;
    this.feed.touch();
  }

  stop(): void {
    for (const end of this.endings) end();
    this.feed.stop();
  }

  /** Follows what a request sets off, from now on. */
  follow(id: string, body: string): Follow {
    const onStep = (): void => {
      this.newSteps.add(follow);
      this.feed.touch();
    };
    const follow: Follow = new Follow(id, body, (functionArn) => this.roleOf(functionArn), onStep, this.working);
    this.follows.set(id, follow);
    const [oldest] = this.follows.keys();
    if (this.follows.size > MOST_FOLLOWS && oldest) this.follows.delete(oldest);
    return follow;
  }

  forget(id: string): void {
    this.follows.delete(id);
  }

  /** When an item was changed in this run, in milliseconds since 1970; nothing for one that was not, or long ago. */
  changedAt(tableName: string, item: Readonly<Record<string, unknown>>): number | undefined {
    const names = this.keyNames.get(tableName);
    if (!names) return undefined;
    const key = JSON.stringify(names.map((name) => item[name]));
    return this.changes.get(tableName)?.get(key);
  }

  /** What a function said of a message last, where it failed with it. */
  failureOf(messageId: string): Failure | undefined {
    return this.failures.of(messageId);
  }

  /** The pictures, placed, as the page draws them. */
  drawn() {
    const { ids } = this;
    return {
      stacks: this.pictures.map((picture) => {
        const { width, height, gap, nodes: placed, edges: lines } = layoutOf(picture);
        const nodes = picture.nodes.map((node) => ({
          ...placed.get(node.id),
          ...{ id: ids.get(node.id), kind: node.kind, name: node.name, detail: node.detail },
          isElsewhere: node.stack !== "" && node.stack !== picture.stack,
          stack: node.stack,
          routes: node.routes.map((name) => ({ name, y: routeY(node, name) })),
        }));
        const isAlone = (edge: Picture["edges"][number]): boolean =>
          picture.edges.filter(({ from, route }) => from === edge.from && route === edge.route).length === 1;
        const edges = picture.edges.map((edge, at) => ({
          ...lines[at],
          ...{ id: ids.get(edgeKey(edge)), from: ids.get(edge.from), to: ids.get(edge.to), route: edge.route },
          ...{ label: edge.label, isForFailures: edge.isForFailures, isCounted: edge.meters.length > 0 },
          // Labels of edges that leave together would lie on each other.
          isLabelled: isAlone(edge) || edge.isForFailures,
        }));
        return { name: picture.stack, width, height, gap, nodes, edges };
      }),
    };
  }

  private see(happening: Happening): void {
    for (const addition of additionsOf(happening)) this.meters.add(addition);
    const panel = panelOf(happening);
    if (panel) this.stale.add(panel);
    if (happening.kind === "item changed") this.remember(happening);
    this.failures.see(happening);
    if (happening.kind === "invocation") {
      const role = this.roleOf(happening.functionArn);
      this.working.set(role, (this.working.get(role) ?? new Set()).add(happening.requestId));
    } else if (happening.kind === "invocation ended") {
      this.working.get(this.roleOf(happening.functionArn))?.delete(happening.requestId);
    }
    this.show(happening);
  }

  /** The ARN of a function's role; empty for a function that has been deleted while it still works. */
  private roleOf(functionArn: string): string {
    return this.roles.get(functionArn) ?? "";
  }

  private show(seen: Seen): void {
    for (const follow of this.follows.values()) follow.see(seen);
    this.feed.touch();
  }

  private remember({ tableName, keys }: Extract<Happening, { kind: "item changed" }>): void {
    const names = Object.keys(keys);
    this.keyNames.set(tableName, names);
    const changes = this.changes.get(tableName) ?? new Map<string, number>();
    this.changes.set(tableName, changes);
    const key = JSON.stringify(Object.values(keys));
    changes.delete(key);
    changes.set(key, Date.now());
    const [oldest] = changes.keys();
    if (changes.size > MOST_CHANGES && oldest !== undefined) changes.delete(oldest);
  }

  private draw(): void {
    this.pictures = picturesOf(this.cloud.stacks);
    const functions = this.cloud.stacks.flatMap(({ resources }) =>
      resources.filter(({ type }) => type === "aws_lambda_function"),
    );
    this.roles = new Map(functions.map(({ attributes: { arn, role } }) => [String(arn), String(role)]));
    const nodes = this.pictures.flatMap((picture) => picture.nodes);
    const edges = this.pictures.flatMap((picture) => picture.edges);
    this.meters.keep([...edges.flatMap(({ meters }) => meters), ...nodes.map(nodeMeter)]);
    this.ids = new Map(
      [...new Set([...nodes.map(({ id }) => id), ...edges.map(edgeKey)])].map((key, at) => [key, `p${at}`]),
    );
    this.numbers = new Map();
  }

  /** How often each edge and each node was passed, by their short names. */
  private counts(): Readonly<Record<string, Numbers>> {
    const { ids } = this;
    const counts: Record<string, Numbers> = {};
    for (const edge of this.pictures.flatMap(({ edges }) => edges)) {
      const { passed, refused } = this.meters.of(edge.meters);
      counts[ids.get(edgeKey(edge)) ?? ""] = [passed, refused];
    }
    const queues = new Map(this.cloud.sqs.queues().map((queue) => [queue.queueName, queue]));
    for (const node of this.pictures.flatMap(({ nodes }) => nodes)) {
      const { passed, refused } = this.meters.of([nodeMeter(node)]);
      const queue = node.kind === "queue" ? queues.get(node.name) : undefined;
      counts[ids.get(node.id) ?? ""] = queue ? [queue.visible, queue.inFlight] : [passed, refused];
    }
    return counts;
  }

  /** What pages have not been told yet. */
  private news(): Readonly<Record<string, unknown>> {
    const changed: Record<string, Numbers> = {};
    for (const [id, numbers] of Object.entries(this.counts())) {
      const text = numbers.join(" ");
      if (this.numbers.get(id) === text) continue;
      this.numbers.set(id, text);
      changed[id] = numbers;
    }
    const news = {
      ...(this.isRedrawn && { redrawn: true }),
      ...(Object.keys(changed).length > 0 && { counts: changed }),
      ...(this.stale.size > 0 && { stale: [...this.stale] }),
      ...(this.newSteps.size > 0 && { follows: [...this.newSteps].map(({ id, steps }) => ({ id, steps })) }),
    };
    this.isRedrawn = false;
    this.stale.clear();
    this.newSteps.clear();
    return news;
  }
}

const edgeKey = ({ from, route, to }: Picture["edges"][number]): string => JSON.stringify([from, route, to]);

/** What is counted of a node itself. */
const nodeMeter = ({ id, kind }: PictureNode): string =>
  kind === "function" ? `function ${id}` : kind === "api" ? `api ${id.replace(/^api:/, "")}` : `outbox ${id}`;
