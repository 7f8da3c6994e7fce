import { deliveryOfApis } from "./delivery-apis";
import { deliveryToFunctions } from "./delivery-functions";
import { deliveryOfMessages } from "./delivery-messages";
import { deliveryRemovals } from "./delivery-removals";
import type { Found } from "./found";
import type { PlanIndex } from "./plan-index";

/** Section 5: what stops coming through, or comes through to nobody. */
export const delivery = (index: PlanIndex): readonly Found[] => [
  ...deliveryToFunctions(index),
  ...deliveryOfMessages(index),
  ...deliveryOfApis(index),
  ...deliveryRemovals(index),
];
