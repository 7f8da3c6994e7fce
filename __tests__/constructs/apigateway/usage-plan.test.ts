import type { TokenAuthorizerDefinition } from "../../../constructs/apigateway/definition";
import type { RestApi } from "../../../constructs/apigateway/rest-api";
import { UsagePlan, type UsagePlanProps } from "../../../constructs/apigateway/usage-plan";
import type { Stack } from "../../../constructs/terraform/stack";
import { apiProps, at, synthesizeApi, toFunction } from "../../support/api";
import { type Config, countOf } from "../../support/synth";

const planOf = (api: RestApi, stack: Stack, changes: Partial<UsagePlanProps> = {}): UsagePlan =>
  new UsagePlan(stack, changes.usagePlanName || "Plan", {
    api,
    stage: api.stage,
    usagePlanName: "standard",
    description: "For everyone",
    ...changes,
  });

const keyed = { isApiKeyRequired: true };

/** An API of `POST /orders`, which requires a key, and `GET /`, which does not. */
const synthesizePlan = (changes: Partial<UsagePlanProps> = {}, inspect: (plan: UsagePlan) => void = () => {}): Config =>
  synthesizeApi((api, stack) => {
    api.addRoute("POST", "/orders", toFunction, keyed);
    api.addRoute("GET", "/", toFunction);
    inspect(planOf(api, stack, changes));
  });

describe("a plan", () => {
  test("has bounds without being told, and comes after its stage", () => {
    const config = synthesizePlan();
    expect(at(config, "aws_api_gateway_usage_plan.Plan")).toEqual({
      name: "standard",
      description: "For everyone",
      api_stages: [{ api_id: "${aws_api_gateway_rest_api.Api.id}", stage: "dev" }],
      throttle_settings: { rate_limit: 50, burst_limit: 100 },
      quota_settings: { limit: 10_000, period: "DAY" },
      depends_on: ["aws_api_gateway_stage.Api_Stage"],
    });
    expect(countOf(config, "aws_api_gateway_api_key")).toBe(0);
  });

  test("has bounds of its own for single methods", () => {
    const config = synthesizeApi((api, stack) => {
      api.addRoute("POST", "/orders/{id}", toFunction, keyed);
      api.addRoute("GET", "/", toFunction, keyed);
      planOf(api, stack, {
        throttle: { rateLimit: 0.5, burstLimit: 1 },
        quota: { limit: 1, period: "MONTH", offset: 27 },
        methodThrottles: {
          "POST /orders/{id}": { rateLimit: 1, burstLimit: 2 },
          "GET /": { rateLimit: 3, burstLimit: 4 },
        },
      });
    });
    expect(at(config, "aws_api_gateway_usage_plan.Plan")).toMatchObject({
      api_stages: [
        {
          throttle: [
            { path: "/orders/{id}/POST", rate_limit: 1, burst_limit: 2 },
            { path: "//GET", rate_limit: 3, burst_limit: 4 },
          ],
        },
      ],
      throttle_settings: { rate_limit: 0.5, burst_limit: 1 },
      quota_settings: { limit: 1, period: "MONTH", offset: 27 },
    });
  });

  test("stands beside others of the same API, with keys of its own", () => {
    const config = synthesizeApi((api, stack) => {
      api.addRoute("POST", "/orders", toFunction, keyed);
      planOf(api, stack, { usagePlanName: "gold", keys: ["acme"] });
      planOf(api, stack, { usagePlanName: "silver", keys: ["initech", "hooli"] });
    });
    expect(Object.keys(config.resource.aws_api_gateway_usage_plan ?? {})).toEqual(["gold", "silver"]);
    const members = Object.values(config.resource.aws_api_gateway_usage_plan_key ?? {});
    expect(members.map(({ key_id: key, usage_plan_id: plan }) => [key, plan])).toEqual([
      ["${aws_api_gateway_api_key.gold_acme.id}", "${aws_api_gateway_usage_plan.gold.id}"],
      ["${aws_api_gateway_api_key.silver_hooli.id}", "${aws_api_gateway_usage_plan.silver.id}"],
      ["${aws_api_gateway_api_key.silver_initech.id}", "${aws_api_gateway_usage_plan.silver.id}"],
    ]);
  });
});

