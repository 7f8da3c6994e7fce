import { isIP } from "node:net";
import type { Clock } from "../aws";
import { type Origin, originHeadersOf, type VpcEndpoint } from "./request-origin";
import { ResourcePolicy } from "./resource-policy";
import type { RestApi } from "./rest-api";

/** Where requests to this machine come from. */
const HERE = "127.0.0.1";

/** What a policy's conditions hold under a key, whatever they say of it. */
function valuesOf(document: string, key: string): readonly string[] {
  const { Statement } = JSON.parse(document) as { Statement: unknown };
  const conditions = [Statement].flat().map((statement) => (statement as { Condition?: object }).Condition ?? {});
  return conditions
    .flatMap((condition) => Object.values(condition) as Record<string, string | string[]>[])
    .flatMap((byKey) => byKey[key] ?? []);
}

/**
 * Headers by which a request from here comes from where an API's policy lets requests in, for whoever wants to see the API answer. None
 * where the policy has nothing against this machine; and where no place that it names will do, those of the first VPC endpoint, if any.
 */
export function allowedOrigin(
  { isPrivate, vpcEndpointIds, policy }: Pick<RestApi, "isPrivate" | "policy" | "vpcEndpointIds">,
  executionArn: string,
  options: { readonly region: string; readonly clock: Clock },
): Readonly<Record<string, string>> {
  if (policy === undefined) return {};
  const { document, decide } = readPolicy(policy, executionArn, options);
  const addresses = ["aws:SourceIp", "aws:VpcSourceIp"]
    .flatMap((key) => valuesOf(document, key))
    .map((block) => block.split("/")[0] ?? "");
  const sourceIps = [HERE, ...addresses].filter((address) => isIP(address) > 0);
  const endpointIds = [...vpcEndpointIds, ...valuesOf(document, "aws:SourceVpce")];
  const vpcs = [undefined, ...valuesOf(document, "aws:SourceVpc")];
  const endpoints: readonly (VpcEndpoint | undefined)[] = isPrivate
    ? endpointIds.flatMap((vpcEndpointId) => vpcs.map((vpcId) => ({ vpcEndpointId, vpcId })))
    : [undefined];
  const origins: readonly Origin[] = endpoints.flatMap((vpcEndpoint) =>
    sourceIps.map((sourceIp) => ({ sourceIp, vpcEndpoint })),
  );
  const found = origins.find((origin) => decide(origin) !== "explicit deny") ?? origins[0];
  return found ? originHeadersOf(found, HERE) : {};
}

function readPolicy(policy: string, executionArn: string, options: { readonly region: string; readonly clock: Clock }) {
  const read = new ResourcePolicy(policy, executionArn, options);
  const resource = `${executionArn}/stage/GET/`;
  return { document: read.document, decide: (request: Origin) => read.decide({ resource, request }).outcome };
}
