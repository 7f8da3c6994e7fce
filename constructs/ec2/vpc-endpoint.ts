import { isIPv4 } from "node:net";
import { DataAwsVpcEndpointService } from "@cdktf/provider-aws/lib/data-aws-vpc-endpoint-service";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcEndpoint as VpcEndpointResource } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";

export interface VpcEndpointProps {
  /** Name of the service, such as `execute-api`, which private APIs are called through. */
  readonly service: string;
  /** Name of the endpoint and its security group, as the console shows it. */
  readonly endpointName: string;
  /** VPC that it is in: `vpc-0123456789abcdef0`. */
  readonly vpcId: string;
  /** Subnets that it has an address in, one for each Availability Zone. */
  readonly subnetIds: readonly string[];
  /** Blocks of addresses that may call through it, over HTTPS: `10.0.0.0/16`. */
  readonly clientCidrBlocks: readonly string[];
}

/**
 * An interface endpoint of a VPC, with a security group that lets in HTTPS from named addresses. With its private DNS, clients in the VPC find the
 * service under its usual name: of an API's service all APIs, so public ones are not found from there any more, but by names of their own; and a
 * VPC can have one such endpoint for a service.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
 */
export class VpcEndpoint extends Construct {
  readonly vpcEndpointId: string;

  constructor(scope: Construct, id: string, props: VpcEndpointProps) {
    super(scope, id);
    const { service, endpointName, vpcId, subnetIds, clientCidrBlocks } = props;
    requireMatch(this, "vpcId", vpcId, /^vpc-[0-9a-f]{8,17}$/, "the id of a VPC, such as vpc-0123456789abcdef0");
    if (subnetIds.length === 0) throw new PropError(this, "subnetIds", "at least one subnet", subnetIds);
    for (const subnetId of subnetIds) {
      requireMatch(this, "subnetIds", subnetId, /^subnet-[0-9a-f]{8,17}$/, "ids such as subnet-0123456789abcdef0");
    }
    if (clientCidrBlocks.length === 0)
      throw new PropError(this, "clientCidrBlocks", "at least one block", clientCidrBlocks);
    const group = new SecurityGroup(this, "Clients", {
      name: endpointName,
      description: `HTTPS to the endpoint ${endpointName}`,
      vpcId,
      tags: { Name: endpointName },
    });
    for (const cidrIpv4 of clientCidrBlocks) {
      const [address = "", length = ""] = cidrIpv4.split("/");
      if (!isIPv4(address) || !/^([12]?\d|3[0-2])$/.test(length) || cidrIpv4 !== `${address}/${length}`) {
        throw new PropError(this, "clientCidrBlocks", "blocks such as 10.0.0.0/16", cidrIpv4);
      }
      new VpcSecurityGroupIngressRule(this, `Https_${cidrIpv4.replace(/[^\d]+/g, "_")}`, {
        securityGroupId: group.id,
        description: "HTTPS from clients",
        cidrIpv4,
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
      });
    }
    const { serviceName } = new DataAwsVpcEndpointService(this, "Service", { service, serviceType: "Interface" });
    const endpoint = new VpcEndpointResource(this, "Resource", {
      vpcId,
      serviceName,
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      subnetIds: [...subnetIds],
      securityGroupIds: [group.id],
      tags: { Name: endpointName },
    });
    this.vpcEndpointId = endpoint.id;
  }
}
