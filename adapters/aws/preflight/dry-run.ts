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

export const DRY_RUN_CHECK = "permission.launch";

/** EC2's dry run of a launch. Null if EC2 would have launched, otherwise its refusal. */
export type DryRun = (
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
  signal: AbortSignal,
) => Promise<SlipwayError | null>;

/** Fills the members of a launch that a dry run does not have. */
const DRY_RUN_NAME = "dry-run";

interface DryRunAnswer {
  readonly workspace: string;
  readonly error: SlipwayError | null;
}

/**
 * Sends the same request as a launch, but with `DryRun` and without a token and a real member. EC2 always answers it
 * with an error, one of which means success. Concurrent callers share one dry run, because each one spends the rate of
 * launches. They share it even if their workspaces differ, because a workspace is only a tag. If EC2 refuses it, the tag
 * may be the reason, and each workspace makes a dry run of its own.
 */
export function createDryRun(api: AwsApi): DryRun {
  const join = singleFlight<DryRunAnswer>();
  const what = "a dry run of AWS";
  return async (draft, settings, place, signal) => {
    const { workspace } = draft;
    const request = dryRunRequest(draft, settings, place);
    const load = async (stop: AbortSignal): Promise<DryRunAnswer> => {
      try {
        await api.dryRunInstances(request, stop);
        return { workspace, error: null };
      } catch (caught) {
        if (providerCode(caught) === "DryRunOperation") return { workspace, error: null };
        const subject = `dry run in ${place.subnet ?? place.place}`;
        const context = { operation: "RunInstances", subject, region: api.region };
        return { workspace, error: cloudError(caught, context) };
      }
    };
    const anyWorkspace = dryRunRequest({ ...draft, workspace: DRY_RUN_NAME }, settings, place);
    const shared = await join({ key: JSON.stringify(anyWorkspace), signal, what }, load);
    if (shared.error === null || shared.workspace === workspace) return shared.error;
    return (await join({ key: JSON.stringify([workspace, request]), signal, what }, load)).error;
  };
}

function dryRunRequest(
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
): Omit<ReturnType<typeof launchRequest>, "ClientToken"> {
  const { ClientToken: _none, ...request } = launchRequest({
    token: DRY_RUN_NAME,
    plan: { ...draft, planId: DRY_RUN_NAME, checks: [], settings: planSettings(settings) },
    place,
    ownership: {
      owner: DRY_RUN_NAME,
      tenant: draft.tenant,
      workspace: draft.workspace,
      planId: DRY_RUN_NAME,
      launchId: DRY_RUN_NAME,
    },
    members: [{ spawnId: DRY_RUN_NAME, bootDocument: "" }],
    secrets: { credential: null, environment: {}, files: [] },
  });
  return request;
}

/**
 * The dry run as a check. A refusal for anything other than permission is reported only if no other check has failed,
 * because EC2 would refuse for the faults that the other checks already name.
 */
export function dryRunCheck(error: SlipwayError | null, hasOtherFailures: boolean): Check {
  if (error === null)
    return passed(DRY_RUN_CHECK, "EC2's dry run would have launched with these credentials");
  if (error.reason === "CLOUD_PERMISSION_DENIED") return permissionDenied(error);
  if (hasOtherFailures)
    return skipped(DRY_RUN_CHECK, "EC2 refused its dry run, as other checks explain");
  if (obstacleName(error) === "cloud.reachable")
    return warning(DRY_RUN_CHECK, {
      code: error.code,
      reason: error.reason,
      message: `could not find out whether these credentials may launch: ${error.message}`,
      remedy: "Resolve again to find out before the launch.",
    });
  return failedBy(DRY_RUN_CHECK, error);
}

function permissionDenied(error: SlipwayError): Check {
  const action = error.metadata["action"];
  const denied = typeof action === "string" ? action : "ec2:RunInstances";
  return failed(DRY_RUN_CHECK, {
    code: error.code,
    reason: error.reason,
    message: `these credentials may not launch: ${error.message}`,
    remedy: `Grant ${denied} to the role or user that launches, or name a role_arn that has it. Decode metadata.encoded_message with aws sts decode-authorization-message.`,
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: { ...error.metadata, action: denied },
  });
}
