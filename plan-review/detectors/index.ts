import type { Detection } from "../model";
import type { Plan } from "../plan";
import { cannotBeJudged } from "./cannot-be-judged";
import { cost } from "./cost";
import { dataLoss } from "./data-loss";
import { delivery } from "./delivery";
import { drift } from "./drift";
import type { Found } from "./found";
import { housekeeping } from "./housekeeping";
import { iam } from "./iam";
import { PlanIndex } from "./plan-index";
import { publicExposure } from "./public-exposure";
import { type Explained, updates } from "./updates";

function explainedBy(found: readonly Found[], index: PlanIndex): Explained {
  const explained = new Map<string, Set<string>>();
  const add = (address: string, attribute: string) => {
    const attributes = explained.get(address);
    if (attributes) attributes.add(attribute);
    else explained.set(address, new Set([attribute]));
  };
  for (const { address, explains = [], covers = [] } of found) {
    for (const attribute of explains) add(address, attribute);
    for (const [other, attribute] of covers) add(other, attribute);
  }
  // What makes the review incomplete is told of beside what is found here.
  for (const change of index.plan.changes) {
    if (change.action === "no-op") continue;
    for (const { path, unresolved } of index.policiesOf(change)) {
      if (unresolved !== undefined && path.length > 0) add(change.address, String(path[0]));
    }
  }
  return explained;
}

/** What only the detectors tell each other is left out. One literal: a large plan has thousands of them. */
const detectionOf = (found: Found): Detection => {
  const { section, severity, rule, address, constructPath, title, details, identity, iam } = found;
  return { section, severity, rule, address, constructPath, title, details, identity, iam };
};

/**
 * What a reviewer must know of a plan, but for what makes its review incomplete.
 *
 * @returns what was found, and how many entries of the drift are the provider's own normalisation
 */
export function detect(plan: Plan): { readonly detections: readonly Detection[]; readonly driftNoise: number } {
  const index = new PlanIndex(plan);
  const drifted = drift(index);
  const found = [
    ...cannotBeJudged(index),
    ...dataLoss(index),
    ...publicExposure(index),
    ...iam(index),
    ...delivery(index),
    ...drifted.found,
    ...cost(index),
  ];
  const all = [...found, ...updates(index, explainedBy(found, index)), ...housekeeping(index)];
  return { detections: all.map(detectionOf), driftNoise: drifted.noise };
}
