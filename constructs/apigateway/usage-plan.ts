import { ApiGatewayApiKey } from "@cdktf/provider-aws/lib/api-gateway-api-key";
import { ApiGatewayUsagePlan } from "@cdktf/provider-aws/lib/api-gateway-usage-plan";
import { ApiGatewayUsagePlanKey } from "@cdktf/provider-aws/lib/api-gateway-usage-plan-key";
import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { PropError, requireInteger, requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";
import type { RestApi } from "./rest-api";
import type { Stage } from "./stage";
import { requireThrottle, type Throttle } from "./throttle";

/** Bound on the requests of each key in a period. API Gateway holds it as well as it can, not to the last request. */
export interface RequestQuota {
  /** Requests in a period; 1 or more. */
  readonly limit: number;
  /** The period, in UTC. */
  readonly period: "DAY" | "WEEK" | "MONTH";
  /**
   * Days that a period starts later: of a week 0–6, where 0 is Sunday; of a month 0–27, where 0 is the first; none of a day.
   * @default 0
   */
  readonly offset?: number;
}

export interface UsagePlanProps {
  readonly api: RestApi;
  /** The stage of the API that the plan is for. */
  readonly stage: Stage;
  /** Name of the plan. */
  readonly usagePlanName: string;
  readonly description: string;
  /**
   * Bound on the requests of each key, on all methods together.
   * @default { rateLimit: 50, burstLimit: 100 }
   */
  readonly throttle?: Throttle;
  /** @default { limit: 10_000, period: "DAY" } */
  readonly quota?: RequestQuota;
  /**
   * Bounds on the requests of each key to single methods, by route: `POST /orders`.
   * @default - none
   */
  readonly methodThrottles?: Readonly<Record<string, Throttle>>;
  /**
   * Names of the keys to make, one for each client: 1–64 letters, digits, `-` and `_`. API Gateway makes up their values.
   * @default - none: keys are added to the plan elsewhere
   */
  readonly keys?: readonly string[];
}

const lastOffset = { DAY: 0, WEEK: 6, MONTH: 27 } as const;

/**
 * What the holders of some keys may ask of a stage, and how much of it. A key tells clients apart and counts their requests; it proves nothing
 * about who holds it, so a method that wants a key wants an authorization, too.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
 */
export class UsagePlan extends Construct {
  readonly usagePlanId: string;
  readonly usagePlanName: string;
  readonly stage: Stage;
  /** Routes that have a bound of their own. */
  readonly boundRoutes: readonly string[];
  /** The keys, by the names in `keys`. */
  private readonly apiKeys = new Map<string, ApiGatewayApiKey>();

  constructor(scope: Construct, id: string, props: UsagePlanProps) {
    super(scope, id);
    const { api, stage, usagePlanName, methodThrottles = {}, keys = [] } = props;
    const { throttle = { rateLimit: 50, burstLimit: 100 }, quota = { limit: 10_000, period: "DAY" } } = props;
    requireMatch(this, "usagePlanName", usagePlanName, /\S/, "a name");
    requireThrottle(this, throttle);
    for (const [route, one] of Object.entries(methodThrottles)) requireThrottle(this, one, ` of ${route}`);
    this.requireQuota(quota);

    const bounds = Object.entries(methodThrottles).map(([route, { rateLimit, burstLimit }]) => {
      const [method, path] = route.split(" ");
      return { path: `${path}/${method}`, rateLimit, burstLimit };
    });
    const resource = new ApiGatewayUsagePlan(this, "Resource", {
      name: usagePlanName,
      description: props.description,
      apiStages: [
        {
          apiId: api.restApiId,
          stage: stage.stageName,
          throttle: bounds.length > 0 ? bounds : undefined,
        },
      ],
      throttleSettings: { rateLimit: throttle.rateLimit, burstLimit: throttle.burstLimit },
      quotaSettings: { limit: quota.limit, period: quota.period, offset: quota.offset },
      // A plan for a stage that is not there is refused, and so is deleting a stage that a plan is for.
      dependsOn: [stage.dependable],
    });
    this.usagePlanId = resource.id;
    this.usagePlanName = usagePlanName;
    this.stage = stage;
    this.boundRoutes = Object.keys(methodThrottles);
    for (const name of keys) this.addKey(name, api.apiName);
    api.addUsagePlan(this, [...this.apiKeys.values()]);
  }

  /** The names of the plan's keys. */
  get keys(): readonly string[] {
    return [...this.apiKeys.keys()];
  }

  /**
   * Adds an output for each key's value: `<prefix>_<key>`. It is marked sensitive, so Terraform shows it to who asks for it by name:
   * `terraform output -raw api_key_acme`. The state holds it as it is.
   * @param prefix differs where a stack has several plans whose keys have the same names
   * @throws PropError where two keys would have the same output, in whose names `-` is `_`
   */
  addKeyOutputs(prefix = "api_key"): void {
    const stack = Stack.of(this);
    for (const [name, { value }] of this.apiKeys) {
      const output = `${prefix}_${name.replaceAll("-", "_")}`;
      if (stack.node.tryFindChild(output)) {
        const rule = "names that the outputs tell apart, where - is _";
        throw new PropError(this, "keys", rule, name, `The output ${output} is another key's`);
      }
      new TerraformOutput(stack, output, {
        value,
        sensitive: true,
        description: `API key of ${name} for the stage ${this.stage.stageName}, for the header x-api-key`,
      });
    }
  }

  private addKey(name: string, apiName: string): void {
    requireMatch(this, "keys", name, /^[\w-]{1,64}$/, "names of 1–64 letters, digits, - and _");
    if (this.apiKeys.has(name)) throw new PropError(this, "keys", "names that differ", name);
    const scope = new Construct(this, name);
    const { stageName } = this.stage;
    const key = new ApiGatewayApiKey(scope, "Resource", {
      name: `${apiName}-${stageName}-${name}`,
      description: `Key of ${name} for the stage ${stageName} of ${apiName}`,
    });
    new ApiGatewayUsagePlanKey(scope, "InPlan", { keyId: key.id, keyType: "API_KEY", usagePlanId: this.usagePlanId });
    this.apiKeys.set(name, key);
  }

  private requireQuota({ limit, period, offset }: RequestQuota): void {
    requireInteger(this, "quota.limit", limit, 1, 2_147_483_647);
    // Settings are read from JSON, and whoever writes JavaScript has no types that say so.
    const last: number | undefined = lastOffset[period];
    if (last === undefined) {
      throw new PropError(this, "quota.period", "DAY, WEEK or MONTH", period, "A limit counts requests in a period");
    }
    if (offset !== undefined && !(Number.isInteger(offset) && offset >= 0 && offset <= last)) {
      const rule =
        period === "DAY"
          ? "0 or left out where the period is DAY"
          : `an integer from 0 to ${last} where the period is ${period}`;
      throw new PropError(this, "quota.offset", rule, offset);
    }
  }
}
