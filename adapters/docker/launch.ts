import { isSlipwayError } from "../../src/errors.ts";
import type { SlipwayError } from "../../src/errors.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { RegistryClient } from "../../src/oci/registry-client.ts";
import type { Launch, LaunchOutcome, Machine } from "../../src/substrate/contract.ts";
import { cancelled } from "./errors.ts";
import { adoptMember, launchMember, UnknownOutcome } from "./launch-member.ts";
import type { MemberContext, MemberPorts } from "./launch-member.ts";
import { mapLimited } from "./tasks.ts";

export interface LaunchPorts extends MemberPorts {
  readonly registry: RegistryClient;
}

/** Starts that one launch makes at once; the engine works on few at a time anyhow. */
const MEMBERS_AT_ONCE = 8;

/**
 * Makes the containers of a launch: the registry accepts the caller's credential for the pinned manifest, then every
 * member is created (pulling where the engine lacks the image) and started.
 *
 * Throws only where the signal was aborted before any member was accepted.
 */
export async function launchContainers(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  if (signal.aborted) throw cancelled(signal, "the launch");
  const refusal = await registryRefusal(ports, launch, signal);
  const outcomes = await mapLimited(launch.members, MEMBERS_AT_ONCE, async (member) => {
    const context: MemberContext = { ...ports, launch, member, signal };
    return await settle(() =>
      refusal === null ? launchMember(context) : adoptMember(context, refusal),
    );
  });
  const isStopped = signal.aborted && outcomes.every(({ outcome }) => outcome !== "accepted");
  if (isStopped) throw cancelled(signal, "the launch");
  return outcomes;
}

/** The engine may hold the image already, but it is this caller's only once the registry says so. */
async function registryRefusal(
  { registry }: LaunchPorts,
  { plan, secrets }: Launch,
  signal: AbortSignal,
): Promise<SlipwayError | null> {
  try {
    const reference = parseReference(plan.artifact.id);
    await registry.headManifest({ reference, credential: secrets.credential, signal });
    return null;
  } catch (caught) {
    if (isSlipwayError(caught) && !signal.aborted) return caught;
    throw caught;
  }
}

/** What a member's launch came to: what it threw is a rejection, or where it says so, unknown. */
async function settle(attempt: () => Promise<Machine>): Promise<LaunchOutcome> {
  try {
    return { outcome: "accepted", machine: await attempt() };
  } catch (caught) {
    if (caught instanceof UnknownOutcome) return { outcome: "unknown", error: caught.error };
    if (isSlipwayError(caught)) return { outcome: "rejected", error: caught };
    throw caught;
  }
}
