/** The kinds that describe the machine: environment and machine-type. */
import { z } from "zod";
import { CANDIDATE_ORDERS } from "../kinds.ts";
import type {
  AwsMachineType,
  EnvironmentFields,
  GceMachineType,
  MachineTypeFields,
} from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import { fieldRule } from "../violation.ts";
import type { Rule } from "../violation.ts";
import {
  architecture,
  commonRules,
  described,
  distinct,
  exactlyOne,
  nameOf,
  providerName,
  substrate,
} from "./common.ts";
import { containerShape } from "./container.ts";
import { dataDisks } from "./disk.ts";

/** In the order of the specification. */
export const environmentRules: readonly Rule[] = [
  ...commonRules("environment"),
  fieldRule("substrate", {
    broken: (value) => value === undefined,
    message: "substrate is required",
    remedy: "Set `substrate` to `AWS`, `GCP` or `DOCKER`.",
  }),
  fieldRule("machineTypeRef", {
    broken: (value) => value === undefined,
    message: "machine_type_ref is required",
    remedy: "Refer to a machine-type for the same substrate.",
  }),
  fieldRule("diskSizeGb", {
    broken: (value) => typeof value === "number" && value < 0,
    message: "disk_size_gb must be non-negative",
    remedy: "Set a size in GiB; 0 means the image's own size.",
  }),
];

const NO_DISKS =
  "is for virtual machines: a container keeps its data in the volumes of its placement";

/** Whether the substrate has disks, if the field is set. */
function hasDisks(field: "dataDisks" | "keepDiskOnTermination") {
  return (fields: EnvironmentFields): boolean =>
    fields[field] === undefined || fields.substrate !== "DOCKER";
}

export const environmentSchema = once((): z.ZodType<EnvironmentFields> =>
  z
    .strictObject({
      ...described("environment"),
      substrate,
      machineTypeRef: nameOf("machine-type"),
      diskTypeRef: nameOf("disk-type").exactOptional(),
      diskSizeGb: z.int("must be a whole number of GiB").min(0).exactOptional(),
      keepDiskOnTermination: z.boolean("must be true or false").exactOptional(),
      dataDisks: dataDisks().exactOptional(),
      candidateOrder: z.enum(CANDIDATE_ORDERS, "must be TYPE_FIRST or PLACE_FIRST").exactOptional(),
      docker: containerShape().exactOptional(),
    })
    .refine((fields) => fields.docker === undefined || fields.substrate === "DOCKER", {
      path: ["docker"],
      message: "is for substrate DOCKER only",
    })
    .refine(hasDisks("dataDisks"), { path: ["dataDisks"], message: NO_DISKS })
    .refine(hasDisks("keepDiskOnTermination"), {
      path: ["keepDiskOnTermination"],
      message: NO_DISKS,
    }),
);

export const machineTypeRules: readonly Rule[] = commonRules("machine-type");

const positive = z.number("must be a number").positive("must be more than 0");
/** Each type multiplies the candidates of a plan: 20 types, 20 subnets and two markets make 800. */
const MOST_MACHINE_TYPES = 20;
const providerNames = distinct(providerName)
  .min(1, "must name at least one type")
  .max(MOST_MACHINE_TYPES, `must have at most ${MOST_MACHINE_TYPES} types`);

/** "Value for field 'resource.guestAccelerators' is too large: maximum size 1 element(s)" (Compute Engine). */
const accelerators = z
  .array(
    z.strictObject({
      type: providerName,
      count: z.int("must be a whole number").min(1, "must be at least 1"),
    }),
  )
  .min(1, "must name one kind of accelerator")
  .max(1, "must name one kind of accelerator: Compute Engine attaches no second one");

export const machineTypeSchema = once((): z.ZodType<MachineTypeFields> =>
  z.strictObject({
    ...described("machine-type"),
    vcpus: positive,
    memoryGb: positive,
    architecture,
    hasGpu: z.boolean("must be true or false").exactOptional(),
    spec: z
      .strictObject({
        aws: z
          .strictObject({
            instanceType: providerName.exactOptional(),
            instanceTypes: providerNames.exactOptional(),
          })
          .meta(exactlyOne("instanceType", "instanceTypes"))
          .transform(({ instanceType, instanceTypes }, context): AwsMachineType => {
            if (instanceType !== undefined && instanceTypes === undefined) return { instanceType };
            if (instanceTypes !== undefined && instanceType === undefined) return { instanceTypes };
            context.addIssue("must have exactly one of instance_type, instance_types");
            return z.NEVER;
          })
          .exactOptional(),
        gce: z
          .strictObject({
            machineType: providerName.exactOptional(),
            machineTypes: providerNames.exactOptional(),
            accelerators: accelerators.exactOptional(),
          })
          .meta(exactlyOne("machineType", "machineTypes"))
          .transform(({ machineType, machineTypes, ...more }, context): GceMachineType => {
            if (machineType !== undefined && machineTypes === undefined)
              return { machineType, ...more };
            if (machineTypes !== undefined && machineType === undefined)
              return { machineTypes, ...more };
            context.addIssue("must have exactly one of machine_type, machine_types");
            return z.NEVER;
          })
          .exactOptional(),
        docker: z
          .strictObject({ cpus: positive.exactOptional(), memoryGb: positive.exactOptional() })
          .exactOptional(),
      })
      .meta(exactlyOne("aws", "gce", "docker"))
      .transform(({ aws, gce, docker }, context): MachineTypeFields["spec"] => {
        const count = [aws, gce, docker].filter((arm) => arm !== undefined).length;
        if (count === 1 && aws !== undefined) return { aws };
        if (count === 1 && gce !== undefined) return { gce };
        if (count === 1 && docker !== undefined) return { docker };
        context.addIssue("must have exactly one of aws, gce, docker");
        return z.NEVER;
      }),
  }),
);
