import type { AccessRequest, Caller } from "../aws";

/**
 * AWS's global condition keys that have the value here that they have there, in lower case; a service's own keys come with the request, as
 * those of a VPC do with a private API's. No request here comes from an IAM user, so that those keys are absent, as they are there.
 */
export const globalKeys: ReadonlySet<string> = new Set(
  [
    ...["CurrentTime", "EpochTime", "RequestedRegion", "SecureTransport", "ViaAWSService"],
    ...["PrincipalAccount", "PrincipalArn", "PrincipalIsAWSService", "PrincipalServiceName", "PrincipalType", "userid"],
    ...["SourceAccount", "SourceArn", "SourceIp"],
    ...["SourceVpc", "SourceVpce", "VpcSourceIp", "username"],
  ].map((key) => `aws:${key}`.toLowerCase()),
);

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
function principalKeys(caller: Caller): Readonly<Record<string, string>> {
  const { principalArn, accountId, service, sourceArn, userId, isAnonymous } = caller;
  if (service) {
    const source = sourceArn !== undefined && { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountId };
    return { "aws:PrincipalServiceName": service, ...source };
  }
  if (isAnonymous) {
    return { "aws:PrincipalAccount": accountId, "aws:PrincipalType": "Anonymous", "aws:userid": "anonymous" };
  }
  return {
    "aws:PrincipalArn": principalArn,
    "aws:PrincipalAccount": accountId,
    "aws:PrincipalType": "AssumedRole",
    ...(userId && { "aws:userid": userId }),
  };
}

/**
 * The condition keys of a call: those that come with it, and those that follow from who calls, when, and how every call here is made.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export const contextOf = (
  { caller, context }: AccessRequest,
  { region, now }: { readonly region: string; readonly now: number },
): Readonly<Record<string, string>> => ({
  ...context,
  // The endpoint on 127.0.0.1 stands for AWS's, which is behind TLS.
  "aws:SecureTransport": "true",
  "aws:ViaAWSService": "false",
  "aws:RequestedRegion": region,
  "aws:CurrentTime": new Date(now).toISOString(),
  "aws:EpochTime": String(Math.floor(now / 1000)),
  "aws:PrincipalIsAWSService": String(caller.service !== undefined),
  ...(caller.sourceIp !== undefined && { "aws:SourceIp": caller.sourceIp }),
  ...principalKeys(caller),
});
