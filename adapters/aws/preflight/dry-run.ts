import type { SlipwayError } from "../../../src/errors.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import type { Candidate, PlanDraft } from "../../../src/plan/plan.ts";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { launchRequest } from "../launch/launch-request.ts";
import { planSettings } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

/** EC2's dry run of a launch. Null if EC2 would have launched, otherwise its refusal. */
export type DryRun = (
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
  signal: AbortSignal,
) => Promise<SlipwayError | null>;

/** Fills the members of a launch that a dry run does not have. */
const DRY_RUN_NAME = "dry-run";

export interface DryRunPorts {
  readonly api: AwsApi;
  readonly sleep: Sleep;
}

interface DryRunAnswer {
  readonly workspace: string;
  readonly error: SlipwayError | null;
}

/**
 * Pauses while EC2 does not recognise an instance profile or its role, in milliseconds. IAM is eventually consistent:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency
 */
const PROFILE_PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * Sends the same request as a launch, but with `DryRun` and without a token and a real member. EC2 always answers it
 * with an error, one of which means success. Concurrent callers share one dry run, because each one spends the rate of
 * launches. They share it even if their workspaces differ, because a workspace is only a tag. If EC2 refuses it, the tag
 * may be the reason, and each workspace makes a dry run of its own.
 */
export function createDryRun(ports: DryRunPorts): DryRun {
  const join = singleFlight<DryRunAnswer>();
  const what = "a dry run of AWS";
  return async (draft, settings, place, signal) => {
    const { workspace } = draft;
    const request = dryRunRequest(draft, settings, place);
    const subject = `dry run${typePhrase(place)} in ${place.subnet ?? place.place}${marketPhrase(place)}`;
    const load = async (stop: AbortSignal): Promise<DryRunAnswer> => ({
      workspace,
      error: await refusalOf(ports, { request, subject, stop }),
    });
    const anyWorkspace = dryRunRequest({ ...draft, workspace: DRY_RUN_NAME }, settings, place);
    const shared = await join({ key: JSON.stringify(anyWorkspace), signal, what }, load);
    if (shared.error === null || shared.workspace === workspace) return shared.error;
    return (await join({ key: JSON.stringify([workspace, request]), signal, what }, load)).error;
  };
}

interface DryRunCall {
  readonly request: DryRunRequest;
  readonly subject: string;
  readonly stop: AbortSignal;
}

/** EC2's refusal; null if it would have launched. An instance profile that EC2 does not recognise yet is waited for. */
async function refusalOf(
  { api, sleep }: DryRunPorts,
  call: DryRunCall,
): Promise<SlipwayError | null> {
  for (const pause of PROFILE_PAUSES) {
    const error = await sendDryRun(api, call);
    if (error?.reason !== "INSTANCE_PROFILE_NOT_FOUND" || error.retry === "never") return error;
    await sleep(pause, call.stop);
  }
  return await sendDryRun(api, call);
}

async function sendDryRun(
  api: AwsApi,
  { request, subject, stop }: DryRunCall,
): Promise<SlipwayError | null> {
  try {
    await api.dryRunInstances(request, stop);
    return null;
  } catch (caught) {
    if (providerCode(caught) === "DryRunOperation") return null;
    return cloudError(caught, { operation: "RunInstances", subject, region: api.region });
  }
}

/** Of a plan with several types. */
function typePhrase({ machineType }: Candidate): string {
  return machineType === undefined ? "" : ` of ${machineType}`;
}

function marketPhrase({ market }: Candidate): string {
  return market === "spot" ? " on the spot market" : "";
}

type DryRunRequest = Omit<ReturnType<typeof launchRequest>, "ClientToken">;

function dryRunRequest(
  draft: PlanDraft,
  settings: InstanceSettings,
  place: Candidate,
): DryRunRequest {
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
    members: [{ spawnId: DRY_RUN_NAME, ...NO_INPUT, bootDocument: "" }],
    userData: "",
    secrets: { credential: null, environment: {}, files: [] },
  });
  return request;
}
