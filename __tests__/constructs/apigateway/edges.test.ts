import { DomainName, type DomainNameProps } from "../../../constructs/apigateway/domain-name";
import type { RestApi, RestApiProps } from "../../../constructs/apigateway/rest-api";
import { StageDashboard } from "../../../constructs/apigateway/stage-dashboard";
import { WebAclAssociation } from "../../../constructs/apigateway/web-acl-association";
import { VpcEndpoint, type VpcEndpointProps } from "../../../constructs/ec2/vpc-endpoint";
import { functionOf, synthesizeApi, toFunction } from "../../support/api";
import { type Config, countOf, only, synthesize } from "../../support/synth";

const configOf = (build: (api: RestApi) => void, changes: Partial<RestApiProps> = {}): Config =>
  synthesizeApi((api) => {
    api.addRoute("GET", "/a", toFunction);
    build(api);
  }, changes);

const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d";

const withDomain = (props: Partial<DomainNameProps>): Config =>
  configOf((api) => {
    new DomainName(api, "Domain", { stage: api.stage, domainName: "api.example.com", ...props });
  });

describe("a domain name", () => {
  test("with a certificate of its own leads to the stage, TLS 1.2 and above", () => {
    const config = withDomain({ certificateArn: CERTIFICATE, basePath: "v1" });
    expect(only(config, "aws_api_gateway_domain_name")).toMatchObject({
      domain_name: "api.example.com",
      regional_certificate_arn: CERTIFICATE,
      endpoint_configuration: { types: ["REGIONAL"] },
      security_policy: "TLS_1_2",
    });
    expect(only(config, "aws_api_gateway_base_path_mapping")).toMatchObject({
      domain_name: "${aws_api_gateway_domain_name.Api_Domain.domain_name}",
      api_id: "${aws_api_gateway_rest_api.Api.id}",
      stage_name: "${aws_api_gateway_stage.Api_Stage.stage_name}",
      base_path: "v1",
    });
    const longest = "p".repeat(300);
    expect(
      only(withDomain({ certificateArn: CERTIFICATE, basePath: longest }), "aws_api_gateway_base_path_mapping")
        .base_path,
    ).toBe(longest);
    expect(countOf(config, "aws_route53_record")).toBe(0);
    expect(countOf(config, "aws_acm_certificate")).toBe(0);
  });

  test("in a hosted zone gets a certificate, proved there, and a record", () => {
    const config = withDomain({ hostedZoneId: "Z0123456789ABC" });
    expect(only(config, "aws_acm_certificate")).toMatchObject({
      domain_name: "api.example.com",
      validation_method: "DNS",
      lifecycle: { create_before_destroy: true },
    });
    expect(only(config, "aws_api_gateway_domain_name").regional_certificate_arn).toBe(
      "${aws_acm_certificate_validation.Api_Domain_CertificateValidation.certificate_arn}",
    );
    expect(config.resource.aws_route53_record?.Api_Domain_Record).toMatchObject({
      zone_id: "Z0123456789ABC",
      name: "api.example.com",
      type: "A",
      alias: {
        name: "${aws_api_gateway_domain_name.Api_Domain.regional_domain_name}",
        zone_id: "${aws_api_gateway_domain_name.Api_Domain.regional_zone_id}",
        evaluate_target_health: false,
      },
    });
    expect(config.resource.aws_route53_record?.Api_Domain_CertificateRecord?.records).toHaveLength(1);
    expect(only(config, "aws_api_gateway_base_path_mapping")).not.toHaveProperty("base_path");
  });

  test.each<[Partial<DomainNameProps>, string]>([
    [{}, "certificateArn must be set where there is no hostedZoneId to prove the name in, got: undefined"],
    [
      { domainName: "API.example.com", certificateArn: CERTIFICATE },
      'domainName must be a name such as api.example.com, in lower case, got: "API.example.com"',
    ],
    [{ domainName: "localhost", certificateArn: CERTIFICATE }, 'got: "localhost"'],
    [
      { certificateArn: "arn:aws:iam::123456789012:server-certificate/x" },
      "certificateArn must be the ARN of a certificate in the API's Region",
    ],
    [
      { certificateArn: CERTIFICATE, basePath: "/v1" },
      'basePath must be a path without slashes at its ends, such as v1, got: "/v1"',
    ],
    [
      { certificateArn: CERTIFICATE.replace("eu-west-1", "us-east-1") },
      "certificateArn must be the ARN of a certificate in the API's Region, eu-west-1, got:",
    ],
    [
      { certificateArn: CERTIFICATE, basePath: "v1/orders" },
      'basePath must be one part, without slashes, for a REST API, got: "v1/orders" (in test/Api/Domain)',
    ],
    [
      { certificateArn: CERTIFICATE, basePath: "p".repeat(301) },
      "basePath must be at most 300 characters, got: 301. It is AWS's limit, https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html",
    ],
    [{ hostedZoneId: "/hostedzone/Z1" }, "hostedZoneId must be the id of a hosted zone"],
    [{ certificateArn: CERTIFICATE, hostedZoneId: "/hostedzone/Z1" }, "hostedZoneId must be the id of a hosted zone"],
  ])("is refused as %j", (props, message) => {
    expect(() => withDomain(props)).toThrow(message);
  });
});

