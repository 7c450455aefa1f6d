import { cancellation } from "../../../src/async/cancellation.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { engineError, hasStatus } from "../errors/errors.ts";
import { CALLS_AT_ONCE, isContainerId } from "./container-id.ts";

export interface TerminatePorts {
  readonly api: Pick<EngineApi, "inspectContainer" | "removeContainer">;
  /** The engine's address, for messages. */
  readonly engine: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const REMOVAL_POLLS = 100;
const REMOVAL_POLL_INTERVAL = 100;

/** Returns one outcome per id, in the order of `ids`. A container that is already gone counts as terminated. */
export async function terminateContainers(
  ports: TerminatePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  return await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    if (signal.aborted) throw cancellation(signal, "terminating machines");
    if (!isContainerId(id)) return { id, outcome: "terminated" };
    const error = await remove(ports, id);
    return error === null ? { id, outcome: "terminated" } : { id, outcome: "failed", error };
  });
}

/** Removes a container with its anonymous volumes, running or not. Returns null on success. */
async function remove(ports: TerminatePorts, id: string): Promise<SlipwayError | null> {
  try {
    await ports.api.removeContainer(id, { force: true });
    return null;
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    // Another request is removing the container already.
    if (hasStatus(caught, 409) && (await becomesAbsent(ports, id))) return null;
    return engineError(caught, {
      operation: "remove",
      engine: ports.engine,
      subject: `container ${id}`,
    });
  }
}

async function becomesAbsent(ports: TerminatePorts, id: string): Promise<boolean> {
  for (let poll = 0; poll < REMOVAL_POLLS; poll += 1) {
    try {
      await ports.api.inspectContainer(id, null);
    } catch (caught) {
      return hasStatus(caught, 404);
    }
    await ports.sleep(REMOVAL_POLL_INTERVAL);
  }
  return false;
}
