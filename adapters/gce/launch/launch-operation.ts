import { cancellation } from "../../../src/async/cancellation.ts";
import { launchFailure, unknown } from "./launch-context.ts";
import { changed } from "./launch-refusal.ts";
import type { LaunchContext } from "./launch-context.ts";
import { requestId } from "./names.ts";
import { isDone } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";

/** Maximum number of failed operations that a launch skips before the last failure is final in its zone. */
const MOST_FAILURES = 5;
const FINAL = { blastRadius: "zone", retry: "next-candidate" } as const;
/** Pause between two waits, in milliseconds; each wait takes up to two minutes. */
const PAUSE = 250;

/**
 * Starts a launch's operation, or finds it: a repeated id returns its operation in any state. If the operation failed
 * for a temporary reason, such as a rate limit, the launch is tried again under its next id.
 *
 * @throws SlipwayError of the last failure, which leaves other zones, if the reason is the same each time
 */
export async function beginOperation(
  context: LaunchContext,
  doing: string,
  send: (requestId: string) => Promise<OperationReply>,
): Promise<OperationReply> {
  for (let failures = 0; ; failures += 1) {
    const operation = await send(requestId(context.launch.token, failures));
    const failure = isDone(operation) ? launchFailure(context, operation, doing) : null;
    if (failure?.retry !== "same-token") return operation;
    if (failures >= MOST_FAILURES) throw changed(failure, FINAL);
  }
}

/**
 * Waits until the operation is done, however long that takes; one request takes at most two minutes.
 *
 * @throws UnknownOutcome if the operation's result cannot be read
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
      launch.onProgress?.({ message: `${zone}: still creating the machine (${begun.name})` });
      await sleep(PAUSE, signal);
    } catch (caught) {
      throw unknown(caught, doing);
    }
  }
  return operation;
}

/** The zone's operations that match the filter. */
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
