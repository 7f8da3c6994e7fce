import * as z from "zod/mini";
import type { RestApiProps } from "../../../constructs/apigateway/rest-api";
import type { RouteOptions } from "../../../constructs/apigateway/route-options";
import { apiProps, at, synthesizeApi, toFunction } from "../../support/api";
import { type Config, countOf } from "../../support/synth";

const synthesizeRoute = (options: RouteOptions, changes: Partial<RestApiProps> = {}, path = "/a"): Config =>
  synthesizeApi((api) => api.addRoute("GET", path, toFunction, options), changes);

const methodOf = (config: Config) => at(config, "aws_api_gateway_method.Api_a_GET");
const validators = (config: Config) => config.resource.aws_api_gateway_request_validator ?? {};

describe("a request", () => {
  const body = z.object({});

  test("is not checked where nothing is required", () => {
    const config = synthesizeRoute({});
    expect(validators(config)).toEqual({});
    expect(methodOf(config)).not.toHaveProperty("request_validator_id");
    expect(methodOf(config)).not.toHaveProperty("request_parameters");
  });

  test("must have the parameters and headers that a route requires", () => {
    const config = synthesizeRoute({ requiredQueryParameters: ["page"], requiredHeaders: ["X-Tenant"] });
    expect(methodOf(config)).toMatchObject({
      request_parameters: { "method.request.querystring.page": true, "method.request.header.X-Tenant": true },
      request_validator_id: "${aws_api_gateway_request_validator.Api_ParametersValidator.id}",
    });
    expect(at(config, "aws_api_gateway_request_validator.Api_ParametersValidator")).toEqual({
      rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
      name: "parameters",
      validate_request_body: false,
      validate_request_parameters: true,
    });
  });

  test("is checked by a validator that all routes that want the same share", () => {
    const config = synthesizeApi((api) => {
      api.addRoute("GET", "/a", toFunction, { requiredHeaders: ["x"] });
      api.addRoute("GET", "/b", toFunction, { requiredQueryParameters: ["y"] });
      api.addRoute("POST", "/a", toFunction, { body });
      api.addRoute("POST", "/b", toFunction, { body });
      api.addRoute("PUT", "/a", toFunction, { body, requiredHeaders: ["x"] });
      api.addRoute("PUT", "/b", toFunction, { body, requiredHeaders: ["x"] });
      api.addRoute("DELETE", "/a", toFunction);
    });
    const checks = Object.entries(validators(config)).map(([id, one]) => [
      id,
      one.name,
      one.validate_request_body,
      one.validate_request_parameters,
    ]);
    expect(checks).toEqual([
      ["Api_BodyAndParametersValidator", "body-and-parameters", true, true],
      ["Api_BodyValidator", "body", true, false],
      ["Api_ParametersValidator", "parameters", false, true],
    ]);
    const chosen = Object.values(config.resource.aws_api_gateway_method ?? {}).map((one) => [
      one.http_method,
      one.request_validator_id?.match(/Api_(\w+)Validator/)[1],
    ]);
    expect(chosen).toEqual([
      ["DELETE", undefined],
      ["GET", "Parameters"],
      ["POST", "Body"],
      ["PUT", "BodyAndParameters"],
      ["GET", "Parameters"],
      ["POST", "Body"],
      ["PUT", "BodyAndParameters"],
    ]);
  });

  test.each<[RouteOptions, string]>([
    [
      { requiredQueryParameters: ["filter[]"] },
      'requiredQueryParameters must be names of letters, digits and ._:$-, got: "filter[]" (in test/Api)',
    ],
    [{ requiredQueryParameters: [""] }, 'requiredQueryParameters must be names of letters, digits and ._:$-, got: ""'],
    [{ requiredHeaders: ["X Tenant"] }, 'requiredHeaders must be names of letters, digits and ._:$-, got: "X Tenant"'],
  ])("cannot be asked for %j", (options, text) => {
    expect(() => synthesizeRoute(options)).toThrow(text);
  });
});

