import { type MeteredRequest, UsagePlans } from "../../../local/api-gateway/usage-plans";
import { ManualClock } from "../../support/rest-api";

const VALUE = "0123456789abcdefghij";
const OTHER = "abcdefghij0123456789";
const DAY = 86_400_000;

/** Plans of one account, with the stages `api:dev`, `api:prod` and `other:dev`. */
function account() {
  const clock = new ManualClock();
  const plans = new UsagePlans(clock);
  for (const [api, stage] of [
    ["api", "dev"],
    ["api", "prod"],
    ["other", "dev"],
  ])
    plans.addStage(String(api), String(stage));
  let count = 0;
  const makePlan = (given: Readonly<Record<string, unknown>> = {}) => {
    count += 1;
    const { id } = plans.putPlan(
      { name: `plan ${count}`, api_stages: [{ api_id: "api", stage: "dev" }], ...given },
      `p${count}`,
    );
    return id;
  };
  const makeKey = (planId: string | undefined, value = VALUE, given: Readonly<Record<string, unknown>> = {}) => {
    count += 1;
    const { id } = plans.putKey({ name: `key ${count}`, value, ...given }, `k${count}`);
    if (planId) plans.addKey({ key_id: id, key_type: "API_KEY", usage_plan_id: planId });
    return id;
  };
  const admit = (request: Partial<MeteredRequest> = {}) => {
    const { key, count: take } = plans.identify({
      ...{ restApiId: "api", stageName: "dev", methodPath: "/orders/POST", apiKey: VALUE },
      ...request,
    });
    take();
    return key;
  };
  const outcomeOf = (request?: Partial<MeteredRequest>): string => {
    try {
      return admit(request).name;
    } catch (error) {
      const { responseType, message } = error as { responseType: string; message: string };
      return `${responseType} ${message}`;
    }
  };
  const admitted = (attempts: number, request?: Partial<MeteredRequest>): number =>
    Array.from({ length: attempts }, () => outcomeOf(request)).filter((outcome) => outcome.startsWith("key ")).length;
  return { clock, plans, makePlan, makeKey, admit, outcomeOf, admitted };
}

const FORBIDDEN = "INVALID_API_KEY Forbidden";
const THROTTLED = "THROTTLED Too Many Requests";
const EXCEEDED = "QUOTA_EXCEEDED Limit Exceeded";

