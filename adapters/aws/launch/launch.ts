import { cancellation, throwIfCancelled } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { ErrorReason } from "../../../src/errors.ts";
import { machineTypeAt } from "../../../src/plan/machine-types.ts";
import type { AwsTarget } from "../../../src/plan/plan.ts";
import type { Launch, LaunchOutcome, Machine } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, isOutcomeUnknown, providerCode } from "../errors/errors.ts";
import { launchRequest } from "./launch-request.ts";
import { machineOf } from "../machine.ts";
import type { ObservedInstance } from "../machine.ts";
import { LAG_MILLISECONDS } from "../machines/recent-machines.ts";
import type { RecentMachines } from "../machines/recent-machines.ts";
import { instancesOfLaunch, usedTokenOutcomes } from "./used-token.ts";
import { awsTarget } from "../target.ts";

export interface LaunchPorts {
  readonly api: Pick<AwsApi, "region" | "runInstances" | "describeInstances">;
  readonly recent: RecentMachines;
  readonly now: () => number;
  /** The account that the launching credentials belong to, cached per credential: a warm launch makes no call for it. */
  readonly account: (signal: AbortSignal) => Promise<string>;
}

const TOKEN_MISMATCH = "IdempotentParameterMismatch";
/** Codes with which EC2 refuses a token that it already knows. */
const USED_TOKEN_CODES: ReadonlySet<string | null> = new Set([
  TOKEN_MISMATCH,
  "IdempotentInstanceTerminated",
]);

/**
 * Launches all members with one `RunInstances` call. Its token makes a repeated call return the same machines. Member i
 * is the instance with launch index i.
 *
 * The call runs to its end even if the signal is aborted in the meantime, because an abandoned call may have launched
 * machines that no record mentions.
 *
 * @throws SlipwayError a cancellation, only if the signal was aborted and nothing was or may have been launched
 */
export async function launchInstances(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  throwIfCancelled(signal, "the launch");
  if (launch.members.length === 0) return [];
  const outcomes = await attempt(ports, launch, signal);
  ports.recent.launched(
    outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine] : [])),
  );
  if (signal.aborted && outcomes.every(({ outcome }) => outcome === "rejected"))
    throw cancellation(signal, "the launch");
  return outcomes;
}

async function attempt(
  ports: LaunchPorts,
  launch: Launch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  const { api } = ports;
  const context = { operation: "RunInstances", subject: subjectOf(launch), region: api.region };
  try {
    const request = launchRequest(launch);
    requireAccount(awsTarget(launch.plan), await ports.account(signal));
    const { Instances } = await api.runInstances(request);
    return (
      outcomesOf(launch, Instances ?? []) ??
      sameOutcome(launch, "unknown", unreadableReply(context))
    );
  } catch (caught) {
    const error = cloudError(caught, context);
    const code = providerCode(caught);
    const adopted = code === TOKEN_MISMATCH ? await adoptedOutcomes(ports, launch, error) : null;
    if (adopted !== null) return adopted;
    if (USED_TOKEN_CODES.has(code)) return await usedTokenOutcomes(api, launch, error);
    if (isOutcomeUnknown(caught)) return sameOutcome(launch, "unknown", error);
    return rejections(launch, error);
  }
}

/**
 * The machines that this launch has made already, although EC2 says that its request was another one: a newer version of
 * Slipway or of Node may render or compress the same user data differently. Their tags name this launch and plan, and the
 * token follows from the plan, the place and the members, so nothing else can differ.
 *
 * @returns null if there are none, or if they are not of this launch
 */
async function adoptedOutcomes(
  { api, now }: LaunchPorts,
  launch: Launch,
  mismatch: SlipwayError,
): Promise<readonly LaunchOutcome[] | null> {
  const instances = await instancesOfLaunch(api, launch);
  if (instances.length === 0) return null;
  const newest = Math.max(...instances.map(({ LaunchTime }) => LaunchTime?.getTime() ?? now()));
  // EC2 may not show all of them yet, and a member without a machine would be launched elsewhere.
  if (instances.length < launch.members.length && now() - newest < LAG_MILLISECONDS)
    return sameOutcome(launch, "unknown", mismatch);
  return outcomesOf(launch, instances);
}

