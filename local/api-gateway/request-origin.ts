import { isIP } from "node:net";
import { AwsError } from "../aws";

/** The headers that say here what an address says in AWS. They mean nothing anywhere else, and no function sees them. */
const originHeaders = {
  sourceIp: "x-local-source-ip",
  vpcEndpoint: "x-local-vpc-endpoint",
  vpc: "x-local-vpc",
} as const;

/** Whether a header, named in lower case, is one that says where a request came from. */
export const isOriginHeader = (name: string): boolean => Object.values<string>(originHeaders).includes(name);

/** An interface endpoint of a VPC for `execute-api`, by which private APIs are reached. */
export interface VpcEndpoint {
  readonly vpcEndpointId: string;
  readonly vpcId?: string;
}

/** Where a request came from. */
export interface Origin {
  readonly sourceIp: string;
  readonly vpcEndpoint?: VpcEndpoint;
}

/**
 * The headers by which a request comes from an origin.
 * @param socketIp where it comes from without them
 */
export const originHeadersOf = ({ sourceIp, vpcEndpoint }: Origin, socketIp: string): Record<string, string> => ({
  ...(sourceIp !== socketIp && { [originHeaders.sourceIp]: sourceIp }),
  ...(vpcEndpoint && { [originHeaders.vpcEndpoint]: vpcEndpoint.vpcEndpointId }),
  ...(vpcEndpoint?.vpcId !== undefined && { [originHeaders.vpc]: vpcEndpoint.vpcId }),
});

interface Received {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly sourceIp: string;
}

/**
 * Where a request came from: from the address of the socket and over the internet, unless it says otherwise. All requests here come from
 * 127.0.0.1; these headers let one come from elsewhere, so that policies can be tried.
 *
 * `X-Forwarded-For` says nothing of it, as in AWS: a client may write there what it likes.
 *
 * @param vpcOf VPC of an endpoint that the stacks make
 * @throws AwsError `InvalidParameterValue` (400) for a header that is no address, endpoint or VPC
 */
export function originOf(
  { headers, sourceIp: socketIp }: Received,
  vpcOf: (vpcEndpointId: string) => string | undefined,
): Origin {
  const sourceIp = headers[originHeaders.sourceIp] ?? socketIp;
  require(originHeaders.sourceIp, sourceIp, isIP(sourceIp) > 0, "an IPv4 or IPv6 address");
  const { [originHeaders.vpcEndpoint]: vpcEndpointId, [originHeaders.vpc]: givenVpc } = headers;
  if (vpcEndpointId === undefined) {
    const rule = `given together with ${originHeaders.vpcEndpoint}: VPCs reach private APIs through endpoints alone`;
    require(originHeaders.vpc, givenVpc ?? "", givenVpc === undefined, rule);
    return { sourceIp };
  }
  require(originHeaders.vpcEndpoint, vpcEndpointId, /^vpce-\w+$/.test(vpcEndpointId), "an id such as vpce-0a1b2c3d");
  const vpcId = givenVpc ?? vpcOf(vpcEndpointId);
  require(originHeaders.vpc, vpcId ?? "", vpcId === undefined || /^vpc-\w+$/.test(vpcId), "an id such as vpc-0a1b2c3d");
  return { sourceIp, vpcEndpoint: { vpcEndpointId, vpcId } };
}

function require(header: string, value: string, isRight: boolean, rule: string): void {
  if (!isRight) throw new AwsError("InvalidParameterValue", `${header} must be ${rule}, got: ${value}`);
}
