import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";
import { requireAtMost } from "./limits";

/** What a name of one's own is, whichever kind of API it leads to. */
export interface CustomDomainProps {
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
   * First part of the path that leads to the stage: `v1`, at most 300 characters. For HTTP and WebSocket APIs it may be several parts: `v1/orders`.
   * @default - none: the whole name is the stage's
   */
  readonly basePath?: string;
}

/** @throws PropError */
export function requireCustomDomain(
  construct: Construct,
  { domainName, basePath, hostedZoneId }: CustomDomainProps,
): void {
  requireMatch(
    construct,
    "hostedZoneId",
    hostedZoneId,
    /^Z[0-9A-Z]{1,31}$/,
    "the id of a hosted zone, such as Z0123456789ABCDEFGHIJ",
  );
  requireMatch(
    construct,
    "domainName",
    domainName,
    /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a name such as api.example.com, in lower case",
  );
  requireMatch(
    construct,
    "basePath",
    basePath,
    /^[\w$.+!*'()-]+(\/[\w$.+!*'()-]+)*$/,
    "a path without slashes at its ends, such as v1",
  );
  const page = "https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html";
  requireAtMost(construct, "basePath", basePath?.length ?? 0, 300, "characters", page);
}

/** What clients call. */
export const urlOf = ({ domainName, basePath }: CustomDomainProps, protocol: "https" | "wss" = "https"): string =>
  `${protocol}://${domainName}${basePath ? `/${basePath}` : ""}`;

/**
 * Checks the ARN of a certificate.
 * @param prop the prop's name as the user wrote it
 * @throws PropError
 */
export function requireCertificateArn(construct: Construct, prop: string, certificateArn: string): void {
  const { region } = Stack.of(construct);
  requireMatch(
    construct,
    prop,
    certificateArn,
    new RegExp(`^arn:[\\w-]+:acm:${region}:\\d{12}:certificate/[\\w-]+$`),
    `the ARN of a certificate in the API's Region, ${region}`,
  );
}

/**
 * The certificate that is given, or one that is made: then the hosted zone proves that the name is ours.
 * @param domain in which the certificate is made
 * @throws PropError
 */
export function certificateOf(
  domain: Construct,
  { domainName, certificateArn, hostedZoneId }: CustomDomainProps,
): string {
  if (certificateArn) {
    requireCertificateArn(domain, "certificateArn", certificateArn);
    return certificateArn;
  }
  if (!hostedZoneId) {
    throw new PropError(
      domain,
      "certificateArn",
      "set where there is no hostedZoneId to prove the name in",
      certificateArn,
    );
  }
  const certificate = new AcmCertificate(domain, "Certificate", {
    domainName,
    validationMethod: "DNS",
    // The name's old certificate is in use until the new one is there.
    lifecycle: { createBeforeDestroy: true },
  });
  const proof = certificate.domainValidationOptions.get(0);
  const record = new Route53Record(domain, "CertificateRecord", {
    zoneId: hostedZoneId,
    name: proof.resourceRecordName,
    type: proof.resourceRecordType,
    records: [proof.resourceRecordValue],
    ttl: 300,
    allowOverwrite: true,
  });
  return new AcmCertificateValidation(domain, "CertificateValidation", {
    certificateArn: certificate.arn,
    validationRecordFqdns: [record.fqdn],
  }).certificateArn;
}

/**
 * Makes the record that leads from the name to API Gateway, where there is a hosted zone.
 * @param domain in which the record is made
 * @param target name and hosted zone of API Gateway's
 */
export function addRecord(
  domain: Construct,
  { domainName, hostedZoneId }: CustomDomainProps,
  target: { readonly name: string; readonly zoneId: string },
): void {
  if (!hostedZoneId) return;
  new Route53Record(domain, "Record", {
    zoneId: hostedZoneId,
    name: domainName,
    type: "A",
    alias: { ...target, evaluateTargetHealth: false },
  });
}
