import type { Volume } from "@aws-sdk/client-ec2";
import type { JsonObject } from "../../../src/errors.ts";

/** By the names of the disk-type record's and the environment's fields. */
export function settingsOfVolume(
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
