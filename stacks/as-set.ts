import { PropError } from "../constructs/terraform/props";
import type { Environment } from "../settings/schema";

/**
 * Makes what settings choose; what is wrong with that is wrong in their file.
 * @param settingsName what the settings call it: `orders.api`
 * @throws PropError that names the file, too
 */
export function asSet<Made>(settingsName: string, environment: Environment, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (error instanceof PropError) error.message += `, as ${settingsName} in settings/${environment.name}.json has it`;
    throw error;
  }
}
