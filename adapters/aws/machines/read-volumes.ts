import type { Volume } from "@aws-sdk/client-ec2";
import type { JsonObject } from "../../../src/errors.ts";
import { knownMachine } from "../../../src/substrate/contract.ts";
import type { Machine, MachineStatus } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import { describeInstances } from "./describe.ts";
import type { DescribePorts } from "./describe.ts";

export interface VolumePorts extends DescribePorts {
  readonly api: DescribePorts["api"] & Pick<AwsApi, "describeVolumes">;
}

/** A machine that EC2 creates has its volumes at the latest when it runs. */
const WITH_VOLUMES: ReadonlySet<Machine["state"]> = new Set(["running", "stopped"]);

/**
 * As {@link describeInstances}. A single machine also gets the settings of its volumes, of which EC2's answer about the
 * instance has only the ids. Many machines do not: that would be further calls for each poll of a burst.
 */
export async function describeMachines(
  ports: VolumePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineStatus[]> {
  const statuses = await describeInstances(ports, ids, signal);
  const machine = statuses.length === 1 ? knownMachine(statuses[0]) : null;
  if (machine === null || machine.ownership === null || !WITH_VOLUMES.has(machine.state))
    return statuses;
  const volumes = await readVolumes(ports.api, machine.id, signal);
  return volumes === null
    ? statuses
    : [{ ...machine, settings: { ...machine.settings, disks: volumes } }];
}

/** Null if EC2 refuses the call: the machine's state must not depend on a second permission. */
async function readVolumes(
  api: VolumePorts["api"],
  id: string,
  signal: AbortSignal,
): Promise<JsonObject[] | null> {
  try {
    const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
    const { Volumes = [] } = await api.describeVolumes({ Filters }, signal);
    return Volumes.map((volume) => settingsOfVolume(volume, id)).toSorted((one, other) =>
      one.device < other.device ? -1 : 1,
    );
  } catch (caught) {
    const context = { operation: "DescribeVolumes", subject: `volumes of ${id}` };
    const error = cloudError(caught, { ...context, region: api.region, signal });
    if (error.code === "CANCELLED") throw error;
    return null;
  }
}

/** By the names of the disk-type record's and the environment's fields. */
function settingsOfVolume(
  volume: Volume,
  instanceId: string,
): JsonObject & { readonly device: string } {
  const attachment = volume.Attachments?.find((one) => one.InstanceId === instanceId);
  return {
    device: attachment?.Device ?? "",
    volumeId: volume.VolumeId ?? "",
    sizeGb: volume.Size ?? null,
    volumeType: volume.VolumeType ?? null,
    ...(volume.Iops === undefined ? {} : { iops: volume.Iops }),
    ...(volume.Throughput === undefined ? {} : { throughput: volume.Throughput }),
    encrypted: volume.Encrypted ?? false,
    ...(volume.KmsKeyId === undefined ? {} : { kmsKeyId: volume.KmsKeyId }),
    keepOnTermination: attachment?.DeleteOnTermination === false,
  };
}
