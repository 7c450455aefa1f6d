import { inUsEast } from "./aws-failure.ts";
import type { Ec2Failure } from "./aws-failure.ts";

export const MACHINE_FAILURES: readonly Ec2Failure[] = [
  {
    name: "an arm64 image on an x86 type",
    given: ({ region }) => ({ ...inUsEast(region.images.arm64), architecture: "arm64" }),
    check: "machine-type.architecture",
    reason: "ARCHITECTURE_MISMATCH",
    message: /m7i.large runs x86_64, but the image is for arm64/,
    remedy: /runs arm64/,
  },
  ...["c7gn.large", "m7gd.large", "x8g.large", "mac2.metal"].map((machineType) => ({
    name: `an x86_64 image on ${machineType}`,
    given: () => ({ machineType, shape: { vcpus: null, memoryGb: null } }),
    check: "machine-type.architecture",
    reason: "ARCHITECTURE_MISMATCH" as const,
    message: new RegExp(`${machineType} runs arm64`),
    remedy: /runs amd64/,
  })),
  {
    name: "a type whose machine-type record has the wrong architecture",
    given: () => ({
      machineType: "c7gn.large",
      shape: { record: "builder", vcpus: null, memoryGb: null },
    }),
    check: "machine-type.architecture",
    reason: "ARCHITECTURE_MISMATCH",
    message: /c7gn.large runs arm64/,
    remedy: /correct machine-type builder, which says amd64\.$/,
  },
  {
    name: "an image with a TPM on a type that has none",
    given: ({ region }) => ({
      ...inUsEast(region.addImage({ bootMode: "uefi-preferred", tpmSupport: "v2.0" })),
      machineType: "t2.micro",
      shape: { vcpus: 1, memoryGb: 1 },
    }),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /cannot boot on t2.micro: the image is registered with a TPM \(v2.0\)/,
    remedy: /another machine type/,
  },
  {
    name: "a UEFI image on a type that only boots with the legacy BIOS",
    given: ({ region }) => ({
      ...inUsEast(region.addImage({ bootMode: "uefi" })),
      machineType: "t2.micro",
      shape: { vcpus: 1, memoryGb: 1 },
    }),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /its boot mode is uefi, but the type supports legacy-bios$/,
    remedy: /another machine type/,
  },
  {
    name: "an image without ENA on a type that needs it",
    given: ({ region }) => inUsEast(region.addImage({ enaSupport: false })),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /Elastic Network Adapter/,
    remedy: /build the image for this one/,
  },
  {
    name: "an unknown type",
    given: () => ({ machineType: "m99.large" }),
    check: "machine-type.exists",
    reason: "MACHINE_TYPE_NOT_FOUND",
    message: /EC2 has no instance type m99.large in us-east-1/,
    remedy: /aws.instance_type/,
  },
  {
    name: "a type that is offered only in other zones",
    given: ({ region }) => {
      region.setOffering("m7i.large", ["us-east-1f"]);
      return {};
    },
    check: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    message: /^m7i.large is not offered in us-east-1a$/,
    remedy: /zones that offer the instance type/,
  },
  {
    name: "a type that is offered nowhere in the region",
    given: ({ region }) => {
      region.setOffering("m7i.large", []);
      return {};
    },
    check: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    message: /^m7i.large is not offered in us-east-1a$/,
    remedy: /another machine type/,
  },
  {
    name: "a record with more vCPUs and memory than the type has",
    given: () => ({ shape: { vcpus: 4, memoryGb: 16 } }),
    check: "machine-type.shape",
    reason: "MACHINE_TYPE_MISMATCH",
    message: /machine-type large says 4 vCPUs and 16 GiB, but m7i.large has 2 vCPUs and 8 GiB/,
    remedy: /Correct vcpus and memory_gb of machine-type large/,
  },
  {
    name: "an image without the network adapter that the type needs",
    given: ({ region }) => inUsEast(region.addImage({ enaSupport: false })),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /cannot boot on m7i.large: .*ENA/,
    remedy: /another machine type/,
  },
  {
    name: "an image for BIOS on a type with only UEFI",
    given: ({ region }) => ({
      ...inUsEast(region.addImage({ architecture: "arm64", bootMode: "legacy-bios" })),
      architecture: "arm64",
      machineType: "m7g.large",
    }),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /its boot mode is legacy-bios, but the type supports uefi/,
    remedy: /another machine type/,
  },
  {
    name: "a root volume smaller than the snapshot",
    given: () => ({ shape: { diskSizeGb: 4 } }),
    check: "volume.size",
    reason: "DISK_TOO_SMALL",
    message: /4 GiB is smaller than the snapshot of ami-\w+, which has 8 GiB/,
    remedy: /disk_size_gb of the environment to 8 or more/,
  },
  {
    name: "an unknown volume type",
    given: () => ({ shape: { diskType: "gp9" } }),
    check: "volume.type",
    reason: "DISK_TYPE_NOT_FOUND",
    message: /EC2 has no volume type gp9; it has .*gp3/,
    remedy: /gp3/,
  },
];
