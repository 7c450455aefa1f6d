import { SlipwayError } from "../../src/errors.ts";
import type { GcpTarget, PlacementTarget } from "../../src/plan/plan.ts";
import { readResourceLink, regionOfZone } from "./image/links.ts";

/** The call's own placement: the adapter was opened for its scope, everything else may differ from plan to plan. */
export function gcpTarget({ target }: { readonly target: PlacementTarget }): GcpTarget {
  if (target.substrate === "GCP") return target;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `a placement on ${target.substrate} is none on Compute Engine`,
    remedy: "Name a placement with a gcp target.",
  });
}

/** Whether a call only reads or launches and terminates: a placement may name an account for each. */
export type GceRole = "reader" | "launcher";

/** The service account that makes calls of this role; null for the caller's own credentials. */
export function serviceAccountOf(target: GcpTarget, role: GceRole): string | null {
  if (role === "launcher") return target.wifServiceAccount;
  return target.wifReadonlyServiceAccount ?? target.wifServiceAccount;
}

/** The subnet as the placement names it, everything that it leaves out filled in. */
export interface SubnetReference {
  readonly project: string;
  readonly region: string;
  readonly name: string;
}

/** A bare name is one of the network project, in the region of the placement's zones. */
export function subnetOf(target: GcpTarget): SubnetReference {
  const { subnet, networkProject, project } = target;
  const owner = networkProject ?? project;
  const region = regionOfZone(target.zones[0] ?? "");
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
    message: `${JSON.stringify(subnet)} is no link of a subnet`,
    remedy: "Write the placement's subnet as its name, or as projects/P/regions/R/subnetworks/N.",
  });
}
