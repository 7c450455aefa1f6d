import type { Machine } from "../../../src/substrate/contract.ts";
import { adoptMachine } from "./adoption.ts";
import { confirmImage, glanceAtBootDisk, readBootDisk } from "./boot-disk.ts";
import { isFinalRefusal, refusalOf } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { beginOperation, untilDone } from "./launch-operation.ts";
import { insertRequest } from "./launch-request.ts";
import { machineId } from "../machine-id.ts";
import { launchedMachine } from "../machine.ts";
import { isDone, operationFailure } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";

/**
 * Makes the machine of a launch of one; finds the one that this launch made earlier, here or elsewhere.
 *
 * @throws SlipwayError where there is none, `UnknownOutcome` where that is not known
 */
export async function launchOne(context: LaunchContext, name: string): Promise<Machine> {
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
  // The answer is there before the wait is over, so that nothing is left to ask for then.
  const [done, glance] = await Promise.all([
    untilDone(context, begun),
    isDone(begun) ? null : glanceAtBootDisk(context, name),
  ]);
  const failure = operationFailure(done, doing);
  if (failure?.reason === "NAME_CLASH") return await adoptMachine(context, name, failure);
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
