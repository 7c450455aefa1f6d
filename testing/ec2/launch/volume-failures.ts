import { accountRecord } from "../account.ts";
import type { Context } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { type InstanceType, mostAttachments } from "../instance-types.ts";
import { isAlive } from "../lifecycle.ts";
import type { Instance, Volume } from "../records.ts";
import type { DevicePlan } from "./block-devices.ts";

/** @throws Ec2Failure for more volumes than a machine of the type may have beside its network interface */
export function requireAttachments(type: InstanceType, devices: readonly DevicePlan[]): void {
  const most = mostAttachments(type);
  if (most === null || devices.length < most) return;
  throw new Ec2Failure(
    "AttachmentLimitExceeded",
    "You've exceeded the limit for the number of EBS volumes or network interfaces that can be attached to the instance.",
  );
}

/**
 * Why the volumes of `count` machines cannot be created, in EC2's words; null if they can. EC2 finds out only after it
 * has accepted the launch: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html and, for the
 * two forms about keys, https://github.com/CiscoDevNet/cloud-cml/issues/8 and
 * https://github.com/aws/karpenter-provider-aws/issues/1407
 */
export function failureOfVolumes(
  context: Context,
  devices: readonly DevicePlan[],
  count: number,
): Instance["stateReason"] {
  const { unusableKeys, volumeGib } = accountRecord(context.world, context.account);
  for (const { encrypted, kmsKeyId } of devices) {
    const key = kmsKeyId ?? "alias/aws/ebs";
    const unusable = encrypted ? unusableKeys.find((one) => one.key === key) : undefined;
    if (unusable?.why === "disabled")
      return {
        code: "Client.InvalidKMSKey.InvalidState",
        message: "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
      };
    if (unusable?.why === "denied")
      return {
        code: "Server.InternalError",
        message: "Client.InternalError: Client error on launch",
      };
  }
  if (volumeGib === null) return null;
  const used = [...context.region.volumes.values()]
    .filter((volume) => isUsed(context, volume))
    .reduce((sum, { sizeGib }) => sum + sizeGib, 0);
  const added = count * devices.reduce((sum, { sizeGib }) => sum + sizeGib, 0);
  if (used + added <= volumeGib) return null;
  return {
    code: "Client.VolumeLimitExceeded",
    message: "Client.VolumeLimitExceeded: Volume limit exceeded",
  };
}

/** A volume that stays counts for as long as it is there. */
function isUsed({ region, account, now }: Context, volume: Volume): boolean {
  if (volume.account !== account) return false;
  const instance = region.instances.get(volume.instanceId);
  return !volume.deleteOnTermination || (instance !== undefined && isAlive(instance, now));
}
