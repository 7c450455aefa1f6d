/** The checks of the machine's network interfaces together, and of each one's stack. */
import type { Check, GcpTarget } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import { lastPart } from "../image/links.ts";
import { subnetLink } from "../target.ts";
import type { MachineTypeFinding } from "./machine-type-checks.ts";
import type { InterfaceReadings } from "./preflight-reads.ts";

export const MACHINE_TYPE_INTERFACES = "machine-type.interfaces";

/** The checks of a placement with `network_interfaces`; none without. */
export function interfaceChecks(interfaces: readonly InterfaceReadings[]): readonly Check[] {
  return [...interfaces.flatMap(stackCheck), ...networkCheck(interfaces)];
}

/** A subnet without a stack has IPv4 only. */
function stackCheck({ target, subnet, named }: InterfaceReadings): readonly Check[] {
  const stackType = target.networkInterfaces?.[0]?.stackType;
  const reply = subnet?.value ?? null;
  if (stackType === undefined || reply === null || named.value === null) return [];
  const check = "subnets.stack";
  const link = subnetLink(named.value);
  const has = reply.stackType ?? "IPV4_ONLY";
  const fits = stackType === "IPV4_IPV6" ? has === "IPV4_IPV6" : has !== "IPV6_ONLY";
  if (fits) return [passed(check, `${link} has the stack ${has}, which takes ${stackType}`)];
  return [
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_MISMATCH",
      message: `${link} has the stack ${has}, which does not take an interface with ${stackType}`,
      remedy: "Name another subnet, or correct stack_type of the interface.",
      metadata: { subnet: link, stack_type: has },
    }),
  ];
}

/**
 * Each interface needs a subnet of its own, and further interfaces may share a network with the first one only.
 * https://cloud.google.com/vpc/docs/multiple-interfaces-concepts
 */
function networkCheck(interfaces: readonly InterfaceReadings[]): readonly Check[] {
  if (interfaces.length < 2) return [];
  const check = "subnets.distinct";
  const links = interfaces.map(({ named }) =>
    named.value === null ? "" : subnetLink(named.value),
  );
  const networks = interfaces.map(({ subnet }) => subnet?.value?.network ?? "");
  const twice = repeated(links);
  if (twice !== undefined)
    return [
      failed(check, {
        code: "FAILED_PRECONDITION",
        reason: "NETWORK_MISMATCH",
        message: `two network interfaces are in ${twice}: Compute Engine refuses machines whose interfaces share a subnet`,
        remedy: "Name another subnet in network_interfaces for one of them.",
        metadata: { subnet: twice },
      }),
    ];
  const shared = repeated(networks.filter((network) => network !== networks[0]));
  if (shared !== undefined)
    return [
      failed(check, {
        code: "FAILED_PRECONDITION",
        reason: "NETWORK_MISMATCH",
        message: `two network interfaces are in network ${lastPart(shared)}, which is not the network of the first interface`,
        remedy: "Name subnets of different networks, or put one of these interfaces first.",
        metadata: { network: shared },
      }),
    ];
  return [passed(check, `the ${interfaces.length} network interfaces have subnets of their own`)];
}

/** The first item that is there twice, not counting unknown ones. */
function repeated(items: readonly string[]): string | undefined {
  return items.find((item, index) => item !== "" && items.indexOf(item) !== index);
}

const MOST_INTERFACES = 10;

/**
 * One interface per vCPU, but at least two. The API does not report the number.
 * https://cloud.google.com/vpc/docs/create-use-multiple-interfaces#max-interfaces
 */
export function interfaceCountChecks(
  { networkInterfaces = [] }: GcpTarget,
  { name, type }: Pick<MachineTypeFinding, "name" | "type">,
): readonly Check[] {
  const vcpus = type?.guestCpus ?? null;
  if (networkInterfaces.length < 2 || vcpus === null) return [];
  const most = Math.max(2, Math.min(vcpus, MOST_INTERFACES));
  const count = networkInterfaces.length;
  if (count <= most) return [passed(MACHINE_TYPE_INTERFACES, `${name} has ${count} interfaces`)];
  return [
    failed(MACHINE_TYPE_INTERFACES, {
      code: "FAILED_PRECONDITION",
      reason: "INTERFACES_UNSUPPORTED",
      message: `${name} has ${vcpus} vCPUs and therefore at most ${most} network interfaces, not ${count}`,
      remedy: "Name a machine type with more vCPUs, or fewer network_interfaces.",
      metadata: { machine_type: name, most },
    }),
  ];
}
