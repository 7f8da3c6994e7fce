import { LambdaIntegration } from "../../../constructs/apigateway/integrations/lambda";
import type { RestApi, RestApiProps } from "../../../constructs/apigateway/rest-api";
import { Role } from "../../../constructs/iam/role";
import { Alias, type AliasProps } from "../../../constructs/lambda/alias";
import type { Stack } from "../../../constructs/terraform/stack";
import { apiProps, at, functionOf, synthesizeApi } from "../../support/api";
import { policiesOf } from "../../support/policies";
import { type Config, synthesize } from "../../support/synth";

const synthesizeAlias = (changes: Partial<AliasProps>): Config =>
  synthesize((stack) => {
    new Alias(stack, "Live", { handler: functionOf(stack), aliasName: "live", description: "Live", ...changes });
  });

describe("an alias", () => {
  test("moves with the newest version, which every change then publishes", () => {
    const config = synthesizeAlias({});
    expect(at(config, "aws_lambda_alias.Live")).toEqual({
      name: "live",
      description: "Live",
      function_name: "${aws_lambda_function.Read.function_name}",
      function_version: "${aws_lambda_function.Read.version}",
    });
    expect(at(config, "aws_lambda_function.Read").publish).toBe(true);
  });

  test("may stay at a version", () => {
    expect(at(synthesizeAlias({ version: 7 }), "aws_lambda_alias.Live").function_version).toBe("7");
  });

  test("is what makes a function publish versions", () => {
    const config = synthesize((stack) => void functionOf(stack));
    expect(at(config, "aws_lambda_function.Read")).not.toHaveProperty("publish");
  });

  test.each<[Partial<AliasProps>, string]>([
    [{ aliasName: "" }, 'aliasName must be 1–128 letters, digits, - and _, not digits alone, got: ""'],
    [
      { aliasName: "12" },
      'aliasName must be 1–128 letters, digits, - and _, not digits alone, got: "12" (in test/Live)',
    ],
    [{ aliasName: "$LATEST" }, "aliasName must be 1–128 letters"],
    [{ aliasName: "a".repeat(129) }, "aliasName must be 1–128 letters"],
    [{ version: 0 }, "version must be an integer from 1"],
    [{ version: 1.5 }, "version must be an integer from 1"],
  ])("of %j is refused", (changes, text) => {
    expect(() => synthesizeAlias(changes)).toThrow(text);
  });

  test.each(["a".repeat(128), "1a", "v-1_x"])("may be named %s", (aliasName) => {
    expect(at(synthesizeAlias({ aliasName }), "aws_lambda_alias.Live").name).toBe(aliasName);
  });
});

describe("a route to the alias that a stage names", () => {
  const addRoute = (api: RestApi, stack: Stack): void => {
    const handler = functionOf(stack);
    const aliasOf = (name: string) => new Alias(stack, name, { handler, aliasName: name, description: name });
    const role = new Role(stack, "Invoker", { roleName: "r", assumedBy: { Service: "a" }, description: "r" });
    const alias = { variable: "version", aliases: [aliasOf("stable"), aliasOf("next")] };
    api.addRoute("GET", "/a", new LambdaIntegration({ handler, role, alias }));
  };
  const synthesizeRoute = (changes: Partial<RestApiProps>, build = addRoute): Config => synthesizeApi(build, changes);

  test("leaves the variable to API Gateway", () => {
    const config = synthesizeRoute({ variables: { version: "stable" } });
    expect(at(config, "aws_api_gateway_integration.Api_a_GET_Integration")).toMatchObject({
      uri:
        "arn:${data.aws_partition.Partition.partition}:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" +
        "${aws_lambda_function.Read.arn}:$${stageVariables.version}/invocations",
      credentials: "${aws_iam_role.Invoker.arn}",
      depends_on: ["aws_iam_role_policy.Invoker_InvokeRead"],
    });
  });

  test("lets the role invoke these aliases, and no other version", () => {
    expect(policiesOf(synthesizeRoute({ variables: { version: "next" } }), "Invoker")).toEqual({
      InvokeRead: [
        {
          Effect: "Allow",
          Action: "lambda:InvokeFunction",
          Resource: ["${aws_lambda_alias.stable.arn}", "${aws_lambda_alias.next.arn}"],
        },
      ],
    });
  });

  test("deploys again when the function does, and not when an alias moves", () => {
    const { triggers } = at(
      synthesizeRoute({ variables: { version: "next" } }),
      "aws_api_gateway_deployment.Api_Deployment",
    );
    expect(triggers.references.split(" ").sort()).toEqual([
      "${aws_iam_role.Invoker.arn}",
      "${aws_lambda_function.Read.arn}",
      "${data.aws_partition.Partition.partition}",
    ]);
  });

  test("fails where a stage does not set the variable", () => {
    const refused = () =>
      synthesizeRoute({ variables: { version: "stable" } }, (api, stack) => {
        addRoute(api, stack);
        api.addStage("Live", { ...apiProps, stageName: "live", variables: { color: "red" } });
      });
    expect(refused).toThrow("[test/Api] variables of the stage live must set version, which GET /a uses, got: color");
    expect(() => synthesizeRoute({})).toThrow(
      "variables of the stage dev must set version, which GET /a uses, got: none",
    );
  });

  test("fails where a stage names another alias", () => {
    expect(() => synthesizeRoute({ variables: { version: "beta" } })).toThrow(
      'variables.version of the stage dev must be stable or next, which GET /a leads to, got: "beta"',
    );
  });

  test("fails where a canary names another alias", () => {
    const canary = { version: "v2", percentTraffic: 1, variables: { version: "beta" } };
    expect(() => synthesizeRoute({ variables: { version: "next" }, release: { stable: "v1", canary } })).toThrow(
      'variables.version of the canary of the stage dev must be stable or next, which GET /a leads to, got: "beta"',
    );
  });

  test("takes a canary to another alias", () => {
    const canary = { version: "v2", percentTraffic: 1, variables: { version: "next" } };
    const config = synthesizeRoute({ variables: { version: "stable" }, release: { stable: "v1", canary } });
    expect(at(config, "aws_api_gateway_stage.Api_Stage").canary_settings.stage_variable_overrides).toEqual({
      version: "next",
    });
  });

  test("needs an alias, and one of its own function", () => {
    const synthesizeWith = (aliasesOf: (stack: Stack) => Alias[]) =>
      synthesizeApi((_, stack) => {
        const handler = functionOf(stack, "Write");
        const role = new Role(stack, "Invoker", { roleName: "r", assumedBy: { Service: "a" }, description: "r" });
        new LambdaIntegration({ handler, role, alias: { variable: "version", aliases: aliasesOf(stack) } });
      });
    expect(() => synthesizeWith(() => [])).toThrow(
      "alias.aliases must be one alias or more, got: []. Without one no stage can invoke the function (in test/Write)",
    );
    const foreign = (stack: Stack) => [
      new Alias(stack, "Live", { handler: functionOf(stack), aliasName: "live", description: "Live" }),
    ];
    expect(() => synthesizeWith(foreign)).toThrow(
      'alias.aliases must be of this function, got: "test/Live" (in test/Write)',
    );
  });
});
