import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import { AwsError, type Clock } from "../aws";
import { argumentError, readArguments, text } from "../resource-arguments";
import { type ApiKey, ApiKeys } from "./api-keys";
import { GatewayError } from "./gateway-response";
import { Quota } from "./quota";
import { Throttle, type ThrottleLimits } from "./throttle";
import { type PlanStage, readUsagePlan, type UsagePlanSettings } from "./usage-plan-arguments";

type Arguments = Readonly<Record<string, unknown>>;

const MembershipArguments = z.strictObject({ key_id: text, key_type: z.literal("API_KEY"), usage_plan_id: text });

/** A request as plans count it. */
export interface MeteredRequest {
  readonly restApiId: string;
  readonly stageName: string;
  /** The method as plans name it: `/orders/POST`. */
  readonly methodPath: string;
  /** Value of the key that the request has. */
  readonly apiKey: string | undefined;
}

/** The key of a request, whose plan has yet to count it. */
export interface MeteredKey {
  readonly key: ApiKey;
  /**
   * Counts the request. What is throttled uses up none of the quota; AWS does not say.
   * @throws GatewayError `THROTTLED`, `QUOTA_EXCEEDED`
   */
  readonly count: () => void;
}

interface UsagePlan extends UsagePlanSettings {
  /** By the key's id. */
  readonly members: Map<string, Member>;
}

/** What a key has used under a plan. */
interface Member {
  readonly quota?: Quota;
  /** By the method's path; the plan's own, over all its stages, by nothing. */
  readonly throttles: Map<string, Throttle>;
}

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacingOfUsagePlans: Readonly<Record<string, readonly string[]>> = {
  aws_api_gateway_usage_plan_key: ["key_id", "key_type", "usage_plan_id"],
};

/**
 * The API keys and usage plans of the account. A plan counts each of its keys by itself, over all of its stages; a method with limits of its own
 * in the plan is counted apart.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
 */
export class UsagePlans {
  private readonly keys = new ApiKeys();
  private readonly stages = new Set<string>();
  private readonly plans = new Map<string, UsagePlan>();

  constructor(private readonly clock: Clock) {}

  /**
   * Makes a key, or changes the one of the id, from the evaluated arguments of `aws_api_gateway_api_key`.
   * @throws Error for a value that is not 20–128 characters long
   * @throws AwsError `ConflictException` (409) for a value that another key has
   */
  putKey(given: Arguments, id: string) {
    const { value } = this.keys.put(given, id);
    return { id, value };
  }

  deleteKey(id: string): void {
    this.keys.delete(id);
    for (const { members } of this.plans.values()) members.delete(id);
  }

  /** A stage that plans may be for. */
  addStage(restApiId: string, stageName: string): void {
    this.stages.add(stageKey({ restApiId, stageName }));
  }

  removeStage(restApiId: string, stageName: string): void {
    this.stages.delete(stageKey({ restApiId, stageName }));
  }

  /**
   * Makes a plan, or changes the one of the id, from the evaluated arguments of `aws_api_gateway_usage_plan`. What its keys have used
   * is kept, but where the limit that counts it is another one.
   * @throws Error for what is not modelled, or breaks a rule
   * @throws AwsError `NotFoundException` (404) for a stage that is not there yet
   */
  putPlan(given: Arguments, id: string) {
    const settings = readUsagePlan(given);
    for (const { restApiId, stageName } of settings.stages) {
      if (!this.stages.has(stageKey({ restApiId, stageName })))
        throw new AwsError("NotFoundException", `API Stage not found: ${restApiId}:${stageName}`, 404);
    }
    const before = this.plans.get(id);
    const plan = { ...settings, members: new Map<string, Member>() };
    this.plans.set(id, plan);
    for (const [keyId, { quota, throttles }] of before?.members ?? []) {
      const hasSameQuota = isDeepStrictEqual(before?.quota, plan.quota);
      const hasSameThrottles = isDeepStrictEqual(limitsOf(before), limitsOf(plan));
      plan.members.set(keyId, {
        quota: hasSameQuota ? quota : this.quotaOf(plan),
        throttles: hasSameThrottles ? throttles : new Map(),
      });
    }
    return { id };
  }

  deletePlan(id: string): void {
    this.plans.delete(id);
  }

  /**
   * Puts a key under a plan, from the evaluated arguments of `aws_api_gateway_usage_plan_key`.
   * @throws AwsError `NotFoundException` (404); `ConflictException` (409) for a key that another plan of the same stage has
   */
  addKey(given: Arguments) {
    const membership = readArguments("aws_api_gateway_usage_plan_key", MembershipArguments, given);
    const planId = membership.usage_plan_id;
    const plan = this.plans.get(planId);
    if (!plan) throw new AwsError("NotFoundException", `Invalid Usage Plan ID specified: ${planId}`, 404);
    const key = this.keys.get(membership.key_id);
    this.requireOnePlan(key, plan);
    plan.members.set(key.id, { quota: this.quotaOf(plan), throttles: new Map() });
    return { id: key.id, name: key.name, value: key.value };
  }

