import { BlockList, isIP } from "node:net";

/** An IPv4 address that came over an IPv6 socket, `::ffff:127.0.0.1`, is that IPv4 address. */
const plainAddress = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/**
 * Whether an address is in a range, IPv4 or IPv6. An address of one version is in no range of the other.
 *
 * @param range an address or a CIDR, such as `203.0.113.0/24` or `2001:db8::/32`
 * @throws Error for a range that is neither
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
 */
export function isInIpRange(range: string, address: string): boolean {
  const [, start = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
  const version = isIP(start);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || Number(length ?? bits) > bits) {
    throw new Error(`IpAddress must be an IPv4 or IPv6 address or CIDR, got: ${range}`);
  }
  const value = plainAddress(address);
  if (isIP(value) !== version) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(start, Number(length ?? bits), family);
  return list.check(value, family);
}
