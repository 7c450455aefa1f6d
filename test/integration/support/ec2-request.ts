import { randomUUID } from "node:crypto";
import type { Endpoint } from "./ec2-endpoints.ts";

/** A request to both clouds, whose answers must be the same once they are comparable. */
export type Ec2Request = readonly [name: string, send: (at: Endpoint) => Promise<unknown>];

/** The digits of ids that nothing has. */
export const NONE = "00000000000000000";
export const TAGS = [{ Key: "slipway:owner", Value: 'a "b" <c> & d' }];
export const tagged = (ResourceType: "instance" | "volume") => ({ ResourceType, Tags: TAGS });
export const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

/** The id of a new machine with all that can be asked for. */
export const launched = async (at: Endpoint) => {
  const [instance] = await at.launch({
    SubnetId: at.subnetId,
    SecurityGroupIds: [at.groupId],
    UserData: Buffer.from("#cloud-config\n{}\n").toString("base64"),
    BlockDeviceMappings: [
      { DeviceName: at.rootDeviceName, Ebs: { VolumeSize: 40, VolumeType: "gp3" } },
    ],
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
    TagSpecifications: [tagged("instance"), tagged("volume")],
    ClientToken: randomUUID(),
  });
  return instance?.InstanceId ?? "";
};
