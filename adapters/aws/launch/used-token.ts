import { SlipwayError } from "../../../src/errors.ts";
import type { Launch, LaunchOutcome } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import type { InstanceSeen } from "../machine.ts";

type LookUpApi = Pick<AwsApi, "region" | "describeInstances">;

/**
 * What becomes of a launch whose token EC2 knows, and refuses: it was used with another request, or its machines were
 * terminated. Nothing was launched now; which machines the token has launched is looked up and told, because nobody
 * else can find them any more.
 */
export async function spentToken(
  api: LookUpApi,
  launch: Launch,
  refusal: SlipwayError,
): Promise<readonly LaunchOutcome[]> {
  const error = await toldOf(api, launch, refusal);
  return launch.members.map(() => ({ outcome: "rejected", error }));
}

async function toldOf(
  api: LookUpApi,
  launch: Launch,
  refusal: SlipwayError,
): Promise<SlipwayError> {
  try {
    return withMachines(refusal, await bornOf(api, launch.token));
  } catch (caught) {
    const subject = `machines of launch ${launch.ownership.launchId}`;
    const failure = cloudError(caught, {
      operation: "DescribeInstances",
      subject,
      region: api.region,
    });
    // The refusal stands, whether its machines can be named or not.
    return changed(refusal, {
      message: `${refusal.message}; its machines could not be looked up (${failure.message})`,
    });
  }
}

async function bornOf(api: LookUpApi, token: string): Promise<readonly InstanceSeen[]> {
  const { Reservations } = await api.describeInstances(
    { Filters: [{ Name: "client-token", Values: [token] }] },
    new AbortController().signal,
  );
  return (Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .toSorted((one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0));
}

function withMachines(refusal: SlipwayError, instances: readonly InstanceSeen[]): SlipwayError {
  const ids = instances.flatMap(({ InstanceId }) => InstanceId ?? []);
  const machines = instances.map(
    ({ InstanceId, State }) => `${InstanceId ?? "?"} (${State?.Name ?? "unknown"})`,
  );
  const told =
    ids.length === 0 ? "EC2 shows no machine of it" : `it launched ${machines.join(", ")}`;
  return changed(refusal, {
    message: `${refusal.message}; ${told}`,
    metadata: { ...refusal.metadata, machine_ids: ids },
  });
}

function changed(
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
