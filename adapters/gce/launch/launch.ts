import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import type { Launch, LaunchOutcome } from "../../../src/substrate/contract.ts";
import { settle, UnknownOutcome } from "./launch-context.ts";
import type { LaunchContext, LaunchPorts } from "./launch-context.ts";
import { launchMany } from "./launch-many.ts";
import { launchOne } from "./launch-one.ts";
import { memberNames } from "./launch-request.ts";
import { gcpTarget } from "../target.ts";

/**
 * Makes the machines of a launch: one insert, or for several one bulk insert, and then waiting until its operation is
 * done, because before that there is no machine to speak of.
 *
 * Throws only where the signal was aborted before any member was accepted.
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
    return only === undefined ? [] : [await settle(() => launchOne(context, only))];
  };
  try {
    return await whole();
  } catch (caught) {
    // What went wrong before there were members to tell apart went wrong for all of them.
    if (caught instanceof UnknownOutcome)
      return launch.members.map(() => ({ outcome: "unknown", error: caught.error }));
    if (isSlipwayError(caught))
      return launch.members.map(() => ({ outcome: "rejected", error: caught }));
    throw caught;
  }
}
