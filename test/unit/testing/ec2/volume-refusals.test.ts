import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { BlockDeviceMapping, EbsBlockDevice } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { launchOf, refusal, subject } from "./support.ts";

/** A fault of the volumes of a request, and code and message of the rejection. */
type Refused = readonly [
  name: string,
  mapping: readonly BlockDeviceMapping[],
  code: string,
  message: RegExp,
];

const root = (Ebs: EbsBlockDevice) => [{ DeviceName: "/dev/xvda", Ebs }];

const REFUSED: readonly Refused[] = [
  [
    "more IOPS than the type has",
    root({ VolumeType: "gp3", VolumeSize: 1000, Iops: 80_001 }),
    "InvalidBlockDeviceMapping",
    /^Volume iops of 80001 is too high; maximum is 80000\.$/,
  ],
  [
    "fewer IOPS than the type has",
    root({ VolumeType: "io1", Iops: 99 }),
    "InvalidBlockDeviceMapping",
    /^Volume iops of 99 is too low; minimum is 100\.$/,
  ],
  [
    "more IOPS than the size has room for",
    root({ VolumeType: "gp3", VolumeSize: 10, Iops: 5001 }),
    "InvalidBlockDeviceMapping",
    /^Iops to volume size ratio of 500\.100000 is too high; maximum is 500$/,
  ],
  [
    "more throughput than the IOPS have room for",
    root({ VolumeType: "gp3", Throughput: 1000 }),
    "InvalidBlockDeviceMapping",
    /^Throughput \(MiBps\) to iops ratio of 0\.333333 is too high; maximum is 0\.250000 MiBps/,
  ],
  [
    "a key without encryption",
    root({ KmsKeyId: "alias/agents" }),
    "InvalidParameterDependency",
    /^The parameter KmsKeyId requires the parameter Encrypted to be set\.$/,
  ],
  [
    "more volumes than the machine type takes",
    Array.from({ length: 27 }, (_, at) => ({
      DeviceName: `/dev/xvd${at}`,
      Ebs: { VolumeSize: 1 },
    })),
    "AttachmentLimitExceeded",
    /exceeded the limit for the number of EBS volumes/,
  ],
];

describe("the volumes of a launch", () => {
  it.each(REFUSED)("%s is rejected", async (_name, mapping, code, message) => {
    await using it = await subject();
    const input = { ...launchOf(it.region), BlockDeviceMappings: [...mapping] };
    const refused = await refusal(it.client.send(new RunInstancesCommand(input)));
    expect(refused).toMatchObject({ code, status: 400, message: expect.stringMatching(message) });
    expect(it.region.volumes()).toEqual([]);
  });
});
