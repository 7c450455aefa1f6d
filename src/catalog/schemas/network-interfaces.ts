/** The network interfaces of Compute Engine machines in placements. */
import { z } from "zod";
import { NIC_TYPES, STACK_TYPES } from "../../plan/compute-engine.ts";
import type { GcpPlacement } from "../kinds.ts";
import type { ComputeEngineClash } from "./compute-engine.ts";

/** The options of one interface, without its subnet. */
export function interfaceFields() {
  return {
    assignPublicIp: z
      .boolean("must be true or false")
      .exactOptional()
      .meta({
        description: "Whether this interface has an external IPv4 address.",
        default: false,
        examples: [true],
      }),
    nicType: z
      .enum(NIC_TYPES, `must be one of ${NIC_TYPES.join(", ")}`)
      .exactOptional()
      .meta({
        description:
          "The virtual network card. Without it, Compute Engine chooses one for the machine type and image.",
        examples: ["GVNIC"],
      }),
    stackType: z
      .enum(STACK_TYPES, `must be one of ${STACK_TYPES.join(", ")}`)
      .exactOptional()
      .meta({
        description: "The IP versions of this interface.",
        default: "IPV4_ONLY",
        examples: ["IPV4_IPV6"],
      }),
  };
}

/** As with `gcloud compute instances create`, interfaces take the place of the options of a single one. */
export function interfaceClashes(
  placement: Pick<
    GcpPlacement,
    "subnet" | "networkProject" | "assignPublicIp" | "networkInterfaces"
  >,
): readonly ComputeEngineClash[] {
  const { networkInterfaces } = placement;
  if (networkInterfaces === undefined)
    return placement.subnet === undefined ? [{ path: ["subnet"], message: "is required" }] : [];
  const clashes = (["subnet", "networkProject", "assignPublicIp"] as const)
    .filter((field) => placement[field] !== undefined)
    .map((field) => ({
      path: [field],
      message: "must not be set with network_interfaces: set it for each interface there",
    }));
  const subnets = networkInterfaces.map(({ subnet, networkProject }) =>
    subnet.includes("/") ? subnet : `${networkProject ?? ""}/${subnet}`,
  );
  return new Set(subnets).size === subnets.length
    ? clashes
    : [
        ...clashes,
        {
          path: ["networkInterfaces"],
          message: "must have a subnet of its own for each interface",
        },
      ];
}
