import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject, SlipwayError } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { TENANCIES } from "../../src/plan/instance.ts";
import {
  capacityReservationOptions,
  confidentialOptions,
  maintenanceOptions,
  metadataOptions,
} from "../../src/plan/instance-document.ts";
import { settingsParser } from "../../src/substrate/plan-settings.ts";

const text = z.string().min(1);

/** The options of a volume besides its size and type. Absent: the image's own value, or EC2's default. */
const volumeOptions = {
  iops: z.int().positive().exactOptional(),
  /** MiB per second. */
  throughput: z.int().positive().exactOptional(),
  encrypted: z.literal(true).exactOptional(),
  kmsKeyId: text.exactOptional(),
};

/** The EC2-specific part of a plan: everything that `RunInstances` needs beyond the plan's neutral fields. */
const instanceSettings = z.strictObject({
  /**
   * EC2's name of the machine type, such as `m7i.large`: the plan's `machine_type`. A candidate of a plan with several
   * types has its own.
   */
  instanceType: text,
  /**
   * The image's name of the device that EC2 boots, such as `/dev/xvda`. Any other name would add a second disk. Null if
   * EC2 names none.
   */
  rootDeviceName: text.nullable(),
  /** The size is in GiB. Null keeps the image's own size or type. */
  rootVolume: z.strictObject({
    sizeGb: z.int().positive().nullable(),
    type: text.nullable(),
    ...volumeOptions,
    /** Absent: as `volumes` says. */
    deleteOnTermination: z.boolean().exactOptional(),
  }),
  /** The image's volumes as the launch creates them, in the order of its mapping. Plans of older versions have none. */
  volumes: z
    .array(
      z.strictObject({
        device: text,
        /** In GiB. Null, as in the following members, if EC2 does not state it or chooses its default. */
        sizeGb: z.int().positive().nullable(),
        type: text.nullable(),
        iops: z.int().nullable(),
        throughput: z.int().nullable(),
        deleteOnTermination: z.boolean(),
        /** Whether the image's mapping keeps it, so that only the launch can make it end with the machine. */
        keptByImage: z.boolean(),
      }),
    )
    .default([]),
  /** Further volumes, which the launch creates empty. Absent if there are none. */
  dataVolumes: z
    .array(
      z.strictObject({
        /** The data disk's name in the environment. */
        name: text,
        /** In EC2's mapping, such as `/dev/sdf`. No device of the image has this name. */
        device: text,
        sizeGb: z.int().positive(),
        type: text,
        ...volumeOptions,
        deleteOnTermination: z.boolean(),
      }),
    )
    .exactOptional(),
  /** The groups of the machine's network interface. Empty: EC2 uses the default group of the subnet's VPC. */
  securityGroupIds: z.array(text),
  /** The placement's IPv6-only subnets. Plans of older versions have none. */
  ipv6OnlySubnets: z
    .array(
      z.strictObject({
        subnet: text,
        /** Whether EC2 assigns an address by itself. Otherwise the launch has to request one. */
        assignsAddresses: z.boolean(),
      }),
    )
    .default([]),
  /** The following options are the placement's. Absent: EC2's default. */
  metadataOptions: metadataOptions().exactOptional(),
  keyName: text.exactOptional(),
  ipv6AddressCount: z.int().nonnegative().exactOptional(),
  tenancy: z.enum(TENANCIES).exactOptional(),
  hostId: text.exactOptional(),
  /** Only for the candidates of the spot market. */
  maxPrice: text.exactOptional(),
  maintenance: maintenanceOptions().exactOptional(),
  confidential: confidentialOptions().exactOptional(),
  /** Only for the on-demand candidates. */
  capacityReservation: capacityReservationOptions().exactOptional(),
  /** The version from which settings were taken. A launch does not send it. */
  launchTemplate: z
    .strictObject({ id: text, name: text.nullable(), version: z.int().positive() })
    .exactOptional(),
  instanceProfileArn: text.nullable(),
  assignPublicIp: z.boolean(),
  /** The placement's own tags. Each launch adds the ownership tags. */
  tags: z.record(text, z.string()),
});

export type InstanceSettings = z.output<typeof instanceSettings>;
export type RootVolume = InstanceSettings["rootVolume"];
export type DataVolume = NonNullable<InstanceSettings["dataVolumes"]>[number];

/** Wraps the settings of an EC2 instance as a plan's `settings`. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

const parseSettings = settingsParser(z.strictObject({ instance: instanceSettings }));

/**
 * The settings of a plan, which may have been saved and edited.
 *
 * @throws SlipwayError `INVALID_PLAN`
 */
export function settingsOf(plan: Pick<LaunchPlan, "planId" | "settings">): InstanceSettings {
  return parseSettings(plan).instance;
}

/** The error of settings that no plan of this version has. */
export function invalidSettings(planId: string, why: string): SlipwayError {
  return invalidArgument("INVALID_PLAN", `plan ${planId}: ${why}`, "Resolve the workspace again.");
}
