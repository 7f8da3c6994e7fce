import type { Place } from "./aws";
import type { ResourceIds } from "./resource-ids";

type Attributes = Readonly<Record<string, unknown>>;

/** What stands around APIs and functions in an account, and changes nothing here. */
interface AcceptedResource {
  /** Arguments that it may have. Any other is an error that names it. */
  readonly arguments: readonly string[];
  /** What is not enforced. */
  readonly unenforced: string;
  /** What the resource computes. */
  readonly attributes: (given: Attributes, context: Context) => Attributes;
}

interface Context {
  readonly place: Place;
  readonly ids: ResourceIds;
}

const tags = ["tags", "tags_all"];

const arnOf = ({ partition, region, accountId }: Place, service: string, resource: string): string =>
  `arn:${partition}:${service}:${region}:${accountId}:${resource}`;

/** An id as EC2 has them. */
const ec2Id = (prefix: string, ids: ResourceIds): string => `${prefix}-${ids.hexadecimal(17)}`;

const securityGroupRule: AcceptedResource = {
  arguments: [
    ...["security_group_id", "description", "cidr_ipv4", "cidr_ipv6", "prefix_list_id", "ip_protocol", "from_port"],
    ...["to_port", "referenced_security_group_id", ...tags],
  ],
  unenforced: "networks: every port is open",
  attributes: (_, { place, ids }) => {
    const id = ec2Id("sgr", ids);
    return { id, security_group_rule_id: id, arn: arnOf(place, "ec2", `security-group-rule/${id}`) };
  },
};

/** The resource types that are accepted as they are. Whoever relies on one has to look for it in AWS. */
export const acceptedResources: Readonly<Record<string, AcceptedResource>> = {
  aws_acm_certificate: {
    arguments: [
      ...["domain_name", "validation_method", "subject_alternative_names", "key_algorithm", "options", ...tags],
    ],
    unenforced: "certificates: nothing here speaks TLS",
    attributes: ({ domain_name: domainName, subject_alternative_names: others = [] }, { place, ids }) => {
      const id = arnOf(place, "acm", `certificate/${ids.uuid()}`);
      const names = new Set([String(domainName), ...(others as readonly string[])]);
      return { id, arn: id, status: "PENDING_VALIDATION", domain_validation_options: [...names].map(proofOf) };
    },
  },
  aws_acm_certificate_validation: {
    arguments: ["certificate_arn", "validation_record_fqdns", "timeouts"],
    unenforced: "validation: every certificate counts as issued",
    attributes: ({ certificate_arn: id }) => ({ id }),
  },
  aws_api_gateway_base_path_mapping: {
    arguments: ["api_id", "stage_name", "base_path", "domain_name", "domain_name_id"],
    unenforced: "base paths: APIs are called at their addresses here",
    attributes: ({ domain_name: domainName, base_path: basePath = "" }) => ({ id: `${domainName}/${basePath}` }),
  },
  aws_api_gateway_client_certificate: {
    arguments: ["description", ...tags],
    unenforced: "the certificate: no integration here is called by HTTPS",
    attributes: (_, { ids, place }) => {
      const id = ids.hexadecimal(6);
      return { id, arn: `arn:${place.partition}:apigateway:${place.region}::/clientcertificates/${id}` };
    },
  },
  aws_api_gateway_domain_name: {
    arguments: [
      ...["domain_name", "certificate_arn", "regional_certificate_arn", "ownership_verification_certificate_arn"],
      ...["endpoint_configuration", "mutual_tls_authentication", "security_policy", ...tags],
    ],
    unenforced: "the name: APIs are called at their addresses here",
    attributes: ({ domain_name: domainName }, { ids, place }) => ({
      id: domainName,
      arn: `arn:${place.partition}:apigateway:${place.region}::/domainnames/${domainName}`,
      regional_domain_name: `d-${ids.hexadecimal(10)}.execute-api.${place.region}.amazonaws.com`,
      regional_zone_id: "Z0000000000LOCAL",
    }),
  },
  aws_apigatewayv2_api_mapping: {
    arguments: ["api_id", "domain_name", "stage", "api_mapping_key"],
    unenforced: "names and paths: APIs are called at their addresses here",
    attributes: (_, { ids }) => ({ id: ids.hexadecimal(6) }),
  },
  aws_apigatewayv2_domain_name: {
    arguments: ["domain_name", "domain_name_configuration", "mutual_tls_authentication", "routing_mode", ...tags],
    unenforced: "the name and mutual TLS: APIs are called at their addresses here, without TLS",
    attributes: ({ domain_name: domainName, domain_name_configuration: given }, { ids, place }) => ({
      id: domainName,
      arn: `arn:${place.partition}:apigateway:${place.region}::/domainnames/${domainName}`,
      domain_name_configuration: [given ?? []].flat().map((configuration) => ({
        ...(configuration as Attributes),
        target_domain_name: `d-${ids.hexadecimal(10)}.execute-api.${place.region}.amazonaws.com`,
        hosted_zone_id: "Z0000000000LOCAL",
      })),
    }),
  },
  aws_cloudwatch_dashboard: {
    arguments: ["dashboard_name", "dashboard_body"],
    unenforced: "the dashboard: no metric is made",
    attributes: ({ dashboard_name: name }, { place }) => ({
      id: name,
      dashboard_arn: `arn:${place.partition}:cloudwatch::${place.accountId}:dashboard/${name}`,
    }),
  },
  aws_route53_record: {
    arguments: ["zone_id", "name", "type", "records", "ttl", "alias", "allow_overwrite"],
    unenforced: "the record: no name is served",
    attributes: ({ zone_id: zoneId, name, type }) => ({ id: `${zoneId}_${name}_${type}`, fqdn: name }),
  },
  aws_security_group: {
    arguments: ["name", "name_prefix", "description", "vpc_id", "ingress", "egress", "revoke_rules_on_delete", ...tags],
    unenforced: "networks: every port is open",
    attributes: (_, { place, ids }) => {
      const id = ec2Id("sg", ids);
      return { id, arn: arnOf(place, "ec2", `security-group/${id}`) };
    },
  },
  aws_vpc_security_group_egress_rule: securityGroupRule,
  aws_vpc_security_group_ingress_rule: securityGroupRule,
  aws_wafv2_web_acl: {
    arguments: [
      ...["name", "name_prefix", "description", "scope", "default_action", "rule", "rule_json", "visibility_config"],
      ...["custom_response_body", "token_domains", "association_config", ...tags],
    ],
    unenforced: "rules: no request is filtered",
    attributes: ({ name, scope }, { place, ids }) => {
      const id = ids.uuid();
      return {
        id,
        arn: arnOf(place, "wafv2", `${scope === "CLOUDFRONT" ? "global" : "regional"}/webacl/${name}/${id}`),
      };
    },
  },
  aws_wafv2_web_acl_association: {
    arguments: ["resource_arn", "web_acl_arn", "timeouts"],
    unenforced: "rules: no request is filtered",
    attributes: ({ web_acl_arn: webAclArn, resource_arn: resourceArn }) => ({ id: `${webAclArn},${resourceArn}` }),
  },
};

/** The record that would prove that a name is the account's. */
const proofOf = (domainName: string) => ({
  domain_name: domainName,
  resource_record_name: `_local.${domainName.replace(/^\*\./, "")}.`,
  resource_record_type: "CNAME",
  resource_record_value: "_local.acm-validations.aws.",
});
