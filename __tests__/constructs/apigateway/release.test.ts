import * as path from "node:path";
import type { Release } from "../../../constructs/apigateway/release";
import type { RestApi, RestApiProps } from "../../../constructs/apigateway/rest-api";
import { apiProps, at, synthesizeApi, toFunction } from "../../support/api";
import { scratchFolder } from "../../support/scratch-folder";
import { type Config, countOf } from "../../support/synth";
import { terraform, testWithTerraform } from "../../support/terraform";

const oneRoute = (api: RestApi) => api.addRoute("GET", "/a", toFunction);
const synthesizeRelease = (release: Release, changes: Partial<RestApiProps> = {}): Config =>
  synthesizeApi(oneRoute, { ...changes, release });

const deploymentsOf = (config: Config) => Object.keys(config.resource.aws_api_gateway_deployment ?? {});
const stageOf = (config: Config) => at(config, "aws_api_gateway_stage.Api_Stage");

test("without a release the stage serves one deployment, which every change replaces", () => {
  const config = synthesizeApi(oneRoute);
  expect(deploymentsOf(config)).toEqual(["Api_Deployment"]);
  expect(at(config, "aws_api_gateway_deployment.Api_Deployment").triggers).toHaveProperty("configuration");
  expect(stageOf(config)).not.toHaveProperty("canary_settings");
});

describe("a version", () => {
  test("is a deployment that no change replaces, made when all of the API is there", () => {
    const config = synthesizeRelease({ stable: "v1" });
    expect(deploymentsOf(config)).toEqual(["Api_Deployment_v1"]);
    expect(at(config, "aws_api_gateway_deployment.Api_Deployment_v1")).toEqual({
      rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
      description: "Version v1",
      lifecycle: { create_before_destroy: true },
      depends_on: expect.arrayContaining([
        "aws_api_gateway_method.Api_a_GET",
        "aws_api_gateway_integration.Api_a_GET_Integration",
        "aws_api_gateway_gateway_response.Api_Default4xx",
      ]),
    });
    expect(stageOf(config).deployment_id).toBe("${aws_api_gateway_deployment.Api_Deployment_v1.id}");
    expect(stageOf(config)).not.toHaveProperty("canary_settings");
  });

  test("stays while it is retained, and goes when nothing names it", () => {
    const promoted = synthesizeRelease({ stable: "v2", retained: ["v1"] });
    expect(deploymentsOf(promoted)).toEqual(["Api_Deployment_v1", "Api_Deployment_v2"]);
    expect(stageOf(promoted).deployment_id).toBe("${aws_api_gateway_deployment.Api_Deployment_v2.id}");
    expect(deploymentsOf(synthesizeRelease({ stable: "v2" }))).toEqual(["Api_Deployment_v2"]);
  });

  test("is the same deployment when it goes from canary to stable, and back", () => {
    const versionsOf = (release: Release) =>
      Object.values(synthesizeRelease(release).resource.aws_api_gateway_deployment ?? {});
    const during = versionsOf({ stable: "v1", canary: { version: "v2", percentTraffic: 10 } });
    expect(versionsOf({ stable: "v2", retained: ["v1"] })).toEqual(during);
    expect(versionsOf({ stable: "v1", retained: ["v2"] })).toEqual(during);
  });

  test("is shared by the stages that name it, beside one that takes every change", () => {
    const config = synthesizeApi(
      (api) => {
        oneRoute(api);
        api.addStage("Live", { ...apiProps, stageName: "live", release: { stable: "v1" } });
        api.addStage("Test", { ...apiProps, stageName: "test" });
      },
      { release: { stable: "v2", canary: { version: "v1", percentTraffic: 1 } } },
    );
    expect(deploymentsOf(config)).toEqual(["Api_Deployment", "Api_Deployment_v1", "Api_Deployment_v2"]);
    const live = at(config, "aws_api_gateway_stage.Api_Live");
    expect(live.deployment_id).toBe("${aws_api_gateway_deployment.Api_Deployment_v1.id}");
    expect(at(config, "aws_api_gateway_stage.Api_Test").deployment_id).toBe(
      "${aws_api_gateway_deployment.Api_Deployment.id}",
    );
  });
});

testWithTerraform(
  "a version that nothing names any more is deleted after its stage has moved, since AWS keeps it until then",
  () => {
    const { lifecycle } = at(synthesizeRelease({ stable: "v1" }), "aws_api_gateway_deployment.Api_Deployment_v1");
    const config = (stable: string, versions: readonly string[]) => ({
      resource: {
        terraform_data: {
          ...Object.fromEntries(versions.map((version) => [version, { lifecycle }])),
          stage: { input: `\${terraform_data.${stable}.id}` },
        },
      },
    });
    const apply = ["apply", "-auto-approve"];
    const state = path.join(scratchFolder(), "terraform.tfstate");
    terraform(config("v1", ["v1", "v2"]), ["init"], [...apply, `-state=${state}`]);
    const said = terraform(config("v2", ["v2"]), ["init"], [...apply, `-state=${state}`]);
    expect(said.match(/terraform_data\.\w+: (?:Modifying|Destroying)/g)).toEqual([
      "terraform_data.stage: Modifying",
      "terraform_data.v1: Destroying",
    ]);
  },
);