  /** Takes a key out of a plan. */
  removeKey(keyId: string, planId: string): void {
    this.plans.get(planId)?.members.delete(keyId);
  }

  /** A key that a stage takes, to show to whoever runs it. */
  keyFor(restApiId: string, stageName: string): ApiKey | undefined {
    return this.plansOf({ restApiId, stageName })
      .flatMap(({ plan }) => [...plan.members.keys()].map((keyId) => this.keys.get(keyId)))
      .find(({ isEnabled }) => isEnabled);
  }

  /** @throws Error where a plan limits a method that the API does not have */
  requireMethods(restApiId: string, methodPaths: ReadonlySet<string>): void {
    for (const { name, stages } of this.plans.values()) {
      const limited = stages.filter((stage) => stage.restApiId === restApiId);
      const unknown = limited.flatMap(({ methodThrottles }) => [...methodThrottles.keys()]);
      const first = unknown.find((path) => !methodPaths.has(path));
      if (first)
        throw argumentError(
          "aws_api_gateway_usage_plan",
          { name },
          `api_stages.throttle.path is no method of the API, got: ${first}; /orders/POST is POST of /orders`,
        );
    }
  }

  /**
   * The key of a request to a method that takes keys.
   * @throws GatewayError `INVALID_API_KEY` for a key that is missing, unknown, disabled or under no plan of the stage
   */
  identify(request: MeteredRequest): MeteredKey {
    const key = request.apiKey ? this.keys.ofValue(request.apiKey) : undefined;
    if (!key) throw invalidKey(request.apiKey ? "no API key has the value that was sent" : "no API key was sent");
    if (!key.isEnabled) throw invalidKey(`the API key ${key.name} is disabled`);
    for (const { plan, stage } of this.plansOf(request)) {
      const member = plan.members.get(key.id);
      if (member) return { key, count: () => this.count(request, { plan, stage, key, member }) };
    }
    throw invalidKey(`the API key ${key.name} is under no usage plan of the stage ${request.stageName}`);
  }

  private count(
    request: MeteredRequest,
    { plan, stage, key, member }: { plan: UsagePlan; stage: PlanStage; key: ApiKey; member: Member },
  ): void {
    const { quota, throttles } = member;
    const own = stage.methodThrottles.get(request.methodPath);
    const limits = own ?? plan.throttle;
    const counted = own ? `${stageKey(request)}${request.methodPath}` : "";
    if (limits && !this.throttleIn(throttles, counted, limits).allows())
      throw new GatewayError("THROTTLED", "Too Many Requests", {
        reason: `the API key ${key.name} is over ${limits.rateLimit} requests a second, ${limits.burstLimit} at once, of the usage plan ${plan.name}`,
      });
    if (quota?.allows() === false)
      throw new GatewayError("QUOTA_EXCEEDED", "Limit Exceeded", {
        reason: `the API key ${key.name} has used its ${plan.quota?.limit} requests a ${plan.quota?.period} of the usage plan ${plan.name}`,
      });
  }

  private quotaOf({ quota }: UsagePlan): Quota | undefined {
    return quota && new Quota(quota, this.clock);
  }

  private throttleIn(throttles: Map<string, Throttle>, name: string, limits: ThrottleLimits): Throttle {
    const throttle = throttles.get(name) ?? new Throttle({ limits, clock: this.clock });
    throttles.set(name, throttle);
    return throttle;
  }

  private plansOf(of: Pick<PlanStage, "restApiId" | "stageName">) {
    return [...this.plans.values()].flatMap((plan) =>
      plan.stages.filter((stage) => stageKey(stage) === stageKey(of)).map((stage) => ({ plan, stage })),
    );
  }

  private requireOnePlan(key: ApiKey, plan: UsagePlan): void {
    for (const stage of plan.stages) {
      const other = this.plansOf(stage).find((one) => one.plan.members.has(key.id));
      if (!other) continue;
      const message = `the API key ${key.name} can be under one usage plan of the stage ${stage.stageName}, and is under ${other.plan.name}`;
      throw new AwsError("ConflictException", message, 409);
    }
  }
}

/** What throttles count by. */
const limitsOf = (plan: UsagePlanSettings | undefined) => [plan?.throttle, plan?.stages];

const stageKey = ({ restApiId, stageName }: Pick<PlanStage, "restApiId" | "stageName">): string =>
  `${restApiId}:${stageName}`;

/** The client is told only that it may not. */
const invalidKey = (reason: string): GatewayError => new GatewayError("INVALID_API_KEY", "Forbidden", { reason });
