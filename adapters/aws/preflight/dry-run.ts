import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { launchRequest } from "../launch/launch-request.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { planSettings } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";

export const REHEARSAL_CHECK = "permission.launch";

/** EC2's dry run of a launch: null where it would have been made, else why not. */
export type Rehearse = (
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
  signal: AbortSignal,
) => Promise<SlipwayError | null>;

const NOT_A_LAUNCH = "dry-run";

interface Rehearsed {
  readonly workspace: string;
  readonly error: SlipwayError | null;
}

/**
 * The very request of a launch, but for its token and its member, with `DryRun`: EC2 answers with an error whatever
 * comes of it. Callers at the same time share one, because each spends the launches' own rate: also where only the
 * workspace differs, which is no more than a tag. Where that is refused, the tag may be why, and each asks for its own.
 */
export function createRehearse(api: AwsApi): Rehearse {
  const join = singleFlight<Rehearsed>();
  const what = "a dry run of AWS";
  return async (draft, settings, place, signal) => {
    const { workspace } = draft;
    const request = rehearsalRequest(draft, settings, place);
    const load = async (stop: AbortSignal): Promise<Rehearsed> => {
      try {
        await api.rehearseInstances(request, stop);
        return { workspace, error: null };
      } catch (caught) {
        if (providerCode(caught) === "DryRunOperation") return { workspace, error: null };
        const subject = `dry run in ${place.subnet ?? place.place}`;
        const told = { operation: "RunInstances", subject, region: api.region };
        return { workspace, error: cloudError(caught, told) };
      }
    };
    const alike = rehearsalRequest({ ...draft, workspace: NOT_A_LAUNCH }, settings, place);
    const shared = await join({ key: JSON.stringify(alike), signal, what }, load);
    if (shared.error === null || shared.workspace === workspace) return shared.error;
    return (await join({ key: JSON.stringify([workspace, request]), signal, what }, load)).error;
  };
}

function rehearsalRequest(
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
): Omit<ReturnType<typeof launchRequest>, "ClientToken"> {
  const { ClientToken: _none, ...request } = launchRequest({
    token: NOT_A_LAUNCH,
    plan: { ...draft, planId: NOT_A_LAUNCH, checks: [], settings: planSettings(settings) },
    place,
    ownership: {
      owner: NOT_A_LAUNCH,
      tenant: draft.tenant,
      workspace: draft.workspace,
      planId: NOT_A_LAUNCH,
      launchId: NOT_A_LAUNCH,
    },
    members: [{ spawnId: NOT_A_LAUNCH, bootDocument: "" }],
    secrets: { credential: null, environment: {}, files: [] },
  });
  return request;
}

/**
 * What the rehearsal found. Its refusal for anything but permission is told only where nothing else has failed: EC2
 * refuses for what the other checks name, in its own words.
 */
export function rehearsalCheck(error: SlipwayError | null, isAllWell: boolean): Check {
  if (error === null)
    return passed(REHEARSAL_CHECK, "EC2's dry run would have launched with these credentials");
  if (error.reason === "CLOUD_PERMISSION_DENIED") return denied(error);
  if (!isAllWell)
    return skipped(REHEARSAL_CHECK, "EC2's dry run was refused for what other checks name");
  if (obstacleName(error) === "cloud.reachable")
    return warning(REHEARSAL_CHECK, {
      code: error.code,
      reason: error.reason,
      message: `whether these credentials may launch is not known: ${error.message}`,
      remedy: "Resolve again to know it before the launch.",
    });
  return failedBy(REHEARSAL_CHECK, error);
}

function denied(error: SlipwayError): Check {
  const action = error.metadata["action"];
  const what = typeof action === "string" ? action : "ec2:RunInstances";
  return failed(REHEARSAL_CHECK, {
    code: error.code,
    reason: error.reason,
    message: `these credentials may not launch: ${error.message}`,
    remedy: `Allow ${what} to the role or user that launches, or name a role_arn that may; aws sts decode-authorization-message reads metadata.encoded_message.`,
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: { ...error.metadata, action: what },
  });
}
