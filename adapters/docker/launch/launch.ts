import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../src/oci/registry/contract.ts";
import type { Launch, LaunchOutcome } from "../../../src/substrate/contract.ts";
import { settleMember } from "../../../src/substrate/launch-outcome.ts";
import type { Acceptances } from "../image/authorised-images.ts";
import { adoptMember, launchMember } from "./launch-member.ts";
import type { MemberContext, MemberPorts } from "./launch-member.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";

export interface LaunchPorts {
  /** Throws `ENGINE_CONFIGURATION_INVALID`. */
  readonly connect: () => Promise<MemberPorts>;
  readonly registry: RegistryClient;
  readonly acceptances: Pick<Acceptances, "holds">;
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
  if (signal.aborted) throw cancellation(signal, "the launch");
  const refusal = await registryRefusal(ports, launch, signal);
  const outcomes = await mapLimited(launch.members, MEMBERS_AT_ONCE, (member) =>
    settleMember(async () => {
      const context: MemberContext = { ...(await ports.connect()), launch, member, signal };
      return await (refusal === null ? launchMember(context) : adoptMember(context, refusal));
    }),
  );
  const isStopped = signal.aborted && outcomes.every(({ outcome }) => outcome !== "accepted");
  if (isStopped) throw cancellation(signal, "the launch");
  return outcomes;
}

/**
 * The engine may hold the image already, but it is this caller's only once the registry says so: now, or a moment ago
 * when the plan was resolved.
 */
async function registryRefusal(
  { registry, acceptances }: LaunchPorts,
  { plan, secrets }: Launch,
  signal: AbortSignal,
): Promise<SlipwayError | null> {
  try {
    const reference = parseReference(plan.artifact.id);
    if (reference.digest === undefined) return unpinned(plan);
    const { credential } = secrets;
    if (!acceptances.holds(plan.artifact.id, credential))
      await registry.headManifest({ reference, credential, signal });
    return null;
  } catch (caught) {
    if (isSlipwayError(caught) && !signal.aborted) return caught;
    throw caught;
  }
}

function unpinned({ planId, artifact }: Launch["plan"]): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_UNPINNED",
    message: `plan ${planId}: ${artifact.id} has no digest, so that nobody knows what would run`,
    remedy: "Resolve the workspace again, not offline.",
  });
}
