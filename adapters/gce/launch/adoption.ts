import type { SlipwayError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/substrate/contract.ts";
import { confirmImage, readBootDisk, spent } from "./boot-disk.ts";
import { hasStatus } from "../errors/errors.ts";
import { isOfLaunch } from "../labels.ts";
import { isFinalRefusal, launchFailure, unknown } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { operationsOf, untilDone } from "./launch-operation.ts";
import { machineOf } from "../machine.ts";
import type { DiskReply, InstanceReply } from "../client/replies.ts";

/** States of a machine whose insert is still in progress. */
const BEING_MADE: ReadonlySet<string> = new Set(["PENDING", "PROVISIONING", "STAGING"]);

/**
 * Finds the machine of an earlier try for a launch that was refused for this reason. Google does not promise how long
 * a `requestId` is remembered; the fixed name is the lasting guard.
 *
 * @throws SlipwayError the reason, if there is no such machine or it belongs to another owner
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
 * Returns the machine once its insert is done and its image is the plan's. If the process that began the insert died,
 * this waits for the machine by its name.
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
  const failure = launchFailure(context, await untilDone(context, insert), doing);
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
    // If the caller may not read, the launch's own refusal is more informative.
    if (isFinalRefusal(caught)) throw reason;
    throw unknown(caught, `reading instance ${name} in ${zone}`);
  }
}
