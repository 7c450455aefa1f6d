import { cancellation } from "../../../src/async/cancellation.ts";
import type { Launch, LaunchOutcome, Machine } from "../../../src/substrate/contract.ts";
import { failedOutcome, settleMember } from "../../../src/substrate/launch-outcome.ts";
import { isConflict, isFinalRefusal, launchFailure, refusalOf } from "./launch-context.ts";
import type { LaunchContext, LaunchPorts } from "./launch-context.ts";
import { launchMany } from "./launch-many.ts";
import { memberNames, insertRequest } from "./launch-request.ts";
import { gcpTarget } from "../target.ts";
import { adoptMachine } from "./adoption.ts";
import { confirmImage, glanceAtBootDisk, readBootDisk } from "./boot-disk.ts";
import { beginOperation, untilDone } from "./launch-operation.ts";
import { machineId } from "../machines/machine-id.ts";
import { launchedMachine } from "../machine.ts";
import { isDone } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";

/**
 * Creates the machines of a launch with one insert, or one bulk insert for several, and waits until its operation is
 * done: before that no machine exists.
 *
 * Throws only if the signal was aborted before any member was accepted.
 */
export async function launchMachines(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  if (signal.aborted) throw cancellation(signal, "the launch");
  const outcomes = await outcomesOf(ports, launch, signal);
  if (signal.aborted && outcomes.every(({ outcome }) => outcome !== "accepted"))
    throw cancellation(signal, "the launch");
  return outcomes;
}

async function outcomesOf(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  const whole = async (): Promise<readonly LaunchOutcome[]> => {
    const { project } = gcpTarget(launch.plan);
    const context: LaunchContext = { ...ports, launch, project, zone: launch.place.place, signal };
    const names = memberNames(launch);
    const [only] = names;
    if (names.length > 1) return await launchMany(context, names);
    return only === undefined ? [] : [await settleMember(() => launchOne(context, only))];
  };
  try {
    return await whole();
  } catch (caught) {
    // An error before the members differ applies to all of them.
    const outcome = failedOutcome(caught);
    return launch.members.map(() => outcome);
  }
}

/**
 * Creates the machine of a launch of one, or adopts the one that an earlier try of this launch created.
 *
 * @throws SlipwayError if there is none, `UnknownOutcome` if that is not known
 */
async function launchOne(context: LaunchContext, name: string): Promise<Machine> {
  const { project, zone, launch } = context;
  const doing = `making instance ${machineId({ project, zone, name })}`;
  let begun: OperationReply;
  try {
    begun = await insert(context, name, doing);
  } catch (caught) {
    const refusal = refusalOf(context, caught, doing);
    if (!isFinalRefusal(caught)) throw refusal;
    return await adoptMachine(context, name, refusal);
  }
  // The read overlaps with the wait, so no request remains afterwards.
  const [done, glance] = await Promise.all([
    untilDone(context, begun),
    isDone(begun) ? null : glanceAtBootDisk(context, name),
  ]);
  const failure = launchFailure(context, done, doing);
  if (failure !== null && isConflict(failure)) return await adoptMachine(context, name, failure);
  if (failure !== null) throw failure;
  await confirmImage(context, name, glance ?? (await readBootDisk(context, name)));
  return launchedMachine(launch, { project, name });
}

function insert(context: LaunchContext, name: string, doing: string): Promise<OperationReply> {
  const { api, project, zone, launch, signal } = context;
  const instanceResource = insertRequest(launch, name);
  return beginOperation(context, doing, (requestId) =>
    api.insertInstance({ project, zone, requestId, instanceResource }, signal),
  );
}