describe("a key", () => {
  test("is named after API, stage and client, and has no value in what is written", () => {
    const config = synthesizePlan({ keys: ["acme"] });
    expect(at(config, "aws_api_gateway_api_key.Plan_acme")).toEqual({
      name: "shop-dev-acme",
      description: "Key of acme for the stage dev of shop",
    });
    expect(at(config, "aws_api_gateway_usage_plan_key.Plan_acme_InPlan")).toEqual({
      key_id: "${aws_api_gateway_api_key.Plan_acme.id}",
      key_type: "API_KEY",
      usage_plan_id: "${aws_api_gateway_usage_plan.Plan.id}",
    });
  });

  test("is there before the deployment, which would let calls in without", () => {
    const config = synthesizePlan({ keys: ["acme"] });
    expect(at(config, "aws_api_gateway_deployment.Api_Deployment").depends_on).toContain(
      "aws_api_gateway_api_key.Plan_acme",
    );
    expect(at(config, "aws_api_gateway_stage.Api_Stage").deployment_id).toBe(
      "${aws_api_gateway_deployment.Api_Deployment.id}",
    );
  });

  test("does not deploy again by being added", () => {
    const triggersOf = (config: Config) => at(config, "aws_api_gateway_deployment.Api_Deployment").triggers;
    expect(triggersOf(synthesizePlan({ keys: ["acme"] }))).toEqual(triggersOf(synthesizePlan()));
  });

  test("comes out as an output that Terraform does not show", () => {
    const config = synthesizePlan({ keys: ["acme-1"] }, (plan) => plan.addKeyOutputs());
    expect(config.output).toEqual({
      api_key_acme_1: {
        value: "${aws_api_gateway_api_key.Plan_acme-1.value}",
        sensitive: true,
        description: "API key of acme-1 for the stage dev, for the header x-api-key",
      },
    });
  });

  test("comes out under a prefix where plans have keys of one name", () => {
    const config = synthesizePlan({ keys: ["acme"] }, (plan) => plan.addKeyOutputs("gold_key"));
    expect(Object.keys(config.output ?? {})).toEqual(["gold_key_acme"]);
  });

  test.each(["", "a b", "ä", "k".repeat(65)])("may not be named %j", (name) => {
    expect(() => synthesizePlan({ keys: [name] })).toThrow(
      `keys must be names of 1–64 letters, digits, - and _, got: "${name}" (in test/Plan)`,
    );
  });

  test("may have a name of 64 characters, once", () => {
    expect(countOf(synthesizePlan({ keys: ["k".repeat(64)] }), "aws_api_gateway_api_key")).toBe(1);
    expect(() => synthesizePlan({ keys: ["acme", "acme"] })).toThrow('keys must be names that differ, got: "acme"');
  });

  test("are told apart by their outputs, too", () => {
    expect(() => synthesizePlan({ keys: ["a-b", "a_b"] }, (plan) => plan.addKeyOutputs())).toThrow(
      'keys must be names that the outputs tell apart, where - is _, got: "a_b". The output api_key_a_b is another key\'s (in test/Plan)',
    );
  });

  test("may be in one plan of a stage only", () => {
    const refused = () =>
      synthesizeApi((api, stack) => {
        api.addRoute("POST", "/orders", toFunction, keyed);
        planOf(api, stack, { usagePlanName: "gold", keys: ["acme"] });
        planOf(api, stack, { usagePlanName: "silver", keys: ["acme"] });
      });
    expect(refused).toThrow(
      "[test/Api] keys of the plan silver must differ from those of gold, which is for the same stage, got: acme. A key can be in one plan of a stage",
    );
  });

  test("may have the same name in plans of two stages", () => {
    const config = synthesizeApi((api, stack) => {
      const live = api.addStage("Live", { ...apiProps, stageName: "live" });
      api.addRoute("POST", "/orders", toFunction, keyed);
      planOf(api, stack, { usagePlanName: "gold", keys: ["acme"] });
      planOf(api, stack, { usagePlanName: "silver", stage: live, keys: ["acme"] });
    });
    const names = Object.values(config.resource.aws_api_gateway_api_key ?? {}).map(({ name }) => name);
    expect(names).toEqual(["shop-dev-acme", "shop-live-acme"]);
  });
});