describe("a key", () => {
  test("is let in under a plan of the stage", () => {
    const { makePlan, makeKey, admit } = account();
    const id = makeKey(makePlan());
    expect(admit()).toEqual({ id, name: "key 2", value: VALUE, isEnabled: true });
  });

  test("is refused when it is missing, unknown, disabled, under no plan, or under one of another stage", () => {
    const { makePlan, makeKey, outcomeOf } = account();
    const plan = makePlan();
    makeKey(plan);
    makeKey(plan, "disabled-disabled-disabled", { enabled: false });
    makeKey(undefined, "planless-planless-planless");
    expect(outcomeOf({ apiKey: undefined })).toBe(FORBIDDEN);
    expect(outcomeOf({ apiKey: "" })).toBe(FORBIDDEN);
    expect(outcomeOf({ apiKey: VALUE.toUpperCase() })).toBe(FORBIDDEN);
    expect(outcomeOf({ apiKey: "disabled-disabled-disabled" })).toBe(FORBIDDEN);
    expect(outcomeOf({ apiKey: "planless-planless-planless" })).toBe(FORBIDDEN);
    expect(outcomeOf({ stageName: "prod" })).toBe(FORBIDDEN);
    expect(outcomeOf({ restApiId: "other" })).toBe(FORBIDDEN);
    expect(outcomeOf()).toBe("key 2");
  });

  test("says in the log alone why it is refused", () => {
    const { makePlan, makeKey, admit } = account();
    makeKey(makePlan(), VALUE, { enabled: false });
    expect(() => admit()).toThrow(
      expect.objectContaining({ message: "Forbidden", details: { reason: "the API key key 2 is disabled" } }),
    );
  });

  test("has a value of 40 letters and digits where none is given", () => {
    const { plans } = account();
    const first = plans.putKey({ name: "a" }, "k1");
    expect(first).toEqual({ id: "k1", value: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
    expect(plans.putKey({ name: "a" }, "k2").value).not.toBe(first.value);
  });

  test.each([20, 128])("may have a value of %i characters", (length) => {
    expect(account().plans.putKey({ name: "a", value: "x".repeat(length) }, "k").value).toHaveLength(length);
  });

  test.each([19, 129])("must not have a value of %i characters, which is not told", (length) => {
    expect(() => account().plans.putKey({ name: "a", value: "x".repeat(length) }, "k")).toThrow(
      `aws_api_gateway_api_key of a: value must have 20–128 characters, got: ${length}.`,
    );
  });

  test("must not have the value of another", () => {
    const { makeKey } = account();
    makeKey(undefined);
    expect(() => makeKey(undefined)).toThrow("API Key already exists");
  });

  test("is under one plan of a stage at most", () => {
    const { plans, makePlan, makeKey } = account();
    const key = makeKey(makePlan());
    const ofProd = makePlan({ api_stages: [{ api_id: "api", stage: "prod" }] });
    plans.addKey({ key_id: key, key_type: "API_KEY", usage_plan_id: ofProd });
    expect(() => plans.addKey({ key_id: key, key_type: "API_KEY", usage_plan_id: makePlan() })).toThrow(
      "the API key key 2 can be under one usage plan of the stage dev, and is under plan 1",
    );
  });

  test("is shown for a stage that takes it", () => {
    const { plans, makePlan, makeKey } = account();
    const plan = makePlan();
    expect(plans.keyFor("api", "dev")).toBeUndefined();
    makeKey(plan, OTHER, { enabled: false });
    makeKey(plan);
    expect(plans.keyFor("api", "dev")?.value).toBe(VALUE);
    expect(plans.keyFor("api", "prod")).toBeUndefined();
  });
});

describe("a throttle", () => {
  const throttle_settings = { rate_limit: 2, burst_limit: 3 };

  test("lets the burst through, and as much more as the rate gives back", () => {
    const { clock, makePlan, makeKey, admitted, outcomeOf } = account();
    makeKey(makePlan({ throttle_settings }));
    expect(admitted(4)).toBe(3);
    expect(outcomeOf()).toBe(THROTTLED);
    clock.advance(499);
    expect(admitted(1)).toBe(0);
    clock.advance(1);
    expect(admitted(2)).toBe(1);
  });

  test("counts each key by itself, over all stages of its plan", () => {
    const { makePlan, makeKey, admitted } = account();
    const api_stages = [
      { api_id: "api", stage: "dev" },
      { api_id: "other", stage: "dev" },
    ];
    const plan = makePlan({ throttle_settings, api_stages });
    makeKey(plan);
    makeKey(plan, OTHER);
    expect(admitted(2)).toBe(2);
    expect(admitted(2, { restApiId: "other" })).toBe(1);
    expect(admitted(5, { apiKey: OTHER })).toBe(3);
  });

  test("of a method stands in place of the plan's, and is counted apart", () => {
    const { makePlan, makeKey, admitted } = account();
    const throttle = [{ path: "/orders/POST", rate_limit: 1, burst_limit: 1 }];
    makeKey(makePlan({ throttle_settings, api_stages: [{ api_id: "api", stage: "dev", throttle }] }));
    expect(admitted(3)).toBe(1);
    expect(admitted(5, { methodPath: "/orders/GET" })).toBe(3);
  });

  test("of no plan lets everything through", () => {
    const { makePlan, makeKey, admitted } = account();
    makeKey(makePlan());
    expect(admitted(500)).toBe(500);
  });

  test("of a method that the API does not have is refused", () => {
    const { plans, makePlan } = account();
    const throttle = { path: "/orders/PUT", rate_limit: 1, burst_limit: 1 };
    makePlan({ api_stages: { api_id: "api", stage: "dev", throttle } });
    expect(() => plans.requireMethods("other", new Set())).not.toThrow();
    expect(() => plans.requireMethods("api", new Set(["/orders/PUT"]))).not.toThrow();
    expect(() => plans.requireMethods("api", new Set(["/orders/POST"]))).toThrow(
      "aws_api_gateway_usage_plan of plan 1: api_stages.throttle.path is no method of the API, got: /orders/PUT",
    );
  });
});

describe("a quota", () => {
  test("lets its limit through in each period", () => {
    const { clock, makePlan, makeKey, admitted, outcomeOf } = account();
    makeKey(makePlan({ quota_settings: { limit: 2, period: "DAY" } }));
    expect(admitted(3)).toBe(2);
    expect(outcomeOf()).toBe(EXCEEDED);
    clock.advance(DAY - (clock.now() % DAY) - 1);
    expect(outcomeOf()).toBe(EXCEEDED);
    clock.advance(1);
    expect(admitted(3)).toBe(2);
  });

  test("counts each key by itself", () => {
    const { makePlan, makeKey, admitted } = account();
    const plan = makePlan({ quota_settings: { limit: 2, period: "MONTH", offset: 3 } });
    makeKey(plan);
    makeKey(plan, OTHER);
    expect(admitted(3)).toBe(2);
    expect(admitted(3, { apiKey: OTHER })).toBe(2);
  });

  test("is not used up by what is throttled", () => {
    const { clock, makePlan, makeKey, admitted, outcomeOf } = account();
    makeKey(
      makePlan({
        quota_settings: { limit: 2, period: "DAY" },
        throttle_settings: { rate_limit: 1, burst_limit: 1 },
      }),
    );
    expect(admitted(5)).toBe(1);
    clock.advance(1_000);
    expect(admitted(1)).toBe(1);
    clock.advance(1_000);
    expect(outcomeOf()).toBe(EXCEEDED);
  });
});

describe("a plan", () => {
  test.each([
    ["a stage that is not there", { api_stages: [{ api_id: "api", stage: "test" }] }, "API Stage not found: api:test"],
    [
      "a day that begins later",
      { quota_settings: { limit: 1, period: "DAY", offset: 1 } },
      "quota_settings.offset must be 0 to 0 for a DAY, got: 1.",
    ],
    [
      "a week that begins 7 days later",
      { quota_settings: { limit: 1, period: "WEEK", offset: 7 } },
      "quota_settings.offset must be 0 to 6 for a WEEK, got: 7.",
    ],
    [
      "a month that begins 28 days later",
      { quota_settings: { limit: 1, period: "MONTH", offset: 28 } },
      "quota_settings.offset must be 0 to 27 for a MONTH, got: 28.",
    ],
    [
      "no request",
      { quota_settings: { limit: 0, period: "DAY" } },
      "quota_settings.limit must be an integer from 1 to 2147483647, got: 0.",
    ],
    [
      "a year",
      { quota_settings: { limit: 1, period: "YEAR" } },
      'quota_settings.period must be DAY, WEEK or MONTH, got: "YEAR"',
    ],
    ["a rate without a burst", { throttle_settings: { rate_limit: 1 } }, "throttle_settings.burst_limit must be given"],
    [
      "what is not modelled",
      { throttle_settings: { rate_limit: 1, burst_limit: 1, x: 1 } },
      "aws_api_gateway_usage_plan of plan 1: throttle_settings.x is not modelled by the local run.",
    ],
  ])("is refused with %s", (_, given, message) => {
    expect(() => account().makePlan(given)).toThrow(message);
  });

  test.each([
    { limit: 1, period: "DAY", offset: 0 },
    { limit: 1, period: "WEEK", offset: 6 },
    { limit: 1, period: "MONTH", offset: 27 },
  ])("may have the quota %j", (quota_settings) => {
    expect(account().makePlan({ quota_settings: [quota_settings], product_code: null })).toBe("p1");
  });

  test("takes keys alone", () => {
    const { plans, makePlan, makeKey } = account();
    const plan = makePlan();
    const key = makeKey(undefined);
    expect(() => plans.addKey({ key_id: key, key_type: "USER", usage_plan_id: plan })).toThrow(
      'key_type must be API_KEY in the local run, got: "USER"',
    );
    expect(() => plans.addKey({ key_id: "k9", key_type: "API_KEY", usage_plan_id: plan })).toThrow(
      "Invalid API Key identifier specified: k9",
    );
    expect(() => plans.addKey({ key_id: key, key_type: "API_KEY", usage_plan_id: "p9" })).toThrow(
      "Invalid Usage Plan ID specified: p9",
    );
  });
});

describe("what is changed while it is used", () => {
  const day = (limit: number) => ({ quota_settings: { limit, period: "DAY" } });
  const stages = { api_stages: [{ api_id: "api", stage: "dev" }] };

  test("a plan keeps what its keys have used, but where the limit is another one", () => {
    const { plans, makePlan, makeKey, admitted } = account();
    const planId = makePlan(day(3));
    makeKey(planId);
    expect(admitted(2)).toBe(2);
    plans.putPlan({ name: "renamed", ...stages, ...day(3) }, planId);
    expect(admitted(2)).toBe(1);
    plans.putPlan({ name: "renamed", ...stages, ...day(4) }, planId);
    expect(admitted(5)).toBe(4);
  });

  test("a key keeps its value and its plan; disabled it is refused, enabled it goes on", () => {
    const { plans, makePlan, makeKey, outcomeOf } = account();
    const planId = makePlan();
    const id = makeKey(planId);
    plans.putKey({ name: "acme", value: VALUE, enabled: false }, id);
    expect(outcomeOf()).toBe(FORBIDDEN);
    plans.putKey({ name: "acme", value: VALUE }, id);
    expect(outcomeOf()).toBe("acme");
  });

  test("a key without a value of its own has the same in every run", () => {
    const value = () => account().plans.putKey({ name: "a" }, "k1").value;
    expect(value()).toBe(value());
  });

  test("what is taken away is refused: a key, its place in a plan, the plan", () => {
    const { plans, makePlan, makeKey, outcomeOf } = account();
    const planId = makePlan();
    const id = makeKey(planId);
    plans.removeKey(id, planId);
    expect(outcomeOf()).toBe(FORBIDDEN);
    plans.addKey({ key_id: id, key_type: "API_KEY", usage_plan_id: planId });
    expect(outcomeOf()).toBe("key 2");
    plans.deletePlan(planId);
    expect(outcomeOf()).toBe(FORBIDDEN);
    plans.deleteKey(id);
    expect(plans.putKey({ name: "b", value: VALUE }, "other").value).toBe(VALUE);
    plans.removeStage("api", "dev");
    expect(() => makePlan()).toThrow("API Stage not found: api:dev");
  });
});
