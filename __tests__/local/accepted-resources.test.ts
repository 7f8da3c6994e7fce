import { acceptedResources } from "../../local/accepted-resources";
import { ResourceIds } from "../../local/resource-ids";
import { place } from "../support/local";

const ids = new ResourceIds("shop-dev/aws_a.One");
const context = { place, ids };
const attributesOf = (type: string, given: Readonly<Record<string, unknown>> = {}) =>
  acceptedResources[type]?.attributes(given, context);

test.each<[string, object, object]>([
  [
    "aws_acm_certificate",
    { domain_name: "*.example.com", subject_alternative_names: ["*.example.com", "example.com"] },
    {
      arn: `arn:aws:acm:eu-west-1:123456789012:certificate/${ids.uuid()}`,
      domain_validation_options: [
        expect.objectContaining({ domain_name: "*.example.com", resource_record_name: "_local.example.com." }),
        expect.objectContaining({ domain_name: "example.com", resource_record_type: "CNAME" }),
      ],
    },
  ],
  ["aws_acm_certificate_validation", { certificate_arn: "arn" }, { id: "arn" }],
  ["aws_api_gateway_base_path_mapping", { domain_name: "a.b", base_path: "v1" }, { id: "a.b/v1" }],
  ["aws_api_gateway_client_certificate", {}, { id: ids.hexadecimal(6) }],
  [
    "aws_api_gateway_domain_name",
    { domain_name: "api.example.com" },
    {
      id: "api.example.com",
      regional_domain_name: `d-${ids.hexadecimal(10)}.execute-api.eu-west-1.amazonaws.com`,
      regional_zone_id: expect.any(String),
    },
  ],
  ["aws_apigatewayv2_api_mapping", { domain_name: "a.b" }, { id: ids.hexadecimal(6) }],
  [
    "aws_apigatewayv2_domain_name",
    { domain_name: "api.example.com", domain_name_configuration: { certificate_arn: "c" } },
    {
      id: "api.example.com",
      domain_name_configuration: [
        {
          certificate_arn: "c",
          target_domain_name: `d-${ids.hexadecimal(10)}.execute-api.eu-west-1.amazonaws.com`,
          hosted_zone_id: expect.any(String),
        },
      ],
    },
  ],
  [
    "aws_cloudwatch_dashboard",
    { dashboard_name: "orders" },
    { dashboard_arn: "arn:aws:cloudwatch::123456789012:dashboard/orders" },
  ],
  ["aws_route53_record", { zone_id: "Z1", name: "a.b", type: "A" }, { id: "Z1_a.b_A", fqdn: "a.b" }],
  ["aws_security_group", {}, { id: `sg-${ids.hexadecimal(17)}` }],
  ["aws_vpc_security_group_ingress_rule", {}, { id: `sgr-${ids.hexadecimal(17)}` }],
  [
    "aws_wafv2_web_acl",
    { name: "edge", scope: "REGIONAL" },
    { arn: `arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge/${ids.uuid()}` },
  ],
  ["aws_wafv2_web_acl_association", { web_acl_arn: "w", resource_arn: "r" }, { id: "w,r" }],
])("%s has what others refer to", (type, given, attributes) => {
  expect(attributesOf(type, given as Readonly<Record<string, unknown>>)).toMatchObject(attributes);
});
