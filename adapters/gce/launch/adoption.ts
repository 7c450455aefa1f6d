import type { SlipwayError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/substrate/contract.ts";
import { confirmImage, readBootDisk, spent } from "./boot-disk.ts";
import { hasStatus } from "../errors/errors.ts";
import { isOfLaunch } from "../labels.ts";
import { isFinalRefusal, unknown } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { operationsOf, untilDone } from "./launch-operation.ts";
import { machineOf } from "../machine.ts";
import { operationFailure } from "../client/operation.ts";
import type { DiskReply, InstanceReply } from "../client/replies.ts";

/** States of a machine that an insert is still at work on. */
const BEING_MADE: ReadonlySet<string> = new Set(["PENDING", "PROVISIONING", "STAGING"]);

/**
 * The machine that this launch has made already, for a launch that may not make it for this reason: no promise is given
 * for how long a `requestId` is known, and the fixed name is the lasting guard.
 *
 * @throws SlipwayError the reason, where there is no such machine, or it is somebody else's
 */
export async function adoptMachine(
  context: LaunchContext,
  name: string,
  reason: SlipwayError,
): Promise<Machine> {
  const instance = await findInstance(context, name, reason);
  if (instance === null || !isOfLaunch(instance.labels, context.launch.ownership)) throw reason;
  return await settleExisting(context, instance, () => readBootDisk(context, name));
}

/**
 * The machine, once its insert is done and its image is the plan's. An insert that is still at work, begun by a process
 * that did not live to see its end, is taken up by the machine's name.
 */
export async function settleExisting(
  context: LaunchContext,
  instance: InstanceReply,
  readDisk: () => Promise<DiskReply | null>,
): Promise<Machine> {
  const { name } = instance;
  const machine = machineOf(instance, context.project);
  if (machine === null) throw spent(context, name);
  if (BEING_MADE.has(instance.status)) await insertDone(context, instance);
  await confirmImage(context, name, await readDisk());
  return machine;
}

async function insertDone(context: LaunchContext, instance: InstanceReply): Promise<void> {
  const { zone } = context;
  const doing = `making instance ${instance.name} in ${zone}`;
  const operations = await operationsOf(context, `targetId = ${instance.id}`);
  const insert = operations.find(({ operationType }) => /insert$/i.test(operationType));
  if (insert === undefined) return;
  const failure = operationFailure(await untilDone(context, insert), doing);
  if (failure !== null) throw failure;
}

async function findInstance(
  context: LaunchContext,
  name: string,
  reason: SlipwayError,
): Promise<InstanceReply | null> {
  const { api, project, zone, signal } = context;
  try {
    return await api.instance({ project, zone, instance: name }, signal);
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    // Who may not look learns nothing new: why the launch was refused says more.
    if (isFinalRefusal(caught)) throw reason;
    throw unknown(caught, `reading instance ${name} in ${zone}`);
  }
}
