import type { Context } from "./context.ts";
import { instanceLink } from "./instances.ts";
import { scheduleStates } from "./lifecycle.ts";
import { recordOperation } from "./operations.ts";

/** Compute Engine itself, as the user of an operation. */
const SYSTEM = "system";

/** Reclaims a spot machine. @throws Error if there is none of this name */
export function preemptInstance(
  context: Pick<Context, "world" | "project" | "now">,
  zone: string,
  name: string,
): void {
  const { project, now } = context;
  const instance = project.instances.get(`${zone}/${name}`);
  if (instance?.scheduling.provisioningModel !== "SPOT")
    throw new Error(`${name} in ${zone} is not a spot machine`);
  recordOperation(
    { ...context, user: SYSTEM },
    {
      scope: { kind: "zone", name: zone },
      type: "compute.instances.preempted",
      targetLink: instanceLink(project.id, zone, name),
      targetId: instance.id,
      durationMs: 0,
    },
  );
  if (instance.scheduling.instanceTerminationAction !== "DELETE") {
    scheduleStates(instance, now, [{ after: 0, state: "TERMINATED" }]);
    return;
  }
  instance.goneAt = now;
  for (const { diskName, autoDelete } of instance.disks) {
    const disk = project.disks.get(`${zone}/${diskName}`);
    if (disk !== undefined && autoDelete) disk.goneAt = now;
  }
}
