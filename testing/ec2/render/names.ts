/** The DNS name that EC2's resolver assigns to a private address, or to a machine that has none. */
export function privateDnsName(
  region: string,
  { id, privateIp }: { readonly id: string; readonly privateIp: string | null },
): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  const host = privateIp === null ? id : `ip-${privateIp.replaceAll(".", "-")}`;
  return `${host}.${domain}`;
}

export function publicDnsName(region: string, address: string | null): string {
  if (address === null) return "";
  const domain = region === "us-east-1" ? "compute-1" : `${region}.compute`;
  return `ec2-${address.replaceAll(".", "-")}.${domain}.amazonaws.com`;
}
