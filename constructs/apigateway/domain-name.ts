import { ApiGatewayBasePathMapping } from "@cdktf/provider-aws/lib/api-gateway-base-path-mapping";
import { ApiGatewayDomainName } from "@cdktf/provider-aws/lib/api-gateway-domain-name";
import { Construct } from "constructs";
import { requireMatch } from "../terraform/props";
import { addRecord, type CustomDomainProps, certificateOf, requireCustomDomain, urlOf } from "./custom-domain";
import type { Stage } from "./stage";

export interface DomainNameProps extends CustomDomainProps {
  readonly stage: Stage;
}

/**
 * A name of one's own for a stage: certificate, mapping, and the record that leads there.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
 */
export class DomainName extends Construct {
  /** Where the record for the name must lead. */
  readonly targetDomainName: string;
  readonly url: string;

  constructor(scope: Construct, id: string, props: DomainNameProps) {
    super(scope, id);
    const { stage, domainName, basePath } = props;
    requireCustomDomain(this, props);
    requireMatch(this, "basePath", basePath, /^[^/]+$/, "one part, without slashes, for a REST API");
    const domain = new ApiGatewayDomainName(this, "Resource", {
      domainName,
      regionalCertificateArn: certificateOf(this, props),
      endpointConfiguration: { types: ["REGIONAL"] },
      securityPolicy: "TLS_1_2",
    });
    new ApiGatewayBasePathMapping(this, "Mapping", {
      domainName: domain.domainName,
      apiId: stage.restApiId,
      stageName: stage.stageReference,
      basePath,
    });
    addRecord(this, props, { name: domain.regionalDomainName, zoneId: domain.regionalZoneId });
    this.targetDomainName = domain.regionalDomainName;
    this.url = urlOf(props);
  }
}
