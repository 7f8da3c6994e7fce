import { StageDashboard } from "../../../constructs/apigateway/stage-dashboard";
import { DomainName, type DomainNameProps } from "../../../constructs/apigatewayv2/domain-name";
import type { HttpApiProps } from "../../../constructs/apigatewayv2/http-api";
import { addAlarms, at } from "../../support/api";
import { synthesizeHttpApi, toFunction } from "../../support/http-api";
import { type Config, countOf, only } from "../../support/synth";

const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d";

const withDomain = (props: Partial<DomainNameProps>, changes: Partial<HttpApiProps> = {}): Config =>
  synthesizeHttpApi((api) => {
    api.addRoute("GET /a", toFunction);
    new DomainName(api, "Domain", { stage: api.stage, domainName: "api.example.com", ...props });
  }, changes);

describe("a domain name", () => {
  test("with a certificate of its own leads to the stage, TLS 1.2 and above", () => {
    const config = withDomain({ certificateArn: CERTIFICATE, basePath: "v1/orders" });
    expect(at(config, "aws_apigatewayv2_domain_name.Api_Domain")).toEqual({
      domain_name: "api.example.com",
      domain_name_configuration: {
        certificate_arn: CERTIFICATE,
        endpoint_type: "REGIONAL",
        security_policy: "TLS_1_2",
      },
    });
    expect(at(config, "aws_apigatewayv2_api_mapping.Api_Domain_Mapping")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      domain_name: "${aws_apigatewayv2_domain_name.Api_Domain.domain_name}",
      stage: "${aws_apigatewayv2_stage.Api_Stage.name}",
      api_mapping_key: "v1/orders",
    });
    expect(countOf(config, "aws_route53_record")).toBe(0);
    expect(countOf(config, "aws_acm_certificate")).toBe(0);
  });

  test("in a hosted zone gets a certificate, proved there, and a record", () => {
    const config = withDomain({ hostedZoneId: "Z0123456789ABC" });
    expect(only(config, "aws_acm_certificate").domain_name).toBe("api.example.com");
    expect(only(config, "aws_apigatewayv2_domain_name").domain_name_configuration.certificate_arn).toBe(
      "${aws_acm_certificate_validation.Api_Domain_CertificateValidation.certificate_arn}",
    );
    const target = "aws_apigatewayv2_domain_name.Api_Domain.domain_name_configuration[0]";
    expect(at(config, "aws_route53_record.Api_Domain_Record")).toEqual({
      zone_id: "Z0123456789ABC",
      name: "api.example.com",
      type: "A",
      alias: {
        name: `\${${target}.target_domain_name}`,
        zone_id: `\${${target}.hosted_zone_id}`,
        evaluate_target_health: false,
      },
    });
    expect(only(config, "aws_apigatewayv2_api_mapping")).not.toHaveProperty("api_mapping_key");
  });

  test("says what clients call, and where a record must lead that is made elsewhere", () => {
    const seen: string[] = [];
    synthesizeHttpApi((api) => {
      const domain = (id: string, basePath?: string) =>
        new DomainName(api, id, {
          stage: api.stage,
          domainName: "api.example.com",
          certificateArn: CERTIFICATE,
          basePath,
        });
      seen.push(domain("Whole").url, domain("Part", "v1").url);
    });
    expect(seen).toEqual(["https://api.example.com", "https://api.example.com/v1"]);
  });

  test.each<[Partial<DomainNameProps>, string]>([
    [{}, "certificateArn must be set where there is no hostedZoneId to prove the name in, got: undefined"],
    [{ domainName: "API.example.com" }, "domainName must be a name such as api.example.com, in lower case"],
    [{ certificateArn: "arn:aws:iam::1:x" }, "certificateArn must be the ARN of a certificate in the API's Region"],
    [{ basePath: "v1/" }, 'basePath must be a path without slashes at its ends, such as v1, got: "v1/"'],
    [{ hostedZoneId: "Z" }, "hostedZoneId must be the id of a hosted zone"],
  ])("is refused as %j", (props, message) => {
    expect(() => withDomain(props)).toThrow(message);
  });
});

