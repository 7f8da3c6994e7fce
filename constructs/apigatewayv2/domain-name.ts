import { Apigatewayv2ApiMapping } from "@cdktf/provider-aws/lib/apigatewayv2-api-mapping";
import { Apigatewayv2DomainName } from "@cdktf/provider-aws/lib/apigatewayv2-domain-name";
import { Construct } from "constructs";
import {
  addRecord,
  type CustomDomainProps,
  certificateOf,
  requireCertificateArn,
  requireCustomDomain,
  urlOf,
} from "../apigateway/custom-domain";
import { PropError, requireMatch } from "../terraform/props";
import type { HttpStage } from "./http-stage";
import { WebSocketStage } from "./websocket-stage";

/**
 * Which clients get through the handshake: those that show a certificate of an authority in the truststore. Whether a certificate was revoked is
 * for an authorizer to find out.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html
 */
export interface MutualTls {
  /** File in S3, in the API's Region, with the authorities' certificates in PEM: `s3://bucket/truststore.pem`. */
  readonly truststoreUri: string;
  /**
   * Version of the file, in a versioned bucket. API Gateway keeps what it read: another version is what makes it read again.
   * @default - the newest when the name is made
   */
  readonly truststoreVersion?: string;
  /**
   * Certificate of ACM's own for the name, which proves that it is ours where `certificateArn` is one that was imported or is of a private
   * authority.
   * @default - none: `certificateArn` is ACM's own
   */
  readonly ownershipVerificationCertificateArn?: string;
}

export interface DomainNameProps extends CustomDomainProps {
  /** Stage of an HTTP or WebSocket API. A name that leads to a WebSocket API cannot lead to an API of another kind, too. */
  readonly stage: HttpStage | WebSocketStage;
  /**
   * Lets in only clients that show a certificate; of HTTP APIs alone. The API's `isExecuteApiEndpointDisabled` must be set, or they go around it.
   * @default - anyone gets through the handshake
   */
  readonly mutualTls?: MutualTls;
}

/**
 * A name of one's own for a stage of an HTTP or WebSocket API: certificate, mapping, and the record that leads there.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html
 */
export class DomainName extends Construct {
  /** Where the record for the name must lead. */
  readonly targetDomainName: string;
  readonly url: string;

  /** @throws PropError */
  constructor(scope: Construct, id: string, props: DomainNameProps) {
    super(scope, id);
    const { stage, domainName, basePath, mutualTls } = props;
    requireCustomDomain(this, props);
    if (mutualTls) this.requireMutualTls(mutualTls, stage);
    const domain = new Apigatewayv2DomainName(this, "Resource", {
      domainName,
      domainNameConfiguration: {
        certificateArn: certificateOf(this, props),
        endpointType: "REGIONAL",
        securityPolicy: "TLS_1_2",
        ownershipVerificationCertificateArn: mutualTls?.ownershipVerificationCertificateArn,
      },
      mutualTlsAuthentication: mutualTls && {
        truststoreUri: mutualTls.truststoreUri,
        truststoreVersion: mutualTls.truststoreVersion,
      },
    });
    new Apigatewayv2ApiMapping(this, "Mapping", {
      apiId: stage.apiId,
      domainName: domain.domainName,
      stage: stage.stageReference,
      apiMappingKey: basePath,
    });
    const { targetDomainName, hostedZoneId } = domain.domainNameConfiguration;
    addRecord(this, props, { name: targetDomainName, zoneId: hostedZoneId });
    this.targetDomainName = targetDomainName;
    this.url = urlOf(props, stage instanceof WebSocketStage ? "wss" : "https");
  }

  private requireMutualTls(mutualTls: MutualTls, stage: HttpStage | WebSocketStage): void {
    const { truststoreUri, ownershipVerificationCertificateArn } = mutualTls;
    if (stage instanceof WebSocketStage) {
      const rule = "left out for a WebSocket API, for which API Gateway has none";
      throw new PropError(this, "mutualTls", rule, truststoreUri, "Let an authorizer of $connect decide");
    }
    const uri = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/s;
    requireMatch(
      this,
      "mutualTls.truststoreUri",
      truststoreUri,
      uri,
      "a file in S3, such as s3://bucket/truststore.pem",
    );
    if (ownershipVerificationCertificateArn !== undefined) {
      requireCertificateArn(this, "mutualTls.ownershipVerificationCertificateArn", ownershipVerificationCertificateArn);
    }
    if (stage.isExecuteApiEndpointDisabled) return;
    const rule = "left out while the API can be reached around it";
    throw new PropError(this, "mutualTls", rule, truststoreUri, "Set isExecuteApiEndpointDisabled of the API");
  }
}
