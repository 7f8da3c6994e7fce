import { withoutInstanceKeys } from "../addresses";
import type { Change } from "../plan";
import { isEqual, isMarkedWithin, pathText, shown, valueAt } from "../values";
import { dataLoss } from "./data-loss";
import { deliveryToFunctions } from "./delivery-functions";
import { deliveryOfMessages } from "./delivery-messages";
import { type Difference, driftOf } from "./drift-noise";
import { type Found, firstOf, foundIn, foundInPlan } from "./found";
import { iam } from "./iam";
import { append, PlanIndex } from "./plan-index";
import { publicExposure } from "./public-exposure";
import { storeOf } from "./stores";

const section = "drift" as const;

/** What becomes of a value that was changed outside Terraform. */
type Fate = "reverted" | "changed" | "kept";

function fateOf({ path, after: found }: Difference, change: Change | undefined): Fate {
  if (!change?.after || change.action === "no-op" || change.action === "forget") return "kept";
  if (isMarkedWithin(change.afterUnknown, path)) return "changed";
  const next = valueAt(change.after, path);
  if (isEqual(next ?? null, found ?? null)) return "kept";
  // The drift's own value is what the plan starts from.
  return "reverted";
}

const lineOf = (drifted: Change, { path }: Difference): string =>
  `${pathText(path)}: ${shown(drifted, "before", path)} → ${shown(drifted, "after", path)}`;

/** What a reviewer would be told of what changed outside Terraform, had somebody planned it: by address. */
class Dangers {
  private found: ReadonlyMap<string, readonly Found[]> | undefined;

  constructor(private readonly index: PlanIndex) {}

  /** Titles of what is critical or high about attributes of a resource. */
  of({ address }: Change, attributes: ReadonlySet<unknown>): readonly string[] {
    this.found ??= this.find();
    return (this.found.get(address) ?? [])
      .filter(({ explains = [] }) => explains.length === 0 || explains.some((name) => attributes.has(name)))
      .map(({ title }) => title);
  }

  private find(): ReadonlyMap<string, readonly Found[]> {
    const { plan } = this.index;
    const drifted = new Map(plan.drift.map((change) => [change.address, { ...change, action: "update" as const }]));
    const changes = plan.changes.map((change) => {
      const outside = change.deposed ? undefined : drifted.get(change.address);
      return outside?.after ? outside : { ...change, action: "no-op" as const };
    });
    const index = new PlanIndex({ ...plan, changes });
    const found = new Map<string, Found[]>();
    for (const one of [dataLoss, publicExposure, iam, deliveryToFunctions, deliveryOfMessages].flatMap((of) =>
      of(index),
    )) {
      if (one.severity === "critical" || one.severity === "high") append(found, one.address, one);
    }
    return found;
  }
}

/** Attributes that the plan's changes depend on come first: they are the medium ones. */
function isRelevant(index: PlanIndex, drifted: Change, { path }: Difference): boolean {
  const resource = withoutInstanceKeys(drifted.address);
  return (index.relevant.get(resource) ?? []).some(
    (relevant) =>
      relevant.length === 0 ||
      relevant.slice(0, path.length).every((step, position) => String(step) === String(path[position] ?? step)),
  );
}

function changedOutside(
  index: PlanIndex,
  drifted: Change,
  differences: readonly Difference[],
  known: Dangers,
): readonly Found[] {
  const change = index.at(drifted.address);
  const kept = differences.filter((difference) => fateOf(difference, change) === "kept");
  const reverted = differences.filter((difference) => !kept.includes(difference));
  const namesOf = (some: readonly Difference[]) => some.map(({ path }) => pathText(path));
  const found: Found[] = [];
  if (reverted.length > 0) {
    found.push(
      foundIn(drifted, {
        section,
        severity: "medium",
        rule: "drift-reverted",
        title: `changed outside Terraform, and the plan changes it back: ${firstOf(namesOf(reverted), 4).join(", ")}`,
        details: reverted.map((difference) => {
          const next =
            fateOf(difference, change) === "changed"
              ? "(known after apply)"
              : shown(change ?? drifted, "after", difference.path);
          return `${lineOf(drifted, difference)}; the plan: ${next}`;
        }),
        identity: namesOf(reverted).join(),
        explains: reverted.map(({ path }) => String(path[0])),
      }),
    );
  }
  if (kept.length > 0) {
    const dangers = known.of(drifted, new Set(kept.map(({ path }) => path[0])));
    const isImportant = kept.some((difference) => isRelevant(index, drifted, difference));
    const end = change?.action === "delete" ? "the plan deletes it" : "it stays as it is now";
    found.push(
      foundIn(drifted, {
        section,
        severity: dangers.length > 0 && change?.action !== "delete" ? "high" : isImportant ? "medium" : "low",
        rule: "drift-kept",
        title: `changed outside Terraform; ${end}: ${firstOf(namesOf(kept), 4).join(", ")}`,
        details: [
          ...dangers,
          ...kept.map((difference) => lineOf(drifted, difference)),
          ...(isImportant ? ["the plan's changes depend on it"] : []),
        ],
        identity: namesOf(kept).join(),
      }),
    );
  }
  return found;
}

/** Resources that somebody deleted: what holds data is told of by itself, the rest together. */
function deletedOutside(index: PlanIndex, gone: readonly Change[]): readonly Found[] {
  const isMadeAnew = ({ address }: Change) => index.at(address)?.action === "create";
  const fate = (drifted: Change) =>
    isMadeAnew(drifted) ? "the plan creates it anew" : "the plan does not create it again";
  const stores = gone.flatMap((drifted) => {
    const store = storeOf(drifted);
    if (store?.sureness !== "known") return [];
    return [
      foundIn(drifted, {
        section,
        severity: "medium",
        rule: "deleted-outside",
        title: `${store.noun} was deleted outside Terraform; ${fate(drifted)}${isMadeAnew(drifted) ? ", empty" : ""}`,
        details: [`with it went ${store.loses}`],
      }),
    ];
  });
  const others = gone.filter((drifted) => !stores.some(({ address }) => address === drifted.address));
  const together = [true, false].flatMap((anew) => {
    const addresses = others.filter((drifted) => isMadeAnew(drifted) === anew).map(({ address }) => address);
    if (addresses.length === 0) return [];
    return [
      foundInPlan({
        section,
        severity: "medium",
        rule: "deleted-outside",
        title: `${addresses.length} ${addresses.length === 1 ? "resource was" : "resources were"} deleted outside Terraform; the plan ${anew ? "creates them anew" : "does not create them again"}`,
        details: firstOf(addresses, 30),
        identity: [...addresses].sort().join(),
      }),
    ];
  });
  return [...stores, ...together];
}

export interface DriftFound {
  readonly found: readonly Found[];
  /** Entries of which the provider's normalisation is all. */
  readonly noise: number;
}

/** Section 6: what changed outside Terraform, and what becomes of it. */
export function drift(index: PlanIndex): DriftFound {
  const found: Found[] = [];
  const gone: Change[] = [];
  const dangers = new Dangers(index);
  let noise = 0;
  for (const drifted of index.plan.drift) {
    if (drifted.mode === "data") continue;
    if (drifted.after === null) {
      gone.push(drifted);
      continue;
    }
    const differences = driftOf(index, drifted);
    if (differences.length === 0) noise += 1;
    else found.push(...changedOutside(index, drifted, differences, dangers));
  }
  return { found: [...found, ...deletedOutside(index, gone)], noise };
}