describe("mutual TLS", () => {
  const truststoreUri = "s3://shop-truststore/clients.pem";
  const closed = { isExecuteApiEndpointDisabled: true };
  const secured = (mutualTls: DomainNameProps["mutualTls"], changes: Partial<HttpApiProps> = closed) =>
    withDomain({ certificateArn: CERTIFICATE, mutualTls }, changes);

  test("takes clients whose certificate an authority in the truststore signed, and there is no way around it", () => {
    const config = secured({ truststoreUri, truststoreVersion: "v1" });
    expect(only(config, "aws_apigatewayv2_domain_name").mutual_tls_authentication).toEqual({
      truststore_uri: truststoreUri,
      truststore_version: "v1",
    });
    expect(only(config, "aws_apigatewayv2_api").disable_execute_api_endpoint).toBe(true);
  });

  test("is proved to be ours where the certificate is not of ACM", () => {
    const config = secured({ truststoreUri, ownershipVerificationCertificateArn: CERTIFICATE });
    expect(only(config, "aws_apigatewayv2_domain_name").domain_name_configuration).toMatchObject({
      ownership_verification_certificate_arn: CERTIFICATE,
    });
  });

  test("is refused while the API can be reached without", () => {
    expect(() => secured({ truststoreUri }, {})).toThrow(
      `mutualTls must be left out while the API can be reached around it, got: "${truststoreUri}". Set isExecuteApiEndpointDisabled of the API (in test/Api/Domain)`,
    );
  });

  test.each<[DomainNameProps["mutualTls"], string]>([
    [
      { truststoreUri: "https://shop.s3.amazonaws.com/clients.pem" },
      "mutualTls.truststoreUri must be a file in S3, such as s3://bucket/truststore.pem",
    ],
    [{ truststoreUri: "s3://shop-truststore" }, 'got: "s3://shop-truststore"'],
    [{ truststoreUri: "s3://shop-truststore/" }, 'got: "s3://shop-truststore/"'],
    [
      { truststoreUri, ownershipVerificationCertificateArn: "arn" },
      "mutualTls.ownershipVerificationCertificateArn must be the ARN of a certificate in the API's Region",
    ],
  ])("is refused as %j", (mutualTls, message) => {
    expect(() => secured(mutualTls)).toThrow(message);
  });
});

describe("the same alarms and dashboard as a REST API's", () => {
  const dimensions = { ApiId: "${aws_apigatewayv2_api.Api.id}", Stage: "$default" };

  test("ring for throttling, counted in the access log, for 5XX and for latency", () => {
    const config = synthesizeHttpApi((api, stack) => {
      addAlarms(stack, api.stage);
    });
    const stage = { namespace: "AWS/ApiGateway", dimensions };
    expect(Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {})).toMatchObject([
      { ...stage, alarm_name: "shop-latency", metric_name: "Latency", extended_statistic: "p99", threshold: 3 },
      { ...stage, alarm_name: "shop-server-errors", metric_name: "5xx", statistic: "Sum", threshold: 2 },
      { alarm_name: "shop-throttled", namespace: "Gatehouse", metric_name: "shop-throttled", threshold: 1 },
    ]);
    expect(only(config, "aws_cloudwatch_log_metric_filter")).toMatchObject({
      log_group_name: "${aws_cloudwatch_log_group.Api_Stage_AccessLogs.name}",
      pattern: '{ $.status = "429" }',
    });
    expect(only(config, "aws_apigatewayv2_stage").access_log_settings.format).toContain('"status":"$context.status"');
  });

  test("show what HTTP APIs count under names of their own", () => {
    const config = synthesizeHttpApi((api, stack) => {
      new StageDashboard(stack, "Dashboard", { stage: api.stage, dashboardName: "shop", functions: [] });
    });
    const { widgets } = JSON.parse(only(config, "aws_cloudwatch_dashboard").dashboard_body);
    const metrics = widgets.flatMap(({ properties }: { properties: { metrics: string[][] } }) => properties.metrics);
    const names = new Set(metrics.map(([, name]: string[]) => name));
    expect([...names]).toEqual(["Count", "4xx", "5xx", "Latency", "IntegrationLatency"]);
    expect(metrics[0]).toEqual([
      ...["AWS/ApiGateway", "Count", "ApiId", "${aws_apigatewayv2_api.Api.id}", "Stage", "$default"],
      { stat: "Sum", label: "all" },
    ]);
  });
});
