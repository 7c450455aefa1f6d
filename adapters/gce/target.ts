import { SlipwayError } from "../../src/errors.ts";
import type { GcpTarget, PlacementTarget } from "../../src/plan/plan.ts";
import { regionOfZones } from "../../src/plan/gce-region.ts";
import { readResourceLink, subnetworkLink } from "./image/links.ts";

/** The plan's own placement: only its scope is fixed by the adapter; everything else may differ between plans. */
export function gcpTarget({ target }: { readonly target: PlacementTarget }): GcpTarget {
  if (target.substrate === "GCP") return target;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `a placement on ${target.substrate} is not for Compute Engine`,
    remedy: "Name a placement with a gcp target.",
  });
}

/** Whether a call reads, or launches and terminates: a placement may name an account for each role. */
export type GceRole = "reader" | "launcher";

/** The accounts that a placement names for calls. */
export type GceIdentity = Pick<
  GcpTarget,
  "wifProviderResourceName" | "wifServiceAccount" | "wifReadonlyServiceAccount"
>;

/** The service account for calls of this role; null means the caller's own credentials. */
export function serviceAccountOf(target: GceIdentity, role: GceRole): string | null {
  if (role === "launcher") return target.wifServiceAccount;
  return target.wifReadonlyServiceAccount ?? target.wifServiceAccount;
}

/** The placement's subnet with all omitted parts filled in. */
export interface SubnetReference {
  readonly project: string;
  readonly region: string;
  readonly name: string;
}

/** The placement as it would be with each of its network interfaces alone, the first one first. */
export function interfaceTargets(target: GcpTarget): readonly GcpTarget[] {
  const { networkInterfaces } = target;
  if (networkInterfaces === undefined) return [target];
  return networkInterfaces.map((one) => ({
    ...target,
    subnet: one.subnet,
    networkProject: one.networkProject ?? null,
    assignPublicIp: one.assignPublicIp ?? false,
    networkInterfaces: [one],
  }));
}

/** A bare name is in the network project and in the region of the placement's zones. */
export function subnetOf(target: GcpTarget): SubnetReference {
  const { subnet, networkProject, project } = target;
  const owner = networkProject ?? project;
  const region = regionOfZones(target.zones);
  if (!subnet.includes("/")) return { project: owner, region, name: subnet };
  const link = readResourceLink(
    subnet.startsWith("regions/") ? `projects/${owner}/${subnet}` : subnet,
  );
  const [kind, place = ""] = link?.scope.split("/") ?? [];
  if (link?.collection === "subnetworks" && kind === "regions")
    return { project: link.project, region: place, name: link.name };
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBNET_NOT_FOUND",
    message: `${JSON.stringify(subnet)} is not a link of a subnet`,
    remedy: "Write the placement's subnet as its name, or as projects/P/regions/R/subnetworks/N.",
  });
}

/** The subnet's partial link. */
export function subnetLink({ project, region, name }: SubnetReference): string {
  return subnetworkLink(project, region, name);
}