describe("a canary", () => {
  test("takes its share with variables of its own", () => {
    const config = synthesizeRelease(
      {
        stable: "v1",
        canary: { version: "v2", percentTraffic: 12.5, variables: { backend: "new" }, useStageCache: true },
      },
      { variables: { backend: "old", color: "red" } },
    );
    expect(stageOf(config)).toMatchObject({
      deployment_id: "${aws_api_gateway_deployment.Api_Deployment_v1.id}",
      variables: { backend: "old", color: "red" },
      canary_settings: {
        deployment_id: "${aws_api_gateway_deployment.Api_Deployment_v2.id}",
        percent_traffic: 12.5,
        stage_variable_overrides: { backend: "new" },
        use_stage_cache: true,
      },
    });
    expect(countOf(config, "aws_api_gateway_deployment")).toBe(2);
  });

  test.each([0, 100])("may take %s percent", (percentTraffic) => {
    const config = synthesizeRelease({ stable: "v1", canary: { version: "v2", percentTraffic } });
    expect(stageOf(config).canary_settings).toEqual({
      deployment_id: "${aws_api_gateway_deployment.Api_Deployment_v2.id}",
      percent_traffic: percentTraffic,
      use_stage_cache: false,
    });
  });

  test("may have a variable that the stage has not", () => {
    const config = synthesizeRelease({
      stable: "v1",
      canary: { version: "v2", percentTraffic: 1, variables: { backend: "new" } },
    });
    expect(stageOf(config).canary_settings.stage_variable_overrides).toEqual({ backend: "new" });
  });
});

test("the logs of canaries are kept as long as the stage's, with a release and not with a canary alone", () => {
  const groupsOf = (config: Config) => Object.values(config.resource.aws_cloudwatch_log_group ?? {});
  expect(groupsOf(synthesizeApi(oneRoute))).toHaveLength(2);
  const config = synthesizeRelease({ stable: "v1" });
  expect(groupsOf(config).map(({ name, retention_in_days: days }) => [name, days])).toEqual([
    ["/aws/apigateway/shop/dev", 30],
    ["${aws_cloudwatch_log_group.Api_Stage_AccessLogs.name}/Canary", 30],
    ["${aws_cloudwatch_log_group.Api_Stage_ExecutionLogs.name}/Canary", 30],
    ["API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.Api.id}/dev", 30],
  ]);
  expect(stageOf(config).depends_on).toEqual([
    "aws_cloudwatch_log_group.Api_Stage_ExecutionLogs",
    "aws_cloudwatch_log_group.Api_Stage_CanaryAccessLogs",
    "aws_cloudwatch_log_group.Api_Stage_CanaryExecutionLogs",
  ]);
});

describe("a release", () => {
  const canary = { version: "v2", percentTraffic: 10 };

  test.each<[Release, string]>([
    [{ stable: "" }, 'release.stable must be 1–32 letters, digits, - and _, got: "" (in test/Api/Stage)'],
    [{ stable: "v 1" }, 'release.stable must be 1–32 letters, digits, - and _, got: "v 1"'],
    [{ stable: "v".repeat(33) }, "release.stable must be 1–32 letters"],
    [{ stable: "v1", retained: ["v/0"] }, 'release.retained must be 1–32 letters, digits, - and _, got: "v/0"'],
    [{ stable: "v1", canary: { ...canary, version: "2.0" } }, "release.canary.version must be 1–32 letters"],
    [
      { stable: "v2", canary },
      'release.canary.version must be another version than the stable one, got: "v2". Without a canary every request goes to the stable version',
    ],
    [
      { stable: "v1", canary: { ...canary, percentTraffic: -0.1 } },
      "release.canary.percentTraffic must be a number from 0 to 100, got: -0.1",
    ],
    [
      { stable: "v1", canary: { ...canary, percentTraffic: 100.1 } },
      "release.canary.percentTraffic must be a number from 0 to 100, got: 100.1",
    ],
    [{ stable: "v1", canary: { ...canary, percentTraffic: Number.NaN } }, "must be a number from 0 to 100"],
    [
      { stable: "v1", canary: { ...canary, variables: { a: "<" } } },
      'release.canary.variables.a must be 1–512 letters, digits and -._~:/?#&=,, got: "<"',
    ],
  ])("of %j is refused", (release, text) => {
    expect(() => synthesizeRelease(release)).toThrow(text);
  });

  test("takes a name of 32 characters", () => {
    const stable = "v".repeat(32);
    expect(deploymentsOf(synthesizeRelease({ stable }))).toEqual([`Api_Deployment_${stable}`]);
  });
});
