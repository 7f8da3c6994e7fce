import type { Change, Json } from "../plan";
import { isMarkedWithin } from "../values";
import { append, blockOf, type PlanIndex } from "./plan-index";

const API = "aws_api_gateway_rest_api";
const RESOURCE = "aws_api_gateway_resource";
const METHOD = "aws_api_gateway_method";

/** REST APIs, and which of their methods belong to which integration. */
export class RestApis {
  private readonly integrations = new Map<string, Change>();
  private readonly methods = new Map<string, Change>();
  private readonly byApi = new Map<string, Change[]>();

  constructor(private readonly index: PlanIndex) {
    for (const change of index.ofType("aws_api_gateway_integration")) this.integrations.set(this.keyOf(change), change);
    for (const change of index.ofType(METHOD)) {
      this.methods.set(this.keyOf(change), change);
      append(this.byApi, this.nameOf(change), change);
    }
  }

  /** The API that a method, integration, deployment, … belongs to, where it is in the plan. */
  apiOf(change: Change): Change | undefined {
    if (change.type === API) return change;
    const found = this.index.target(change, "rest_api_id", [API, METHOD, RESOURCE]);
    return found && found.type !== API ? this.index.target(found, "rest_api_id", [API]) : found;
  }

  /** Names an API, in the plan or not. */
  nameOf(change: Change): string {
    return this.apiOf(change)?.address ?? textOf(change, "rest_api_id");
  }

  integrationOf(method: Change): Change | undefined {
    return this.integrations.get(this.keyOf(method));
  }

  methodOf(integration: Change): Change | undefined {
    return this.methods.get(this.keyOf(integration));
  }

  methodsOf(api: Change): readonly Change[] {
    return this.byApi.get(api.address) ?? [];
  }

  /** Which resource of the API a method is on: the address of its path's resource, else its id. */
  placeOf(change: Change): string {
    const found = this.index.target(change, "resource_id", [RESOURCE, API, METHOD]);
    if (found?.type === METHOD) return this.placeOf(found);
    return found?.address ?? textOf(change, "resource_id");
  }

  private keyOf(change: Change): string {
    return `${this.nameOf(change)} ${this.placeOf(change)} ${textOf(change, "http_method")}`;
  }
}

function textOf(change: Change, attribute: string): string {
  const value = change.after?.[attribute] ?? change.before?.[attribute];
  return typeof value === "string" ? value : "";
}

/** Whether an API is reached through VPC endpoints alone. */
export function isPrivate(values: Change["after"]): boolean {
  const types: Json | undefined = blockOf(values, "endpoint_configuration")?.types;
  return Array.isArray(types) && types.length > 0 && types.every((type) => type === "PRIVATE");
}

/** Whether anybody may call a method as it will be, by its own settings: `"unknown"` where that is decided while applying. */
export function isOpenMethod(method: Change): boolean | "unknown" {
  if (isMarkedWithin(method.afterUnknown, ["authorization"])) return "unknown";
  return method.after?.authorization === "NONE";
}