describe("bounds", () => {
  const bad = <T>(value: unknown): T => value as T;

  test.each<[Partial<UsagePlanProps>, string]>([
    [{ throttle: { rateLimit: 0, burstLimit: 1 } }, "throttle.rateLimit must be above 0, got: 0"],
    [{ throttle: { rateLimit: 1, burstLimit: 0 } }, "throttle.burstLimit must be an integer of 1 or more, got: 0"],
    [
      { methodThrottles: { "POST /orders": { rateLimit: 1, burstLimit: 0.5 } } },
      "throttle.burstLimit of POST /orders must be an integer of 1 or more, got: 0.5",
    ],
    [{ quota: { limit: 0, period: "DAY" } }, "quota.limit must be an integer from 1 to 2147483647, got: 0"],
    [{ quota: { limit: 1.5, period: "DAY" } }, "quota.limit must be an integer from 1"],
    [
      { quota: bad({ limit: 1 }) },
      "quota.period must be DAY, WEEK or MONTH, got: undefined. A limit counts requests in a period",
    ],
    [{ quota: bad({ limit: 1, period: "YEAR" }) }, 'quota.period must be DAY, WEEK or MONTH, got: "YEAR"'],
    [
      { quota: { limit: 1, period: "DAY", offset: 1 } },
      "quota.offset must be 0 or left out where the period is DAY, got: 1",
    ],
    [
      { quota: { limit: 1, period: "WEEK", offset: 7 } },
      "quota.offset must be an integer from 0 to 6 where the period is WEEK, got: 7",
    ],
    [
      { quota: { limit: 1, period: "MONTH", offset: 28 } },
      "quota.offset must be an integer from 0 to 27 where the period is MONTH, got: 28",
    ],
    [{ quota: { limit: 1, period: "MONTH", offset: -1 } }, "quota.offset must be an integer from 0 to 27"],
    [{ usagePlanName: "" }, 'usagePlanName must be a name, got: ""'],
  ])("of %j are refused", (changes, text) => {
    expect(() => synthesizePlan(changes)).toThrow(text);
  });

  test.each([
    { limit: 1, period: "DAY", offset: 0 },
    { limit: 2_147_483_647, period: "WEEK", offset: 6 },
    { limit: 1, period: "MONTH", offset: 27 },
  ] as const)("of %j are taken", (quota) => {
    expect(at(synthesizePlan({ quota }), "aws_api_gateway_usage_plan.Plan").quota_settings).toEqual(quota);
  });

  test.each(["GET /", "GET /none"])("for %s, which requires no key or is not there, are refused", (route) => {
    expect(() => synthesizePlan({ methodThrottles: { [route]: { rateLimit: 1, burstLimit: 1 } } })).toThrow(
      `methodThrottles of the plan standard must be for routes that require a key: POST /orders, got: ${route}`,
    );
  });
});

describe("a method that requires a key", () => {
  test("says so, and the key comes in a header", () => {
    const config = synthesizePlan();
    expect(at(config, "aws_api_gateway_method.Api_orders_POST").api_key_required).toBe(true);
    expect(at(config, "aws_api_gateway_method.Api_GET")).not.toHaveProperty("api_key_required");
    expect(at(config, "aws_api_gateway_rest_api.Api")).not.toHaveProperty("api_key_source");
  });

  test("fails on an API without a plan", () => {
    expect(() => synthesizeApi((api) => api.addRoute("POST", "/orders", toFunction, keyed))).toThrow(
      "[test/Api] usage plans must be there for every stage, since POST /orders requires a key, got: none for dev. " +
        "Add a UsagePlan for it, or nobody can call the method",
    );
  });

  test("fails where one of the stages has no plan", () => {
    const refused = () =>
      synthesizeApi((api, stack) => {
        api.addStage("Live", { ...apiProps, stageName: "live" });
        api.addRoute("POST", "/orders", toFunction, keyed);
        planOf(api, stack);
      });
    expect(refused).toThrow("got: none for live");
  });

  describe("and is given it by the authorizer", () => {
    const token: TokenAuthorizerDefinition = {
      type: "TOKEN",
      authorizerName: "tokens",
      ttlSeconds: 300,
      uri: "function",
      credentialsArn: "role",
      header: "Authorization",
      dependsOn: [],
    };

    test("is of an API that says so", () => {
      const config = synthesizeApi(
        (api, stack) => {
          api.addRoute("POST", "/orders", toFunction, { ...keyed, authorization: { authorizer: token } });
          planOf(api, stack);
        },
        { apiKeySource: "AUTHORIZER" },
      );
      expect(at(config, "aws_api_gateway_rest_api.Api").api_key_source).toBe("AUTHORIZER");
    });

    test("fails with an authorization that has no keys to give", () => {
      const refused = () =>
        synthesizeApi(
          (api, stack) => {
            api.addRoute("POST", "/orders", toFunction, keyed);
            planOf(api, stack);
          },
          { apiKeySource: "AUTHORIZER" },
        );
      expect(refused).toThrow(
        "authorization of POST /orders must be a TOKEN or REQUEST authorizer, since apiKeySource is AUTHORIZER, got: AWS_IAM. No other hands over a key",
      );
    });
  });
});
