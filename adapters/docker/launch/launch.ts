import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import { withRenewal } from "../../../src/oci/renewal.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../src/oci/registry/contract.ts";
import type { Launch, LaunchOutcome } from "../../../src/substrate/contract.ts";
import { settleMember } from "../../../src/substrate/launch-outcome.ts";
import type { AuthorisedImages } from "../image/authorised-images.ts";
import { adoptMember, launchMember } from "./launch-member.ts";
import type { MemberContext, MemberPorts } from "./launch-member.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";

export interface LaunchPorts {
  /** Throws `ENGINE_CONFIGURATION_INVALID`. */
  readonly connect: () => Promise<MemberPorts>;
  readonly registry: RegistryClient;
  readonly authorisedImages: Pick<AuthorisedImages, "holds">;
}

/** Concurrent starts of one launch; the engine works on few at a time anyway. */
const MEMBERS_AT_ONCE = 8;

/**
 * Creates the containers of a launch: first the registry must accept the caller's credential for the pinned manifest,
 * then each member is created (pulling a missing image) and started.
 *
 * Throws only if the signal was aborted before any member was accepted.
 */
export async function launchContainers(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  if (signal.aborted) throw cancellation(signal, "the launch");
  // A container that is not started needs no permission to use its image.
  const refusal = launch.isWanted === false ? null : await registryRefusal(ports, launch, signal);
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
 * The engine may already have the image, but this caller may use it only after the registry has accepted its
 * credential: now, or a moment ago when the plan was resolved.
 */
async function registryRefusal(
  { registry, authorisedImages }: LaunchPorts,
  { plan, secrets }: Launch,
  signal: AbortSignal,
): Promise<SlipwayError | null> {
  try {
    const reference = parseReference(plan.artifact.id);
    if (reference.digest === undefined) return unpinned(plan);
    const { credential } = secrets;
    if (!authorisedImages.holds(plan.artifact.id, credential))
      await withRenewal(credential, signal, (current) =>
        registry.headManifest({ reference, credential: current, signal }),
      );
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
    message: `plan ${planId}: ${artifact.id} has no digest, so the plan does not fix what would run`,
    remedy: "Resolve the workspace again, not offline.",
  });
}
