import type { Change } from "../plan";
import { isMarkedWithin, valueAt } from "../values";
import { turn } from "./causes";
import { type Found, foundIn } from "./found";

/** A setting of any type that has it: when it turns to `value`, something is reached that was not. */
interface Switch {
  readonly path: readonly (string | number)[];
  readonly value: boolean;
  readonly severity: "critical" | "high";
  readonly title: string;
  /** @default - a new resource with the value counts, too */
  readonly onlyUpdates?: true;
  /** @default - every type */
  readonly type?: string;
}

const switches: readonly Switch[] = [
  { path: ["publicly_accessible"], value: true, severity: "critical", title: "it gets a public address" },
  {
    path: ["public_network_access_enabled"],
    value: true,
    severity: "critical",
    title: "it is reached from the internet",
  },
  { path: ["allow_blob_public_access"], value: true, severity: "critical", title: "its containers may be public" },
  {
    path: ["allow_nested_items_to_be_public"],
    value: true,
    severity: "critical",
    title: "its containers may be public",
  },
  {
    path: ["allow_unauthenticated_identities"],
    value: true,
    severity: "critical",
    title: "guests get credentials without signing in",
  },
  { path: ["allow_classic_flow"], value: true, severity: "high", title: "identities may choose the basic flow" },
  { path: ["associate_public_ip_address"], value: true, severity: "high", title: "it gets a public address" },
  {
    path: ["map_public_ip_on_launch"],
    value: true,
    severity: "high",
    title: "what starts in it gets a public address",
  },
  { path: ["internal"], value: false, severity: "critical", title: "it is reached from the internet", type: "aws_lb" },
  { path: ["internal"], value: false, severity: "critical", title: "it is reached from the internet", type: "aws_alb" },
  {
    path: ["vpc_config", 0, "endpoint_public_access"],
    value: true,
    severity: "high",
    title: "the cluster's API is reached from the internet",
  },
  {
    path: ["block_public_policy"],
    value: false,
    severity: "high",
    title: "a policy that lets in anybody is no longer refused",
    onlyUpdates: true,
    type: "aws_secretsmanager_secret_policy",
  },
  {
    path: ["disable_execute_api_endpoint"],
    value: false,
    severity: "high",
    title: "the API is reached around its custom domain",
    onlyUpdates: true,
  },
  {
    path: ["admin_create_user_config", 0, "allow_admin_create_user_only"],
    value: false,
    severity: "high",
    title: "anybody may sign up",
    onlyUpdates: true,
  },
];

const appliesTo = ({ type, before }: Change, one: Switch): boolean =>
  (one.type === undefined || one.type === type) && !(one.onlyUpdates && before === null);

/** What a switch will be: undefined where it is closed, stays as it is, or does not apply. */
function nextOf(change: Change, one: Switch): "open" | "unknown" | undefined {
  const { path, value } = one;
  const { before, after, action, afterUnknown, expressions } = change;
  const [attribute = ""] = path;
  const isUnknown = isMarkedWithin(afterUnknown, path);
  // Most types have none of these.
  if (!after || !(isUnknown || Object.hasOwn(after, attribute)) || !appliesTo(change, one)) return undefined;
  if (before && (valueAt(before, path) ?? false) === value) return undefined;
  if (isUnknown) {
    // What the provider computes for a new resource is the closed default.
    return action === "update" && expressions?.[attribute] !== undefined ? "unknown" : undefined;
  }
  // Left out, it is off; of a resource that never had it, that says nothing.
  const next = valueAt(after, path) ?? (before ? false : undefined);
  return next === value ? "open" : undefined;
}

/** Settings that make something reached which was not. */
export function switchedOpen(change: Change): readonly Found[] {
  if (change.action === "no-op") return [];
  return switches.flatMap((one) => {
    const next = nextOf(change, one);
    if (!next) return [];
    const isUnknown = next === "unknown";
    return [
      foundIn(change, {
        section: "public-exposure",
        severity: isUnknown ? "high" : one.severity,
        rule: isUnknown ? "exposure-unknown" : "made-public",
        title: isUnknown ? `whether ${one.title} is unknown until apply` : one.title,
        details: [turn(change, one.path)],
        identity: one.path.join("."),
        explains: [String(one.path[0])],
      }),
    ];
  });
}
