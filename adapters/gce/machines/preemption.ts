import type { Machine, MachineEnd } from "../../../src/substrate/contract.ts";
import type { GceApi } from "../client/api.ts";
import type { InstanceReply } from "../client/replies.ts";
import { gceError } from "../errors/errors.ts";
import { GceCallFailure } from "../errors/failure.ts";
import { readMachineId } from "./machine-id.ts";
import type { MachineReference } from "./machine-id.ts";

type Ports = Pick<GceApi, "operations">;

/** https://cloud.google.com/compute/docs/instances/create-use-spot#detect-preemption */
const PREEMPTED = "compute.instances.preempted";

/**
 * Adds the end of a spot machine that has stopped, if Compute Engine has reclaimed it: the instance itself does not say
 * so. Any other machine is returned as it is.
 */
export async function withEnd(
  api: Ports,
  machine: Machine,
  instance: InstanceReply,
  signal: AbortSignal,
): Promise<Machine> {
  const isSpot = instance.scheduling?.provisioningModel === "SPOT";
  const where = readMachineId(machine.id);
  if (machine.state !== "stopped" || !isSpot || where === null) return machine;
  return { ...machine, end: await endOf(api, instance, where, signal) };
}

async function endOf(
  api: Ports,
  { id }: InstanceReply,
  { project, zone }: MachineReference,
  signal: AbortSignal,
): Promise<MachineEnd | null> {
  const filter = `operationType = "${PREEMPTED}"`;
  try {
    const operations = await api.operations({ project, zone, filter }, signal);
    if (!operations.some(({ targetId }) => targetId === id)) return null;
    const message = `Compute Engine has reclaimed the spot machine (${PREEMPTED})`;
    return { exitCode: null, message, reason: "INSUFFICIENT_CAPACITY" };
  } catch (caught) {
    // A caller that may only read instances learns that the machine has stopped.
    if (!(caught instanceof GceCallFailure) || signal.aborted) throw caught;
    const { message } = gceError(caught, { doing: "asking for the end of the spot machine" });
    return { exitCode: null, message };
  }
}
