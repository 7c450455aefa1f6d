import { randomUUID } from "node:crypto";
import type { Endpoint } from "./ec2-endpoints.ts";

/** What is asked of both clouds; the answers, made comparable, must be the same. */
export type Question = readonly [name: string, ask: (at: Endpoint) => Promise<unknown>];

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
