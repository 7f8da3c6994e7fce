import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { ApiGatewayBasePathMapping } from "@cdktf/provider-aws/lib/api-gateway-base-path-mapping";
import { ApiGatewayDomainName } from "@cdktf/provider-aws/lib/api-gateway-domain-name";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";
import type { Stage } from "./stage";

export interface DomainNameProps {
  readonly stage: Stage;
  /** Name that clients call: `api.example.com`, lower case. */
  readonly domainName: string;
  /**
   * Certificate for the name, in the API's Region.
   * @default - one is made and validated by a record in the hosted zone
   */
  readonly certificateArn?: string;
  /**
   * Hosted zone of Route 53 that the name is made in. Without one, a record must be made elsewhere that leads to `targetDomainName`.
   * @default - none
   */
  readonly hostedZoneId?: string;
  /**
   * First part of the path that leads to the stage: `v1`.
   * @default - none: the whole name is the stage's
   */
  readonly basePath?: string;
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
    const { stage, domainName, hostedZoneId, basePath } = props;
    requireMatch(
      this,
      "domainName",
      domainName,
      /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      "a name such as api.example.com, in lower case",
    );
    requireMatch(
      this,
      "basePath",
      basePath,
      /^[\w$.+!*'()-]+(\/[\w$.+!*'()-]+)*$/,
      "a path without slashes at its ends, such as v1",
    );
    const domain = new ApiGatewayDomainName(this, "Resource", {
      domainName,
      regionalCertificateArn: this.certificate(props),
      endpointConfiguration: { types: ["REGIONAL"] },
      securityPolicy: "TLS_1_2",
    });
    new ApiGatewayBasePathMapping(this, "Mapping", {
      domainName: domain.domainName,
      apiId: stage.restApiId,
      stageName: stage.stageReference,
      basePath,
    });
    if (hostedZoneId) {
      new Route53Record(this, "Record", {
        zoneId: hostedZoneId,
        name: domainName,
        type: "A",
        alias: {
          name: domain.regionalDomainName,
          zoneId: domain.regionalZoneId,
          evaluateTargetHealth: false,
        },
      });
    }
    this.targetDomainName = domain.regionalDomainName;
    this.url = `https://${domainName}${basePath ? `/${basePath}` : ""}`;
  }

  /** The certificate that is given, or one that is made: then the hosted zone proves that the name is ours. */
  private certificate({ domainName, certificateArn, hostedZoneId }: DomainNameProps): string {
    if (certificateArn) {
      requireMatch(
        this,
        "certificateArn",
        certificateArn,
        /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
        "the ARN of a certificate in the API's Region",
      );
      return certificateArn;
    }
    if (!hostedZoneId) {
      throw new PropError(
        this,
        "certificateArn",
        "set where there is no hostedZoneId to prove the name in",
        certificateArn,
      );
    }
    requireMatch(
      this,
      "hostedZoneId",
      hostedZoneId,
      /^Z[0-9A-Z]{1,31}$/,
      "the id of a hosted zone, such as Z0123456789ABCDEFGHIJ",
    );
    const certificate = new AcmCertificate(this, "Certificate", {
      domainName,
      validationMethod: "DNS",
      // The name's old certificate is in use until the new one is there.
      lifecycle: { createBeforeDestroy: true },
    });
    const proof = certificate.domainValidationOptions.get(0);
    const record = new Route53Record(this, "CertificateRecord", {
      zoneId: hostedZoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType,
      records: [proof.resourceRecordValue],
      ttl: 300,
      allowOverwrite: true,
    });
    return new AcmCertificateValidation(this, "CertificateValidation", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [record.fqdn],
    }).certificateArn;
  }
}
