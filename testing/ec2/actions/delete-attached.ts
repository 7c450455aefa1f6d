import { type Context, mutation } from "../action.ts";
import { invalidateAttached } from "../attached.ts";
import { Ec2Failure, invalidValue } from "../failure.ts";
import { INTERFACE_ID, VOLUME_ID, lookUp } from "../ids.ts";
import { required, text } from "../parameters.ts";
import type { NetworkInterface, Volume } from "../records.ts";
import { isAttached, isVisibleRecord } from "./describe-attached.ts";

export const deleteVolume = mutation(
  { VolumeId: required(text) },
  {
    name: "DeleteVolume",
    prepare(context, { VolumeId }) {
      const { volumes } = context.region;
      const volume = find(context, volumes, VolumeId);
      if (volume === null) lookUp([VolumeId], VOLUME_ID, () => null);
      else if (isAttached(context, volume))
        throw new Ec2Failure(
          "VolumeInUse",
          `Volume ${VolumeId} is currently attached to ${volume.instanceId}`,
        );
      return () => remove(volumes, VolumeId);
    },
  },
);

export const deleteNetworkInterface = mutation(
  { NetworkInterfaceId: required(text) },
  {
    name: "DeleteNetworkInterface",
    prepare(context, { NetworkInterfaceId: id }) {
      const { interfaces } = context.region;
      const found = find(context, interfaces, id);
      if (found === null) lookUp([id], INTERFACE_ID, () => null);
      else if (isAttached(context, found))
        throw invalidValue(`Network interface '${id}' is currently in use.`);
      return () => remove(interfaces, id);
    },
  },
);

function find<T extends NetworkInterface | Volume>(
  context: Context,
  records: ReadonlyMap<string, T>,
  id: string,
): T | null {
  const record = records.get(id);
  return record !== undefined && isVisibleRecord(context, record) ? record : null;
}

function remove<T extends NetworkInterface | Volume>(records: Map<string, T>, id: string) {
  records.delete(id);
  invalidateAttached(records);
  return { return: true };
}
