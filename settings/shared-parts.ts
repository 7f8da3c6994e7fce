import type { ApiChoices } from "./api";

/** One system's choices, with the file and the key that they stand at. */
export interface PlacedChoices {
  /** `settings/dev.json:.orders.api` */
  readonly place: string;
  readonly accountId?: string;
  readonly region: string;
  readonly choices: ApiChoices;
}

/** What an account has once in a Region, so that of two APIs with the same the second could not be applied. */
interface SharedPart {
  readonly key: string;
  readonly chosen: (choices: ApiChoices) => string | undefined;
  readonly why: string;
}

const sharedParts: readonly SharedPart[] = [
  {
    key: "domain.domainName",
    chosen: ({ domain }) => domain?.domainName,
    why: "A name is one API's: give each a name of its own, such as orders.example.com",
  },
  {
    key: "privateEndpoint.vpcId",
    chosen: ({ privateEndpoint }) =>
      privateEndpoint && "vpcId" in privateEndpoint ? privateEndpoint.vpcId : undefined,
    why: "A VPC takes one endpoint with private DNS, which all private APIs can share: let one make it, and give its id to the others as vpcEndpointIds",
  },
];

/**
 * Finds what two APIs of one account and Region choose alike and only one can have.
 * @returns a sentence about the first
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
 */
export function sharedPart(all: readonly PlacedChoices[]): string | undefined {
  for (const { key, chosen, why } of sharedParts) {
    const owners = new Map<string, string>();
    for (const { place, accountId, region, choices } of all) {
      const value = chosen(choices);
      if (value === undefined) continue;
      const id = JSON.stringify([accountId, region, value]);
      const owner = owners.get(id);
      if (owner) return `${place}.${key} must differ from that of ${owner}, got: "${value}". ${why}`;
      owners.set(id, place);
    }
  }
  return undefined;
}