describe("a cached answer", () => {
  const cache = { sizeGb: "0.5" } as const;
  const settingsOf = (config: Config, id = "GET_a") =>
    at(config, `aws_api_gateway_method_settings.Api_Stage_${id}`).settings;

  test("is kept encrypted for its time, and who may not empty the cache gets it as it is", () => {
    const config = synthesizeRoute({ cacheTtlSeconds: 60 }, { cache });
    expect(at(config, "aws_api_gateway_stage.Api_Stage")).toMatchObject({
      cache_cluster_enabled: true,
      cache_cluster_size: "0.5",
    });
    expect(settingsOf(config)).toEqual({
      metrics_enabled: true,
      logging_level: "OFF",
      data_trace_enabled: false,
      throttling_rate_limit: 50,
      throttling_burst_limit: 100,
      caching_enabled: true,
      cache_ttl_in_seconds: 60,
      cache_data_encrypted: true,
      require_authorization_for_cache_control: true,
      unauthorized_cache_control_header_strategy: "SUCCEED_WITHOUT_RESPONSE_HEADER",
    });
  });

  test("is kept of routes alone that say so, though the cluster is there for all", () => {
    const config = synthesizeApi(
      (api) => {
        api.addRoute("GET", "/a", toFunction, { throttle: { rateLimit: 1, burstLimit: 1 } });
        api.addRoute("GET", "/b", toFunction, { cacheTtlSeconds: 0 });
      },
      { cache },
    );
    expect(settingsOf(config, "AllMethods").caching_enabled).toBe(false);
    expect(settingsOf(config, "GET_a").caching_enabled).toBe(false);
    expect(countOf(config, "aws_api_gateway_method_settings")).toBe(2);
  });

  test("is told apart by the origin that asks, where pages of other origins may call: an answer says which may read it", () => {
    const cors = { allowOrigins: ["https://a.example"] };
    const config = synthesizeRoute({ cacheTtlSeconds: 60, cors }, { cache });
    const integration = config.resource.aws_api_gateway_integration?.Api_a_GET_Integration;
    expect(integration?.cache_key_parameters).toEqual(["method.request.header.Origin"]);
    expect(config.resource.aws_api_gateway_method?.Api_a_GET?.request_parameters).toEqual({
      "method.request.header.Origin": false,
    });
  });

  test.each([1, 3_600])("is kept %s seconds", (cacheTtlSeconds) => {
    expect(settingsOf(synthesizeRoute({ cacheTtlSeconds }, { cache })).cache_ttl_in_seconds).toBe(cacheTtlSeconds);
  });

  test.each([-1, 3_601, 0.5])("is not kept %s seconds", (cacheTtlSeconds) => {
    expect(() => synthesizeRoute({ cacheTtlSeconds }, { cache })).toThrow(
      `cacheTtlSeconds of GET /a must be an integer from 0 to 3600, got: ${cacheTtlSeconds} (in test/Api)`,
    );
  });

  test("of 0 seconds wants no cache", () => {
    const config = synthesizeRoute({ cacheTtlSeconds: 0 });
    expect(countOf(config, "aws_api_gateway_method_settings")).toBe(1);
    expect(at(config, "aws_api_gateway_integration.Api_a_GET_Integration")).not.toHaveProperty("cache_key_parameters");
  });

  test("is told apart by the path's parameters and by all that a request must have", () => {
    const options = { cacheTtlSeconds: 1, requiredQueryParameters: ["page"], requiredHeaders: ["X-Tenant"] };
    const config = synthesizeRoute(options, { cache }, "/a/{id}/{rest+}");
    const keys = [
      "method.request.path.id",
      "method.request.path.rest",
      "method.request.querystring.page",
      "method.request.header.X-Tenant",
    ];
    expect(at(config, "aws_api_gateway_integration.Api_a__id___rest__GET_Integration").cache_key_parameters).toEqual(
      keys,
    );
    expect(at(config, "aws_api_gateway_method.Api_a__id___rest__GET").request_parameters).toEqual(
      Object.fromEntries(keys.map((key) => [key, true])),
    );
  });

  test("is told apart by what a route names, which requests may lack", () => {
    const options = {
      cacheTtlSeconds: 1,
      requiredQueryParameters: ["page"],
      cacheKeyParameters: ["querystring.page", "header.Accept", "querystring.sort"],
    };
    const config = synthesizeRoute(options, { cache });
    expect(at(config, "aws_api_gateway_integration.Api_a_GET_Integration").cache_key_parameters).toEqual([
      "method.request.querystring.page",
      "method.request.header.Accept",
      "method.request.querystring.sort",
    ]);
    expect(methodOf(config).request_parameters).toEqual({
      "method.request.querystring.page": true,
      "method.request.header.Accept": false,
      "method.request.querystring.sort": false,
    });
  });

  test.each(["page", "path.id", "querystring.", "querystring.a b", "body.x"])("is not told apart by %j", (name) => {
    expect(() => synthesizeRoute({ cacheTtlSeconds: 1, cacheKeyParameters: [name] }, { cache })).toThrow(
      `cacheKeyParameters must be such as querystring.page or header.Accept, got: "${name}" (in test/Api)`,
    );
  });

  test("is of a GET: a POST's body would not tell answers apart", () => {
    const refused = () =>
      synthesizeApi((api) => api.addRoute("POST", "/a", toFunction, { cacheTtlSeconds: 1 }), { cache });
    expect(refused).toThrow(
      'cacheTtlSeconds must be for a GET, got: "POST /a". A body is not part of a cache\'s keys, and an answer out of the cache changes nothing (in test/Api)',
    );
  });

  test("needs a cache on every stage", () => {
    expect(() => synthesizeRoute({ cacheTtlSeconds: 1 })).toThrow(
      "cache must be set where a route is cached, such as GET /a, got: undefined (in test/Api/Stage)",
    );
    const later = () =>
      synthesizeApi(
        (api) => {
          api.addRoute("GET", "/a", toFunction, { cacheTtlSeconds: 1 });
          api.addStage("Live", { ...apiProps, stageName: "live" });
        },
        { cache },
      );
    expect(later).toThrow(
      "cache must be set where a route is cached, such as GET /a, got: undefined (in test/Api/Live)",
    );
  });
});
