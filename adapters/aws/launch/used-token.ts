import { SlipwayError } from "../../../src/errors.ts";
import type { Launch, LaunchOutcome } from "../../../src/substrate/contract.ts";
import { ownershipOf } from "../labels.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import type { ObservedInstance } from "../machine.ts";

type LookUpApi = Pick<AwsApi, "region" | "describeInstances">;

/**
 * The outcomes of a launch whose token EC2 knows and refuses, because it was used with another request or its machines
 * were terminated. Nothing was launched this time. The error names the machines that the token launched before, because
 * no other record leads to them.
 */
export async function usedTokenOutcomes(
  api: LookUpApi,
  launch: Launch,
  refusal: SlipwayError,
): Promise<readonly LaunchOutcome[]> {
  const error = await errorWithMachines(api, launch, refusal);
  return launch.members.map(() => ({ outcome: "rejected", error }));
}

/** The instances of the launch's token, if all of them have its tags and its image; otherwise none. */
export async function instancesOfLaunch(
  api: LookUpApi,
  { token, ownership, plan }: Launch,
): Promise<readonly ObservedInstance[]> {
  try {
    const instances = await instancesWithToken(api, token);
    const isOwn = ({ Tags, ImageId }: ObservedInstance): boolean => {
      const written = ownershipOf(Tags);
      return (
        written !== null &&
        ImageId === plan.artifact.id &&
        written.owner === ownership.owner &&
        written.launchId === ownership.launchId &&
        written.planId === ownership.planId
      );
    };
    return instances.every(isOwn) ? instances : [];
  } catch {
    // The outcome of a token that cannot be looked up says so.
    return [];
  }
}

async function errorWithMachines(
  api: LookUpApi,
  launch: Launch,
  refusal: SlipwayError,
): Promise<SlipwayError> {
  try {
    return withMachines(refusal, await instancesWithToken(api, launch.token));
  } catch (caught) {
    const subject = `machines of launch ${launch.ownership.launchId}`;
    const failure = cloudError(caught, {
      operation: "DescribeInstances",
      subject,
      region: api.region,
    });
    // The launch is refused whether its machines can be named or not.
    return withChange(refusal, {
      message: `${refusal.message}; its machines could not be looked up (${failure.message})`,
    });
  }
}

async function instancesWithToken(
  api: LookUpApi,
  token: string,
): Promise<readonly ObservedInstance[]> {
  const { Reservations } = await api.describeInstances(
    { Filters: [{ Name: "client-token", Values: [token] }] },
    new AbortController().signal,
  );
  return (Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .toSorted((one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0));
}

function withMachines(refusal: SlipwayError, instances: readonly ObservedInstance[]): SlipwayError {
  const ids = instances.flatMap(({ InstanceId }) => InstanceId ?? []);
  const machines = instances.map(
    ({ InstanceId, State }) => `${InstanceId ?? "?"} (${State?.Name ?? "unknown"})`,
  );
  const launched =
    ids.length === 0
      ? "EC2 shows no machine launched with this token"
      : `the token launched ${machines.join(", ")}`;
  return withChange(refusal, {
    message: `${refusal.message}; ${launched}`,
    metadata: { ...refusal.metadata, machine_ids: ids },
  });
}

function withChange(
  error: SlipwayError,
  change: Partial<Pick<SlipwayError, "message" | "metadata">>,
): SlipwayError {
  return new SlipwayError({
    code: error.code,
    reason: error.reason,
    message: change.message ?? error.message,
    ...(error.remedy === null ? {} : { remedy: error.remedy }),
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: change.metadata ?? error.metadata,
    cause: error,
  });
}
