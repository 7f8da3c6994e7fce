import * as fs from "node:fs";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { Cloud, type CloudOptions } from "../../local/cloud";
import { SkippingClock } from "../support/local";
import { scratchFolder } from "../support/scratch-folder";

type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** A reference, as Terraform's JSON has it. */
const ref = (text: string): string => `\${${text}}`;
const trust = (service: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
const mayInvoke = (...resources: readonly string[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: resources }],
  });

const code = `exports.handler = async ({ stageVariables, requestContext: { identity } }, { invokedFunctionArn, functionVersion }) =>
  ({ statusCode: 200, body: JSON.stringify({ stageVariables, apiKeyId: identity.apiKeyId, functionVersion, alias: invokedFunctionArn.split(":").at(-1) }) });`;

const rest_api_id = ref("aws_api_gateway_rest_api.Api.id");
const target = { rest_api_id, resource_id: ref("aws_api_gateway_rest_api.Api.root_resource_id") };
const stage = (stage_name: string, more: Block): Block => ({
  rest_api_id,
  stage_name,
  deployment_id: ref("aws_api_gateway_deployment.Stable.id"),
  ...more,
});

/** A function with two aliases behind an API that wants keys, on two stages, of which one has a canary. */
const resources = (
  granted = mayInvoke(ref("aws_lambda_alias.Live.arn"), ref("aws_lambda_alias.Next.arn")),
): Blocks => ({
  aws_iam_role: {
    Reader: { name: "Reader", assume_role_policy: trust("lambda.amazonaws.com") },
    Invoke: { name: "Invoke", assume_role_policy: trust("apigateway.amazonaws.com") },
  },
  aws_iam_role_policy: { Invoke: { name: "Invoke", role: ref("aws_iam_role.Invoke.name"), policy: granted } },
  aws_lambda_function: {
    Reader: {
      function_name: "reader",
      filename: "reader.zip",
      handler: "index.handler",
      runtime: "nodejs24.x",
      role: ref("aws_iam_role.Reader.arn"),
      publish: true,
    },
  },
  aws_lambda_alias: {
    Live: { name: "live", function_name: "reader", function_version: ref("aws_lambda_function.Reader.version") },
    Next: { name: "next", function_name: ref("aws_lambda_function.Reader.function_name"), function_version: "$LATEST" },
  },
  aws_api_gateway_rest_api: { Api: { name: "reader" } },
  aws_api_gateway_method: { Get: { ...target, http_method: "GET", authorization: "NONE", api_key_required: true } },
  aws_api_gateway_integration: {
    Get: {
      ...target,
      http_method: "GET",
      type: "AWS_PROXY",
      integration_http_method: "POST",
      uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${ref("aws_lambda_function.Reader.arn")}:$\${stageVariables.alias}/invocations`,
      credentials: ref("aws_iam_role.Invoke.arn"),
    },
  },
  aws_api_gateway_deployment: { Stable: { rest_api_id }, Canary: { rest_api_id } },
  aws_api_gateway_client_certificate: { Certificate: {} },
  aws_api_gateway_stage: {
    Live: stage("live", {
      variables: { alias: "live" },
      client_certificate_id: ref("aws_api_gateway_client_certificate.Certificate.id"),
      canary_settings: {
        deployment_id: ref("aws_api_gateway_deployment.Canary.id"),
        percent_traffic: 25,
        stage_variable_overrides: { alias: "next" },
      },
    }),
    Test: stage("test", { variables: { alias: "next" } }),
  },
  aws_api_gateway_api_key: { Acme: { name: "acme" }, Tester: { name: "tester" } },
  aws_api_gateway_usage_plan: {
    Basic: {
      name: "basic",
      api_stages: [{ api_id: rest_api_id, stage: ref("aws_api_gateway_stage.Live.stage_name") }],
      quota_settings: { limit: 2, period: "DAY" },
    },
    Test: {
      name: "test",
      api_stages: [{ api_id: rest_api_id, stage: ref("aws_api_gateway_stage.Test.stage_name") }],
    },
  },
  aws_api_gateway_usage_plan_key: {
    Acme: {
      key_id: ref("aws_api_gateway_api_key.Acme.id"),
      key_type: "API_KEY",
      usage_plan_id: ref("aws_api_gateway_usage_plan.Basic.id"),
    },
    Tester: {
      key_id: ref("aws_api_gateway_api_key.Tester.id"),
      key_type: "API_KEY",
      usage_plan_id: ref("aws_api_gateway_usage_plan.Test.id"),
    },
  },
});

const running = new Set<Cloud>();
afterEach(async () => {
  await Promise.all([...running].map((cloud) => cloud.stop()));
  running.clear();
});

async function start(resource: Blocks = resources(), options: CloudOptions = {}): Promise<Cloud> {
  const folder = path.join(scratchFolder(), "reader-dev");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "reader.zip"), zipSync({ "index.js": strToU8(code) }));
  const config = {
    provider: { aws: [{ region: "eu-west-1" }] },
    resource,
    output: {
      live: { value: ref("aws_api_gateway_stage.Live.invoke_url") },
      test: { value: ref("aws_api_gateway_stage.Test.invoke_url") },
      acme: { value: ref("aws_api_gateway_api_key.Acme.value"), sensitive: true },
      tester: { value: ref("aws_api_gateway_api_key.Tester.value"), sensitive: true },
    },
  };
  fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify(config));
  const cloud = await Cloud.start([folder], options);
  running.add(cloud);
  return cloud;
}

const outputOf = (cloud: Cloud, name: string): string => String(cloud.stacks[0]?.outputs[name]?.value);

async function get(cloud: Cloud, stageName: "live" | "test", key: "acme" | "tester") {
  const response = await fetch(outputOf(cloud, stageName), { headers: { "x-api-key": outputOf(cloud, key) } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("each stage has its function's alias, under a grant for the alias alone, and its keys and quotas", async () => {
  const clock = new SkippingClock();
  const cloud = await start(resources(), { clock, random: () => 0.25 });
  const live = { stageVariables: { alias: "live" }, alias: "live", functionVersion: "1" };
  expect(await get(cloud, "live", "acme")).toMatchObject({ status: 200, body: live });
  expect(await get(cloud, "test", "tester")).toMatchObject({
    status: 200,
    body: { alias: "next", functionVersion: "$LATEST", apiKeyId: expect.stringMatching(/^[a-z0-9]{10}$/) },
  });
  expect(await get(cloud, "test", "acme")).toEqual({ status: 403, body: { message: "Forbidden" } });
  expect((await get(cloud, "live", "acme")).status).toBe(200);
  expect(await get(cloud, "live", "acme")).toEqual({ status: 429, body: { message: "Limit Exceeded" } });
  clock.skip(86_400_000);
  expect((await get(cloud, "live", "acme")).status).toBe(200);
  expect(cloud.iam.denials().filter(({ action }) => action.startsWith("lambda:"))).toEqual([]);
});

test("a canary's requests have its variables; what differs from AWS is told", async () => {
  const cloud = await start(resources(), { random: () => 0.2499 });
  expect(await get(cloud, "live", "acme")).toMatchObject({
    body: { alias: "next", stageVariables: { alias: "next" } },
  });
  expect(cloud.stacks[0]?.unenforced).toEqual(
    expect.arrayContaining([
      "aws_api_gateway_client_certificate: the certificate: no integration here is called by HTTPS",
      "aws_api_gateway_stage: a canary's own deployment: it serves the routes that the stage serves, with variables of its own",
      "aws_lambda_alias: the version: every one runs the code that is here",
    ]),
  );
});

test("a grant on the function itself does not reach its aliases", async () => {
  const cloud = await start(resources(mayInvoke(ref("aws_lambda_function.Reader.arn"))), { random: () => 1 });
  expect((await get(cloud, "live", "acme")).status).toBe(500);
  expect(cloud.iam.denials()).toEqual([
    expect.objectContaining({
      action: "lambda:InvokeFunction",
      resource: "arn:aws:lambda:eu-west-1:123456789012:function:reader:live",
    }),
  ]);
});

test("without a role, an alias's own policy lets the API in, and that of one alias says nothing of another", async () => {
  const { aws_api_gateway_integration: { Get = {} } = {}, ...others } = resources();
  const cloud = await start(
    {
      ...others,
      aws_api_gateway_integration: { Get: { ...Get, credentials: null } },
      aws_lambda_permission: {
        Live: {
          function_name: "reader",
          qualifier: ref("aws_lambda_alias.Live.name"),
          action: "lambda:InvokeFunction",
          principal: "apigateway.amazonaws.com",
          source_arn: `${ref("aws_api_gateway_rest_api.Api.execution_arn")}/*/GET/`,
        },
      },
    },
    { random: () => 1 },
  );
  expect((await get(cloud, "live", "acme")).status).toBe(200);
  expect((await get(cloud, "test", "tester")).status).toBe(500);
});

test("hands out for each stage a key that it takes", async () => {
  const cloud = await start();
  const keys = cloud.stacks[0]?.apis[0]?.stages.map(({ stageName, routes }) => [stageName, routes[0]?.apiKey]);
  expect(keys).toEqual([
    ["live", outputOf(cloud, "acme")],
    ["test", outputOf(cloud, "tester")],
  ]);
});

test("a plan for a stage that is not there yet is refused, as where a dependency is missing", async () => {
  const plan = { name: "basic", api_stages: [{ api_id: rest_api_id, stage: "later" }] };
  const config = {
    ...resources(),
    aws_api_gateway_usage_plan: { ...resources().aws_api_gateway_usage_plan, Basic: plan },
  };
  await expect(start(config)).rejects.toThrow(
    /^aws_api_gateway_usage_plan\.Basic: API Stage not found: [a-z0-9]{10}:later$/,
  );
});

describe("what stands around an API", () => {
  const proof = (attribute: string): string =>
    ref(`tolist(aws_acm_certificate.Certificate.domain_validation_options)[0].${attribute}`);
  const edges: Blocks = {
    aws_acm_certificate: { Certificate: { domain_name: "api.example.com", validation_method: "DNS" } },
    aws_route53_record: {
      Proof: {
        zone_id: "Z1",
        name: proof("resource_record_name"),
        type: proof("resource_record_type"),
        records: [proof("resource_record_value")],
        ttl: 300,
      },
    },
    aws_acm_certificate_validation: {
      Validation: {
        certificate_arn: ref("aws_acm_certificate.Certificate.arn"),
        validation_record_fqdns: [ref("aws_route53_record.Proof.fqdn")],
      },
    },
    aws_api_gateway_domain_name: {
      Name: {
        domain_name: "api.example.com",
        regional_certificate_arn: ref("aws_acm_certificate_validation.Validation.certificate_arn"),
        endpoint_configuration: { types: ["REGIONAL"] },
      },
    },
    aws_api_gateway_base_path_mapping: {
      Mapping: {
        domain_name: ref("aws_api_gateway_domain_name.Name.domain_name"),
        api_id: rest_api_id,
        stage_name: ref("aws_api_gateway_stage.Live.stage_name"),
      },
    },
    aws_wafv2_web_acl_association: {
      Filter: { resource_arn: ref("aws_api_gateway_stage.Live.arn"), web_acl_arn: "arn:aws:wafv2:::acl" },
    },
  };

  test("is accepted, and named as not enforced", async () => {
    const cloud = await start({ ...resources(), ...edges }, { random: () => 1 });
    expect((await get(cloud, "live", "acme")).status).toBe(200);
    expect(cloud.stacks[0]?.unenforced).toEqual(
      expect.arrayContaining([
        "aws_acm_certificate: certificates: nothing here speaks TLS",
        "aws_acm_certificate_validation: validation: every certificate counts as issued",
        "aws_api_gateway_base_path_mapping: base paths: APIs are called at their addresses here",
        "aws_api_gateway_domain_name: the name: APIs are called at their addresses here",
        "aws_route53_record: the record: no name is served",
        "aws_wafv2_web_acl_association: rules: no request is filtered",
      ]),
    );
  });

  test("is refused with an argument that is not known", async () => {
    const record = { zone_id: "Z1", name: "a", type: "A", set_identifier: "b" };
    await expect(start({ ...resources(), aws_route53_record: { Record: record } })).rejects.toThrow(
      "aws_route53_record of a: set_identifier is not modelled by the local run",
    );
  });
});
