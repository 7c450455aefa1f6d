import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { invalidSettings } from "../settings.ts";
import type { DataVolume, InstanceSettings, RootVolume } from "../settings.ts";

type Mappings = NonNullable<RunInstancesCommandInput["BlockDeviceMappings"]>;
type Volume = NonNullable<Mappings[number]["Ebs"]>;
type VolumeType = NonNullable<Volume["VolumeType"]>;

/** The form of a type's name. EC2 decides which types exist. */
const VOLUME_TYPE = /^[a-z0-9]{1,20}$/;

/**
 * Only the volumes that differ from the image, and those that it does not have. EC2 takes every member that is left out
 * from the image's own mapping of that device. The size is sent all the same, because LocalStack and moto refuse a volume
 * without it.
 */
export function blockDevices(
  { rootDeviceName, rootVolume, volumes: ofImage, dataVolumes = [] }: InstanceSettings,
  planId: string,
): Pick<RunInstancesCommandInput, "BlockDeviceMappings"> {
  const root: Volume = {
    ...(rootVolume.sizeGb === null ? {} : { VolumeSize: rootVolume.sizeGb }),
    ...(rootVolume.type === null ? {} : { VolumeType: volumeType(rootVolume.type, planId) }),
    ...optionsOf(rootVolume),
  };
  const changes = new Map<string, Volume>();
  if (rootDeviceName !== null && Object.keys(root).length > 0) changes.set(rootDeviceName, root);
  for (const { device, sizeGb: size, keptByImage, deleteOnTermination } of ofImage) {
    const change = changes.get(device);
    const ends = keptByImage && deleteOnTermination;
    if (change !== undefined || ends)
      changes.set(device, {
        ...(size === null ? {} : { VolumeSize: size }),
        ...change,
        ...(ends ? { DeleteOnTermination: true } : {}),
      });
  }
  for (const volume of dataVolumes)
    changes.set(volume.device, {
      VolumeSize: volume.sizeGb,
      VolumeType: volumeType(volume.type, planId),
      ...optionsOf(volume),
    });
  if (changes.size === 0) return {};
  return {
    BlockDeviceMappings: [...changes].map(([DeviceName, Ebs]) => ({ DeviceName, Ebs })),
  };
}

/** Whether a volume stays after the machine's termination. */
export function keepsVolumes({ rootVolume, volumes, dataVolumes = [] }: InstanceSettings): boolean {
  return [rootVolume, ...volumes, ...dataVolumes].some(
    ({ deleteOnTermination }) => deleteOnTermination === false,
  );
}

function optionsOf(volume: RootVolume | DataVolume): Volume {
  const { iops, throughput, encrypted, kmsKeyId, deleteOnTermination } = volume;
  return {
    ...(iops === undefined ? {} : { Iops: iops }),
    ...(throughput === undefined ? {} : { Throughput: throughput }),
    ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    ...(deleteOnTermination === undefined ? {} : { DeleteOnTermination: deleteOnTermination }),
  };
}

function volumeType(name: string, planId: string): VolumeType {
  if (isVolumeType(name)) return name;
  throw invalidSettings(planId, `"${name}" cannot be a volume type`);
}

function isVolumeType(name: string): name is VolumeType {
  return VOLUME_TYPE.test(name);
}
