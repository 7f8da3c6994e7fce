import { changed, gatewayOf, type ProxyEvent, proxyApi, resource } from "../../support/rest-api";

/** A stage of two deployments, whose requests are spread as the numbers say. */
function canary(settings: object, numbers: readonly number[]) {
  const api = [
    ...changed(proxyApi(["GET /"]), "stage", {
      variables: { alias: "stable", region: "eu" },
      canary_settings: { deployment_id: "newer", percent_traffic: 10, ...settings },
      access_log_settings: {
        destination_arn: "arn:aws:logs:eu-west-1:123456789012:log-group:access:*",
        format: "$context.isCanaryRequest $context.deploymentId",
      },
    }),
    resource("deployment", "Newer", { id: "newer" }),
  ];
  let at = 0;
  return gatewayOf(api, {
    random: () => {
      at += 1;
      return numbers[at - 1] ?? 0.99;
    },
  });
}

const eventsOf = (invoked: readonly { readonly event: unknown }[]) => invoked.map(({ event }) => event as ProxyEvent);

test("gets its percentage of the requests, and not one more", async () => {
  const { call, gateway } = canary({}, [0, 0.0999999, 0.1, 0.5]);
  for (let i = 0; i < 4; i++) expect((await call("GET /dev")).status).toBe(200);
  expect(gateway.accessLog).toEqual(["true newer", "true newer", "false deployment", "false deployment"]);
});

test.each([
  [0, 0, "false"],
  [100, 0.999999, "true"],
])("of %i percent with %d is %s", async (percent_traffic, number, isCanary) => {
  const { call, gateway } = canary({ percent_traffic }, [number]);
  await call("GET /dev");
  expect(gateway.accessLog[0]).toContain(isCanary);
});

test("has its variables in place of the stage's, and beside them", async () => {
  const { call, invoked } = canary({ stage_variable_overrides: { alias: "next", flag: "on" } }, [0, 0.9]);
  await call("GET /dev");
  await call("GET /dev");
  const [next, stable] = eventsOf(invoked);
  expect(next?.stageVariables).toEqual({ alias: "next", region: "eu", flag: "on" });
  expect(next?.requestContext.deploymentId).toBe("newer");
  expect(stable?.stageVariables).toEqual({ alias: "stable", region: "eu" });
  expect(stable?.requestContext.deploymentId).toBe("deployment");
});

test("is logged in a group of its own, too", async () => {
  const { call, logged } = canary({}, [0, 0.9]);
  await call("GET /dev");
  await call("GET /dev");
  expect(logged.filter((line) => line.startsWith("access/Canary: "))).toEqual(["access/Canary: true newer"]);
  expect(logged.filter((line) => line.startsWith("access: "))).toHaveLength(2);
});

test("says nothing of itself to clients", async () => {
  const { call } = canary({}, [0, 0.9]);
  const names = async () => Object.keys((await call("GET /dev")).headers).sort();
  expect(await names()).toEqual(await names());
});

test("a stage without one has no such variable", async () => {
  const format = { destination_arn: "d", format: "$context.isCanaryRequest" };
  const { call, gateway } = gatewayOf(changed(proxyApi(["GET /"]), "stage", { access_log_settings: format }));
  await call("GET /dev");
  expect(gateway.accessLog).toEqual(["-"]);
});

describe("where the stage has a cache", () => {
  const cached = (use_stage_cache: boolean, numbers: readonly number[]) => {
    let answers = 0;
    const api = [
      ...changed(proxyApi(["GET /"]), "stage", {
        cache_cluster_enabled: true,
        canary_settings: { deployment_id: "deployment", percent_traffic: 50, use_stage_cache },
      }),
    ];
    let at = 0;
    return gatewayOf(api, {
      random: () => numbers[at++] ?? 0,
      result: async () => ({ payload: { statusCode: 200, body: String(++answers) } }),
    });
  };

  test.each([
    [true, "answers of its own are kept", ["1", "2", "2", "1"]],
    [false, "its answers are not kept", ["1", "2", "3", "1"]],
  ])("and use_stage_cache %s, %s", async (usesCache, _, expected) => {
    const { call } = cached(usesCache, [0.9, 0, 0, 0.9]);
    const bodies = [];
    for (let i = 0; i < 4; i++) bodies.push((await call("GET /dev")).body);
    expect(bodies).toEqual(expected);
  });
});