describe("a web ACL", () => {
  const associated = (webAclArn: string): Config =>
    configOf((api) => {
      new WebAclAssociation(api, "WebAcl", { stage: api.stage, webAclArn });
    });
  const arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/0a1b2c3d-0000";

  test("stands before the stage", () => {
    expect(only(associated(arn), "aws_wafv2_web_acl_association")).toMatchObject({
      resource_arn: "${aws_api_gateway_stage.Api_Stage.arn}",
      web_acl_arn: arn,
    });
  });

  test.each([arn.replace("regional", "global"), arn.replace("eu-west-1", "eu-west-2")])(
    "of CloudFront or another Region is refused: %s",
    (other) => {
      expect(() => associated(other)).toThrow(
        `webAclArn must be the ARN of a regional web ACL in the API's Region, eu-west-1, got: "${other}"`,
      );
    },
  );
});

test("a client certificate is made where it is asked for", () => {
  const config = configOf(() => undefined, { hasClientCertificate: true });
  expect(only(config, "aws_api_gateway_client_certificate")).toMatchObject({ description: "Of the stage dev of shop" });
  expect(only(config, "aws_api_gateway_stage").client_certificate_id).toBe(
    "${aws_api_gateway_client_certificate.Api_Stage_ClientCertificate.id}",
  );
  const none = configOf(() => undefined);
  expect(countOf(none, "aws_api_gateway_client_certificate")).toBe(0);
  expect(only(none, "aws_api_gateway_stage")).not.toHaveProperty("client_certificate_id");
});

test("an access log line has every field that somebody searches by", () => {
  const { format } = only(
    configOf(() => undefined),
    "aws_api_gateway_stage",
  ).access_log_settings;
  expect(Object.keys(JSON.parse(format))).toEqual(
    expect.arrayContaining([
      ...["requestId", "caller", "principalId", "apiKeyId", "sourceIp", "status", "errorType"],
      ...["authorizerError", "authorizerStatus", "integrationLatency", "integrationError", "wafResponse", "wafError"],
    ]),
  );
  for (const value of Object.values(JSON.parse(format))) expect(value).toMatch(/^\$context\.[\w.]+$/);
});

test("a dashboard shows requests, how they end and how long they take, and the functions behind", () => {
  const config = synthesizeApi((api, stack) => {
    const handler = functionOf(stack, "WriteOrder");
    new StageDashboard(stack, "Dashboard", { stage: api.stage, dashboardName: "shop", functions: [handler] });
  });
  const dashboard = only(config, "aws_cloudwatch_dashboard");
  const { widgets } = JSON.parse(dashboard.dashboard_body);
  expect(dashboard.dashboard_name).toBe("shop");
  expect(
    widgets.map(({ x, y, properties }: { x: number; y: number; properties: { title: string } }) => [
      x,
      y,
      properties.title,
    ]),
  ).toEqual([
    [0, 0, "Requests"],
    [12, 0, "Refused and failed"],
    [0, 6, "Latency, milliseconds"],
    [12, 6, "Latency behind the API, milliseconds"],
    [0, 12, "Functions: errors"],
    [12, 12, "Functions: throttles"],
    [0, 18, "Functions: duration, p99 in milliseconds"],
    [12, 18, "Functions: at once"],
  ]);
  expect(widgets[0].properties.metrics).toEqual([
    ["AWS/ApiGateway", "Count", "ApiName", "shop", "Stage", "dev", { stat: "Sum", label: "all" }],
  ]);
  expect(widgets[4].properties.metrics).toEqual([
    [
      "AWS/Lambda",
      "Errors",
      "FunctionName",
      "${aws_lambda_function.WriteOrder.function_name}",
      { stat: "Sum", label: "WriteOrder" },
    ],
  ]);
});

describe("a VPC endpoint", () => {
  const withEndpoint = (changes: Partial<VpcEndpointProps>): Config =>
    synthesize((stack) => {
      new VpcEndpoint(stack, "Endpoint", {
        service: "execute-api",
        endpointName: "apis",
        vpcId: "vpc-01234567",
        subnetIds: ["subnet-01234567"],
        clientCidrBlocks: ["10.0.0.0/8"],
        ...changes,
      });
    });

  test("lets nothing in but HTTPS from its clients", () => {
    const config = withEndpoint({ clientCidrBlocks: ["10.0.0.0/8", "192.168.0.0/16"] });
    expect(countOf(config, "aws_vpc_security_group_ingress_rule")).toBe(2);
    expect(only(config, "aws_security_group")).not.toHaveProperty("ingress");
  });

  test.each<[Partial<VpcEndpointProps>, string]>([
    [{ vpcId: "vpc" }, 'vpcId must be the id of a VPC, such as vpc-0123456789abcdef0, got: "vpc"'],
    [{ subnetIds: [] }, "subnetIds must be at least one subnet, got: []"],
    [{ subnetIds: ["subnet"] }, 'subnetIds must be ids such as subnet-0123456789abcdef0, got: "subnet"'],
    [{ clientCidrBlocks: [] }, "clientCidrBlocks must be at least one block, got: []"],
    [{ clientCidrBlocks: ["10.0.0.0/33"] }, 'clientCidrBlocks must be blocks such as 10.0.0.0/16, got: "10.0.0.0/33"'],
    [{ clientCidrBlocks: ["10.0.0.0"] }, 'got: "10.0.0.0"'],
    [{ clientCidrBlocks: ["300.0.0.0/8"] }, 'got: "300.0.0.0/8"'],
    [{ clientCidrBlocks: ["10.0.0.0/8/8"] }, 'got: "10.0.0.0/8/8"'],
  ])("is refused as %j", (changes, message) => {
    expect(() => withEndpoint(changes)).toThrow(message);
  });
});
