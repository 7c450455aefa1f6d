import { cancellation } from "../../../src/async/cancellation.ts";
import { unknown } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { requestId } from "./names.ts";
import { isDone, operationFailure } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";

/** How many failed operations of one launch are passed over before the last one's failure stands. */
const MOST_FAILURES = 5;
/** Between two waits, in milliseconds: a wait itself takes up to two minutes. */
const PAUSE = 250;

/**
 * Begins a launch's operation, or finds it: an id that comes again brings back its operation, whatever has become of
 * that. Where it has failed for a reason that passes, as when too much was asked at once, the launch is tried again
 * under its next id.
 */
export async function beginOperation(
  { launch }: LaunchContext,
  doing: string,
  send: (requestId: string) => Promise<OperationReply>,
): Promise<OperationReply> {
  for (let failures = 0; ; failures += 1) {
    const operation = await send(requestId(launch.token, failures));
    const failure = isDone(operation) ? operationFailure(operation, doing) : null;
    if (failure?.retry !== "same-token" || failures >= MOST_FAILURES) return operation;
  }
}

/**
 * Waits until the operation is done, however long that takes: one request holds for two minutes at most.
 *
 * @throws UnknownOutcome where it cannot be seen what becomes of it
 */
export async function untilDone(
  context: LaunchContext,
  begun: OperationReply,
): Promise<OperationReply> {
  const { api, project, zone, signal, launch, sleep } = context;
  const doing = `waiting for operation ${begun.name}`;
  let operation = begun;
  while (!isDone(operation)) {
    try {
      if (signal.aborted) throw cancellation(signal, "the launch");
      operation = await api.waitForOperation({ project, zone, operation: begun.name }, signal);
      if (isDone(operation)) break;
      launch.onProgress?.({ message: `${zone}: still making the machine (${begun.name})` });
      await sleep(PAUSE, signal);
    } catch (caught) {
      throw unknown(caught, doing);
    }
  }
  return operation;
}

/** The zone's operations that the filter lets through. */
export async function operationsOf(
  { api, project, zone, signal }: LaunchContext,
  filter: string,
): Promise<readonly OperationReply[]> {
  try {
    return await api.operations({ project, zone, filter }, signal);
  } catch (caught) {
    throw unknown(caught, `listing operations in ${zone}`);
  }
}
