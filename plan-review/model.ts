/** From the worst to the mildest. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** In the order in which they are shown, after the verdict. */
export const sections = [
  "cannot-be-judged",
  "data-loss",
  "public-exposure",
  "iam",
  "delivery",
  "drift",
  "cost",
  "updates",
  "housekeeping",
] as const;
export type Section = (typeof sections)[number];

/** Which way access went. Some gained and some lost is `BROADENED`. */
export type AccessChange = "ADDED" | "BROADENED" | "NARROWED" | "REMOVED" | "UNKNOWN";

/** One statement of a policy, as a reviewer reads it. */
export interface AccessStatement {
  readonly change: AccessChange;
  readonly effect: "Allow" | "Deny";
  /** Principals of a resource's or trust policy; empty where the policy itself says who. */
  readonly who?: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
  /** What makes it so: `action s3:* became s3:GetObject`. */
  readonly why: string;
}

export interface AccessFinding {
  readonly change: AccessChange;
  /** Whose access: the role, group, user, or the resource whose policy it is, as an address where that is known. */
  readonly who: string;
  readonly statements: readonly AccessStatement[];
}

/** What a detector gives. */
export interface Detection {
  readonly section: Section;
  readonly severity: Severity;
  /** Names what was found, in kebab case, for machines (the rule id of SARIF): `table-replaced`, `iam-broadened`. */
  readonly rule: string;
  /** Terraform's address with module path and index; empty for what is about the whole plan. */
  readonly address: string;
  /** cdktf's path of the construct, where the configuration tells it. */
  readonly constructPath?: string;
  /** One line, with no address in it: `table is replaced: all its items are lost`. */
  readonly title: string;
  /** Lines beneath: cause, before → after, remedies. */
  readonly details: readonly string[];
  /**
   * What was found, beyond rule and address, in words that do not change with wording, order or unrelated changes: `hash_key`,
   * `Allow s3:* *`. It goes into the fingerprint alone.
   * @default - rule and address are all
   */
  readonly identity?: string;
  readonly iam?: AccessFinding;
}

export interface Acceptance {
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD` in UTC. */
  readonly expires: string;
}

export interface Finding extends Omit<Detection, "identity"> {
  /** The same over runs, machines, and unrelated changes: 16 hexadecimal digits. */
  readonly fingerprint: string;
  /** Somebody accepted it with `--accept`: it is shown, and does not count for `--fail-on`. */
  readonly accepted?: Acceptance;
}

/** How many resources each thing happens to. A replaced one counts as `replace` alone; a moved or imported one also as what else it is. */
export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly forget: number;
  readonly read: number;
  readonly noOp: number;
  readonly import: number;
  readonly move: number;
}

/** What was left out, and how many of it. */
export interface Hidden {
  /** Entries of `resource_drift` that are the provider's own normalisation. */
  readonly driftNoise: number;
  /** Resources that stay as they are. */
  readonly unchanged: number;
}

/** All that a format prints; secrets are out of it already. */
export interface Review {
  readonly counts: Counts;
  /** Whether all that is to happen is in the plan and could be read. */
  readonly isComplete: boolean;
  /** Why not: sentences without a full stop. */
  readonly incompleteReasons: readonly string[];
  /** What the reader must know of where this comes from: sentences, such as that it is judged from configuration alone. */
  readonly notes: readonly string[];
  readonly terraformVersion?: string;
  /** Sorted by severity, construct path, address, rule, fingerprint. A format groups them by section. */
  readonly findings: readonly Finding[];
  readonly hidden: Hidden;
}
