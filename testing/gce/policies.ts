import type { Context } from "./context.ts";
import { GceFailure } from "./failure.ts";
import type { LaunchPlan } from "./launch/plan.ts";
import type { Policy } from "./records.ts";
import type { World } from "./world.ts";

/** @throws GceFailure for a zone that is closed to the project */
export function requireOpenZone(
  { closedZones }: World,
  project: string,
  zone: string | null,
): void {
  if (!closedZones.some((one) => one.project === project && one.zone === zone)) return;
  throw new GceFailure(
    "LOCATION_POLICY_VIOLATED",
    `Permission denied on 'locations/${zone ?? ""}' (or it may not exist).`,
    403,
  );
}

/** @throws GceFailure `conditionNotMet` for a launch that a policy of the organization forbids */
export function requirePolicies({ world, project }: Context, plan: LaunchPlan, name: string): void {
  for (const policy of world.policies) {
    if (policy.project !== project.id) continue;
    const violation = violationOf(
      policy,
      plan,
      `projects/${project.id}/zones/${plan.zone}/instances/${name}`,
    );
    if (violation !== null) throw new GceFailure("conditionNotMet", violation);
  }
}

/** The words of Compute Engine; null if the launch is allowed. */
function violationOf(
  { project, constraint, allowed }: Policy,
  { zone, networks, disks, fixed }: LaunchPlan,
  instance: string,
): string | null {
  const violated = `Constraint constraints/${constraint} violated for project ${project}.`;
  switch (constraint) {
    case "gcp.resourceLocations":
      return allowed.includes(zone)
        ? null
        : `Location ZONE:${zone} violates constraint constraints/${constraint} on the resource ${instance}.`;
    case "compute.vmExternalIpAccess":
      return allowed.includes(instance) || networks.every(({ external }) => external === null)
        ? null
        : `${violated} Add instance ${instance} to the constraint to use external IP with it.`;
    case "compute.disableSerialPortAccess":
      return /^(?:true|y|yes|1)$/i.test(metadataOf(fixed, "serial-port-enable")) ? violated : null;
    case "compute.requireOsLogin":
      return /^(?:false|n|no|0)$/i.test(metadataOf(fixed, "enable-oslogin")) ? violated : null;
    case "compute.trustedImageProjects": {
      const owners = disks.flatMap(({ made }) => made?.image?.link.split("/")[1] ?? []);
      const strange = owners.find((owner) => !allowed.includes(owner));
      return strange === undefined
        ? null
        : `${violated} Use of images from project ${strange} is prohibited.`;
    }
  }
}

function metadataOf({ metadata }: LaunchPlan["fixed"], wanted: string): string {
  return metadata.find(({ key }) => key === wanted)?.value ?? "";
}
