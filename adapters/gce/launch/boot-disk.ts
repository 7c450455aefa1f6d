import { SlipwayError } from "../../../src/errors.ts";
import type { Artifact } from "../../../src/plan/plan.ts";
import { hasStatus } from "../errors/errors.ts";
import { UnknownOutcome } from "../../../src/substrate/launch-outcome.ts";
import { unknown } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { LABELS, labelFilter } from "../labels.ts";
import { machineId } from "../machines/machine-id.ts";
import type { DiskReply } from "../client/replies.ts";

/** The boot disk of a machine, which has the machine's name; null if it no longer exists. */
export async function readBootDisk(
  context: LaunchContext,
  name: string,
): Promise<DiskReply | null> {
  const { api, project, zone, signal } = context;
  try {
    return await api.disk({ project, zone, disk: name }, signal);
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    throw unknown(caught, `reading disk ${name} in ${zone}`);
  }
}

/**
 * Reads the boot disk while its machine is still being created. A disk of the plan's image is final. Null means
 * unknown; the disk is read again when the machine exists.
 */
export async function glanceAtBootDisk(
  context: LaunchContext,
  name: string,
): Promise<DiskReply | null> {
  try {
    const disk = await readBootDisk(context, name);
    return isOfPlan(context, disk) ? disk : null;
  } catch (caught) {
    // An error now does not matter: the later read decides.
    if (caught instanceof UnknownOutcome) return null;
    throw caught;
  }
}

/** Lists the boot disks of all machines of the launch, by name. */
export async function readBootDisks(
  context: LaunchContext,
): Promise<ReadonlyMap<string, DiskReply>> {
  const { api, project, zone, signal, launch } = context;
  const filter = labelFilter(LABELS.launch, launch.ownership.launchId) ?? "";
  try {
    const disks = await api.disks({ project, zone, filter }, signal);
    return new Map(disks.map((disk) => [disk.name, disk]));
  } catch (caught) {
    throw unknown(caught, `listing the launch's disks in ${zone}`);
  }
}

/**
 * Makes sure that a machine boots the plan's image: the name may refer to another image since the plan was made. A
 * machine of another image is deleted.
 *
 * @throws SlipwayError `IMAGE_REPLACED`, or `LAUNCH_TOKEN_SPENT` if the machine is already gone
 * @throws UnknownOutcome if the machine could not be deleted
 */
export async function confirmImage(
  context: LaunchContext,
  name: string,
  disk: DiskReply | null,
): Promise<void> {
  if (disk === null) throw spent(context, name);
  const { artifact } = context.launch.plan;
  if (isOfPlan(context, disk)) return;
  await deleteMachine(context, name);
  throw replaced(context, { name, disk, artifact });
}

function isOfPlan({ launch }: LaunchContext, disk: DiskReply | null): boolean {
  const { numericId } = launch.plan.artifact;
  return numericId !== undefined && disk?.sourceImageId === numericId;
}

/** The failure of a launch whose machine has been terminated: its token cannot create another. */
export function spent({ launch, project, zone }: LaunchContext, name: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "LAUNCH_TOKEN_SPENT",
    message: `launch token ${launch.token}: its machine ${machineId({ project, zone, name })} was terminated`,
    remedy: "Spawn again under another id.",
  });
}

async function deleteMachine(context: LaunchContext, name: string): Promise<void> {
  const { api, project, zone, signal } = context;
  try {
    await api.deleteInstance({ project, zone, instance: name }, signal);
  } catch (caught) {
    if (hasStatus(caught, 404)) return;
    const doing = `deleting instance ${name} in ${zone}, which booted another image than the plan's`;
    throw unknown(caught, doing);
  }
}

function replaced(
  { project, zone }: LaunchContext,
  {
    name,
    disk,
    artifact,
  }: { readonly name: string; readonly disk: DiskReply; readonly artifact: Artifact },
): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_REPLACED",
    message: `image ${artifact.id} is not the plan's: an image of the same name has replaced it (id ${disk.sourceImageId ?? "unknown"}, the plan's is ${artifact.numericId ?? "unknown"}); ${machineId({ project, zone, name })}, which booted it, is deleted`,
    remedy: "Resolve the workspace again and review the new image before you spawn it.",
    blastRadius: "image",
    metadata: {
      image: artifact.id,
      planned_image_id: artifact.numericId ?? null,
      booted_image_id: disk.sourceImageId,
    },
  });
}
