import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { ErrorReason } from "../../../src/errors.ts";
import type { AwsTarget, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { confidentialTypeChecks } from "./confidential-checks.ts";
import { ec2Architecture } from "../image/image-facts.ts";
import type { ImageFacts } from "../image/image-facts.ts";

export interface MachineTypeCheckInput {
  /** EC2's name of the type. */
  readonly name: string;
  readonly region: string;
  /** EC2's description of it. Null if EC2 has no type of this name. */
  readonly info: InstanceTypeInfo | null;
  readonly draft: Pick<PlanDraft, "architecture" | "shape">;
  readonly confidential: AwsTarget["confidential"];
  /** Whether the record names other types as well, so that its numbers are what each type has at least. */
  readonly isOneOfSeveral: boolean;
  /** Null if the image could not be read. */
  readonly image: ImageFacts | null;
}

export const MACHINE_TYPE_CHECKS = {
  exists: "machine-type.exists",
  architecture: "machine-type.architecture",
  shape: "machine-type.shape",
  boots: "machine-type.boots",
} as const;

const MIB_OF_GIB = 1_024;
/** As a fraction. Older types have memory sizes that cannot be written exactly in GiB with a few digits. */
const TOLERANCE = 0.01;

/** Checks a machine type, as EC2 describes it, against the image and the machine-type record. */
export function machineTypeChecks(input: MachineTypeCheckInput): readonly Check[] {
  const { info, name, region } = input;
  const { exists, architecture, shape, boots } = MACHINE_TYPE_CHECKS;
  if (info !== null)
    return [
      passed(exists, `EC2 has the instance type ${name}`),
      architectureCheck(input, info),
      shapeCheck(input, info),
      bootCheck(input, info),
      ...confidentialTypeChecks(input.confidential, name, info),
    ];
  return [
    refused(exists, input, {
      reason: "MACHINE_TYPE_NOT_FOUND",
      message: `EC2 has no instance type ${name} in ${region}`,
      remedy: `Correct ${fieldOf(input)} of the machine-type record.`,
    }),
    ...[architecture, shape, boots].map((check) =>
      skipped(check, `there is no instance type ${name}`),
    ),
  ];
}

function architectureCheck(input: MachineTypeCheckInput, info: InstanceTypeInfo): Check {
  const check = MACHINE_TYPE_CHECKS.architecture;
  const { name, draft } = input;
  const wanted = ec2Architecture(draft.architecture);
  const offered: readonly string[] = info.ProcessorInfo?.SupportedArchitectures ?? [];
  if (offered.includes(wanted)) return passed(check, `${name} runs ${wanted}`);
  return refused(check, input, {
    reason: "ARCHITECTURE_MISMATCH",
    message: `instance type ${name} runs ${offered.join(" and ") || "no known architecture"}, but the image is for ${wanted} (${draft.architecture})`,
    remedy: `Name an environment whose machine type runs ${draft.architecture}, or an image for this machine type${recordRemedy(draft)}.`,
    metadata: { image_architecture: wanted, instance_type_architectures: offered },
  });
}

/** The record claims the architecture that the image needs, so it is wrong whether the image or the type is kept. */
function recordRemedy({ shape: { record }, architecture }: MachineTypeCheckInput["draft"]): string {
  return record === null ? "" : `; correct machine-type ${record}, which says ${architecture}`;
}

function shapeCheck(input: MachineTypeCheckInput, info: InstanceTypeInfo): Check {
  const check = MACHINE_TYPE_CHECKS.shape;
  const { name } = input;
  const { record, vcpus, memoryGb } = input.draft.shape;
  const actualVcpus = info.VCpuInfo?.DefaultVCpus ?? 0;
  const actualMib = info.MemoryInfo?.SizeInMiB ?? 0;
  const actual = `${actualVcpus} vCPUs and ${gibibytes(actualMib)} GiB`;
  const { isOneOfSeveral } = input;
  const moreVcpus = vcpus === null ? 0 : actualVcpus - vcpus;
  const moreMib = memoryGb === null ? 0 : actualMib - memoryGb * MIB_OF_GIB;
  const fitsVcpus = isOneOfSeveral ? moreVcpus >= 0 : moreVcpus === 0;
  const slack = actualMib * TOLERANCE;
  const fitsMemory = isOneOfSeveral ? moreMib >= -slack : Math.abs(moreMib) <= slack;
  if (fitsVcpus && fitsMemory) return passed(check, `${name} has ${actual}`);
  const least = isOneOfSeveral ? "at least " : "";
  return refused(check, input, {
    reason: "MACHINE_TYPE_MISMATCH",
    message: `machine-type ${record ?? name} says ${least}${vcpus ?? "?"} vCPUs and ${memoryGb ?? "?"} GiB, but ${name} has ${actual}`,
    remedy: `Correct vcpus and memory_gb of machine-type ${record ?? name}, or its ${fieldOf(input)}.`,
    metadata: { vcpus: actualVcpus, memory_mib: actualMib },
  });
}

/** Whether a machine of this type can boot the image. */
function bootCheck(input: MachineTypeCheckInput, info: InstanceTypeInfo): Check {
  const check = MACHINE_TYPE_CHECKS.boots;
  const { name, image } = input;
  if (image === null) return skipped(check, "the image could not be read");
  const obstacle = bootObstacle(image, info);
  if (obstacle === null) return passed(check, `${name} can boot ${image.id}`);
  return refused(check, input, {
    reason: "IMAGE_UNSUPPORTED",
    message: `${image.id} cannot boot on ${name}: ${obstacle}`,
    remedy: "Name another machine type, or build the image for this one.",
    metadata: { image_id: image.id },
  });
}

function bootObstacle(image: ImageFacts, info: InstanceTypeInfo): string | null {
  const modes: readonly string[] = info.SupportedBootModes ?? [];
  const { bootMode } = image;
  // An image that only prefers UEFI boots in either mode.
  if (bootMode !== null && bootMode !== "uefi-preferred" && modes.length > 0)
    if (!modes.includes(bootMode))
      return `its boot mode is ${bootMode}, but the type supports ${modes.join(" and ")}`;
  if (image.ena === false && info.NetworkInfo?.EnaSupport === "required")
    return "the type needs the Elastic Network Adapter (ENA), which the image is not registered for";
  // A Nitro TPM needs an instance type of the Nitro system ("NitroTPM for Amazon EC2 instances").
  if (image.tpm !== null && info.NitroTpmSupport === "unsupported")
    return `the image is registered with a TPM (${image.tpm}), which the type does not have`;
  const virtualizations: readonly string[] = info.SupportedVirtualizationTypes ?? [];
  // The image checks have already refused a paravirtual image.
  if (
    image.virtualization === "hvm" &&
    virtualizations.length > 0 &&
    !virtualizations.includes("hvm")
  )
    return "the type does not support hardware virtualization";
  return null;
}

/** The field of the record that names the type. */
function fieldOf({ isOneOfSeveral }: MachineTypeCheckInput): string {
  return isOneOfSeveral ? "aws.instance_types" : "aws.instance_type";
}

interface Refusal {
  readonly reason: ErrorReason;
  readonly message: string;
  readonly remedy: string;
  readonly metadata?: Readonly<Record<string, string | number | readonly string[]>>;
}

function refused(check: string, { name, region }: MachineTypeCheckInput, refusal: Refusal): Check {
  return failed(check, {
    code: "FAILED_PRECONDITION",
    ...refusal,
    blastRadius: "region",
    metadata: { instance_type: name, region, ...refusal.metadata },
  });
}

function gibibytes(mebibytes: number): string {
  return String(Number((mebibytes / MIB_OF_GIB).toFixed(2)));
}
