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
import { containerShape } from "./container-shape.ts";
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
      substrate: substrate.meta({
        description: "The substrate of the machine type and the disks.",
        examples: ["DOCKER"],
      }),
      machineTypeRef: nameOf("machine-type").meta({
        description: "The machine-type, for the same substrate.",
        examples: ["small-amd64"],
      }),
      diskTypeRef: nameOf("disk-type")
        .exactOptional()
        .meta({
          description:
            "The disk-type of the root disk, for virtual machines. Without it, the image's own or the cloud's default.",
          examples: ["slipway-gp3"],
        }),
      diskSizeGb: z
        .int("must be a whole number of GiB")
        .min(0)
        .exactOptional()
        .meta({
          description:
            "The size of the root disk of a virtual machine, in GiB. 0 is the image's own size.",
          default: 0,
          examples: [50],
        }),
      keepDiskOnTermination: z
        .boolean("must be true or false")
        .exactOptional()
        .meta({
          description:
            "Whether the root disk of a virtual machine stays after its termination, and costs money. Without it, it ends with the machine; on EC2 `keep_volumes` of the placement decides.",
          examples: [true],
        }),
      dataDisks: dataDisks()
        .exactOptional()
        .meta({
          description: "Further disks of a virtual machine, empty at first.",
          examples: [[{ name: "scratch", size_gb: 200 }]],
        }),
      candidateOrder: z
        .enum(CANDIDATE_ORDERS, "must be TYPE_FIRST or PLACE_FIRST")
        .exactOptional()
        .meta({
          description:
            "For a machine-type with several types: `TYPE_FIRST` tries the first type in every place and then the second, `PLACE_FIRST` every type in the first place and then in the second.",
          default: "TYPE_FIRST",
          examples: ["PLACE_FIRST"],
        }),
      docker: containerShape()
        .exactOptional()
        .meta({
          description: "Options of containers. Only for the substrate DOCKER.",
          examples: [{ shm_size: "1gb", init: true }],
        }),
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
      type: providerName.meta({
        description:
          "The provider's name of the accelerator, as `gcloud compute accelerator-types list` prints it.",
        examples: ["nvidia-tesla-t4"],
      }),
      count: z
        .int("must be a whole number")
        .min(1, "must be at least 1")
        .meta({ description: "The number of accelerators.", examples: [1] }),
    }),
  )
  .min(1, "must name one kind of accelerator")
  .max(1, "must name one kind of accelerator: Compute Engine attaches no second one");

const awsMachineType = once(() =>
  z
    .strictObject({
      instanceType: providerName.exactOptional().meta({
        description:
          "The name of the type. A section has either `instance_type` or `instance_types`.",
        examples: ["m7i.large"],
      }),
      instanceTypes: providerNames.exactOptional().meta({
        description:
          "Up to 20 types in order of preference. A spawn goes on with the next one if a type is refused.",
        examples: [["m7i.large", "m6i.large"]],
      }),
    })
    .meta(exactlyOne("instanceType", "instanceTypes"))
    .transform(({ instanceType, instanceTypes }, context): AwsMachineType => {
      if (instanceType !== undefined && instanceTypes === undefined) return { instanceType };
      if (instanceTypes !== undefined && instanceType === undefined) return { instanceTypes };
      context.addIssue("must have exactly one of instance_type, instance_types");
      return z.NEVER;
    }),
);

const gceMachineType = once(() =>
  z
    .strictObject({
      machineType: providerName.exactOptional().meta({
        description:
          "The name of the type. A section has either `machine_type` or `machine_types`.",
        examples: ["n2-standard-2"],
      }),
      machineTypes: providerNames.exactOptional().meta({
        description:
          "Up to 20 types in order of preference. A spawn goes on with the next one if a type is refused.",
        examples: [["n2-standard-2", "n2d-standard-2"]],
      }),
      accelerators: accelerators.exactOptional().meta({
        description: "GPUs that Compute Engine attaches to a machine of a type without its own.",
        examples: [[{ type: "nvidia-tesla-t4", count: 1 }]],
      }),
    })
    .meta(exactlyOne("machineType", "machineTypes"))
    .transform(({ machineType, machineTypes, ...more }, context): GceMachineType => {
      if (machineType !== undefined && machineTypes === undefined) return { machineType, ...more };
      if (machineTypes !== undefined && machineType === undefined) return { machineTypes, ...more };
      context.addIssue("must have exactly one of machine_type, machine_types");
      return z.NEVER;
    }),
);

export const machineTypeSchema = once((): z.ZodType<MachineTypeFields> =>
  z.strictObject({
    ...described("machine-type"),
    vcpus: positive.meta({
      description: "The number of virtual CPUs. Of several types, the least that each has.",
      examples: [2],
    }),
    memoryGb: positive.meta({
      description: "The memory in GiB. Of several types, the least that each has.",
      examples: [8],
    }),
    architecture: architecture.meta({
      description:
        "The architecture of the machine. `amd64` or `x86_64`, and `arm64` or `aarch64`, are accepted too.",
      examples: ["ARCHITECTURE_AMD64"],
    }),
    hasGpu: z
      .boolean("must be true or false")
      .exactOptional()
      .meta({
        description:
          "Whether the machine has a GPU, for people. The plan has a warning if the provider says otherwise.",
        default: false,
        examples: [true],
      }),
    spec: z
      .strictObject({
        aws: awsMachineType().exactOptional().describe("A machine type of EC2."),
        gce: gceMachineType().exactOptional().describe("A machine type of Compute Engine."),
        docker: z
          .strictObject({
            cpus: positive.exactOptional().meta({
              description: "The container's limit of CPUs. Without it, `vcpus`.",
              examples: [0.5],
            }),
            memoryGb: positive.exactOptional().meta({
              description:
                "The container's limit of memory in GiB. Without it, `memory_gb` of the record.",
              examples: [0.5],
            }),
          })
          .exactOptional()
          .meta({
            description: "The limits of a container.",
            examples: [{ cpus: 1, memory_gb: 0.5 }],
          }),
      })
      .meta(exactlyOne("aws", "gce", "docker"))
      .transform(({ aws, gce, docker }, context): MachineTypeFields["spec"] => {
        const count = [aws, gce, docker].filter((arm) => arm !== undefined).length;
        if (count === 1 && aws !== undefined) return { aws };
        if (count === 1 && gce !== undefined) return { gce };
        if (count === 1 && docker !== undefined) return { docker };
        context.addIssue("must have exactly one of aws, gce, docker");
        return z.NEVER;
      })
      .meta({
        description: "The machine type of the substrate, with exactly one section.",
        examples: [{ aws: { instance_type: "m7i.large" } }],
      }),
  }),
);