/** A token is valid in one account. With credentials of another account the same launch would make second machines. */
function requireAccount({ accountId, region }: AwsTarget, account: string): void {
  if (account === accountId) return;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "ACCOUNT_MISMATCH",
    message: `the credentials that launch belong to account ${account}, but the plan is for account ${accountId}`,
    remedy: `Use credentials of account ${accountId}: a profile, or a role_arn in the placement.`,
    blastRadius: "credential",
    metadata: { account_id: account, placement_account_id: accountId, region },
  });
}

/** Outcomes by launch index, because the order of EC2's reply means nothing. Null if the reply does not fit the launch. */
function outcomesOf(
  launch: Launch,
  instances: readonly ObservedInstance[],
): readonly LaunchOutcome[] | null {
  const machines = new Map<number, Machine>();
  for (const instance of instances) {
    const index = instance.AmiLaunchIndex ?? -1;
    const machine = machineOf(instance);
    if (machine === null || index < 0 || index >= launch.members.length) return null;
    if (machines.has(index)) return null;
    machines.set(index, { ...machine, ownership: machine.ownership ?? ownershipOf(launch) });
  }
  if (machines.size === 0) return null;
  return launch.members.map((_member, index) => {
    const machine = machines.get(index);
    if (machine !== undefined) return { outcome: "accepted", machine };
    return { outcome: "rejected", error: notLaunched(launch, machines.size) };
  });
}

/** For replies that leave the tags out. The machine has them all the same. */
function ownershipOf({ ownership, members }: Launch): Machine["ownership"] {
  const [only] = members.length === 1 ? members : [];
  return { ...ownership, spawnId: only?.spawnId ?? null };
}

function sameOutcome(
  { members }: Launch,
  outcome: "rejected" | "unknown",
  error: SlipwayError,
): readonly LaunchOutcome[] {
  return members.map(() => ({ outcome, error }));
}

/** Reasons for which EC2 may refuse a number of machines although fewer would fit. */
const COUNTED: ReadonlySet<ErrorReason> = new Set(["QUOTA_EXCEEDED", "SUBNET_FULL"]);

/**
 * EC2 documents for its capacity that it launches as many machines as fit, and people report the same of on-demand
 * quotas: https://github.com/ITISFoundation/osparc-simcore/pull/5408. About spot quotas and the addresses of a subnet
 * nothing is known. In case such a refusal is about the number, half of the members may be launched there once more.
 */
function rejections({ members }: Launch, error: SlipwayError): readonly LaunchOutcome[] {
  const isCounted = error.retry === "next-candidate" && COUNTED.has(error.reason);
  const again = isCounted && members.length > 1 ? Math.ceil(members.length / 2) : 0;
  const { code, reason, message, remedy, retry, metadata } = error;
  const ofLaunch = new SlipwayError({
    code,
    reason,
    message,
    ...(remedy === null ? {} : { remedy }),
    blastRadius: "launch",
    retry,
    metadata: { ...metadata, requested: members.length },
    cause: error.cause,
  });
  return members.map((_member, index) => ({
    outcome: "rejected",
    error: index < again ? ofLaunch : error,
  }));
}

/**
 * EC2 launches as many machines as it can between `MinCount` and `MaxCount`, and does not say why it left the others
 * out. A launch of these alone gets its words.
 */
function notLaunched({ place, members, plan }: Launch, accepted: number): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "INSUFFICIENT_CAPACITY",
    message: `EC2 launched ${accepted} of ${members.length} machines of type ${machineTypeAt(plan, place)} in ${place.place}`,
    remedy: "Name subnets in more zones, or another machine type.",
    blastRadius: "launch",
    retry: "next-candidate",
    metadata: { accepted, requested: members.length },
  });
}

function unreadableReply(context: {
  readonly subject: string;
  readonly region: string;
}): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `RunInstances in ${context.region} (${context.subject}): the answer does not say which machines were launched`,
    remedy: "Repeat the launch with the same token.",
    blastRadius: "request",
    retry: "same-token",
    metadata: { operation: "RunInstances", region: context.region },
  });
}

function subjectOf({ ownership, members, plan, place }: Launch): string {
  const count = members.length === 1 ? "a machine" : `${members.length} machines`;
  return `${count} of type ${machineTypeAt(plan, place)} from ${plan.artifact.id} in ${place.subnet ?? place.place}, launch ${ownership.launchId}`;
}
