import type { Architecture } from "./records.ts";

export interface InstanceType {
  readonly name: string;
  readonly architectures: readonly Architecture[];
  readonly vcpus: number;
  readonly memoryMib: number;
  /** Default: one for Arm and for a single vCPU, otherwise two. */
  readonly threadsPerCore?: number;
  readonly bareMetal?: boolean;
  /** Not of the Nitro system: without ENA, a TPM, UEFI and the IPv6 endpoint of the instance metadata. */
  readonly isXen?: boolean;
  /** AMD SEV-SNP: types of M6a, C6a and R6a. */
  readonly hasSevSnp?: boolean;
  readonly previousGeneration?: boolean;
  /** Total of the local disks, in GB. */
  readonly instanceStorageGb?: number;
  readonly gpus?: { readonly name: string; readonly count: number; readonly memoryMib: number };
}

type Row = readonly [name: string, vcpus: number, memoryGib: number, instanceStorageGb?: number];

/** A selection of each kind, with the figures that EC2's DescribeInstanceTypes returns for them. */
const X86: readonly Row[] = [
  ["t3.nano", 2, 0.5],
  ["t3.micro", 2, 1],
  ["t3.small", 2, 2],
  ["t3.medium", 2, 4],
  ["t3.large", 2, 8],
  ["t3.xlarge", 4, 16],
  ["t3.2xlarge", 8, 32],
  ["m6i.large", 2, 8],
  ["m7i.large", 2, 8],
  ["m7i.xlarge", 4, 16],
  ["m7i.2xlarge", 8, 32],
  ["m7i.4xlarge", 16, 64],
  ["c7i.large", 2, 4],
  ["c7i.xlarge", 4, 8],
  ["c7i.2xlarge", 8, 16],
  ["r7i.large", 2, 16],
  ["i4i.large", 2, 16, 468],
];
const ARM: readonly Row[] = [
  ["t4g.nano", 2, 0.5],
  ["t4g.micro", 2, 1],
  ["t4g.small", 2, 2],
  ["t4g.medium", 2, 4],
  ["t4g.large", 2, 8],
  ["t4g.xlarge", 4, 16],
  ["t4g.2xlarge", 8, 32],
  ["m7g.medium", 1, 4],
  ["m7g.large", 2, 8],
  ["m7g.xlarge", 4, 16],
  ["m7g.2xlarge", 8, 32],
  ["m7gd.medium", 1, 4, 59],
  ["m7gd.large", 2, 8, 118],
  ["m7gd.xlarge", 4, 16, 237],
  ["c7g.medium", 1, 2],
  ["c7g.large", 2, 4],
  ["c7g.xlarge", 4, 8],
  ["c7gn.medium", 1, 2],
  ["c7gn.large", 2, 4],
  ["c7gn.xlarge", 4, 8],
  ["r7g.large", 2, 16],
  ["x8g.medium", 1, 16],
  ["x8g.large", 2, 32],
  ["x8g.xlarge", 4, 64],
];

export const BUILT_IN_TYPES: readonly InstanceType[] = [
  ...X86.map((row) => fromRow(row, "x86_64")),
  ...ARM.map((row) => fromRow(row, "arm64")),
  {
    ...fromRow(["t2.micro", 1, 1], "x86_64"),
    architectures: ["i386", "x86_64"],
    threadsPerCore: 1,
    isXen: true,
  },
  { ...fromRow(["m6a.xlarge", 4, 16], "x86_64"), hasSevSnp: true },
  { ...fromRow(["c6a.large", 2, 4], "x86_64"), hasSevSnp: true },
  { ...fromRow(["r6a.large", 2, 16], "x86_64"), hasSevSnp: true },
  { ...fromRow(["m5.large", 2, 8], "x86_64"), previousGeneration: true },
  { ...fromRow(["c5.large", 2, 4], "x86_64"), previousGeneration: true },
  { ...fromRow(["g4dn.xlarge", 4, 16, 125], "x86_64"), gpus: gpus("T4", 1, 16) },
  { ...fromRow(["g5.xlarge", 4, 16, 250], "x86_64"), gpus: gpus("A10G", 1, 24) },
  { ...fromRow(["p3.8xlarge", 32, 244], "x86_64"), gpus: gpus("V100", 4, 16) },
  { ...fromRow(["m7i.metal-24xl", 96, 384], "x86_64"), bareMetal: true },
  { ...fromRow(["mac2.metal", 8, 16], "arm64_mac"), bareMetal: true },
  { ...fromRow(["mac1.metal", 12, 32], "x86_64_mac"), bareMetal: true },
];

function fromRow(
  [name, vcpus, memoryGib, instanceStorageGb = 0]: Row,
  architecture: Architecture,
): InstanceType {
  return {
    name,
    architectures: [architecture],
    vcpus,
    memoryMib: memoryGib * 1024,
    instanceStorageGb,
  };
}

function gpus(name: string, count: number, memoryGib: number): NonNullable<InstanceType["gpus"]> {
  return { name, count, memoryMib: memoryGib * 1024 };
}

/** Volumes and network interfaces of a machine of the Nitro system; null: EC2 does not say. */
const NITRO_ATTACHMENTS = 28;

/** Together with network interfaces: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html */
export function mostAttachments({ isXen }: InstanceType): number | null {
  return isXen === true ? null : NITRO_ATTACHMENTS;
}

export function threadsPerCore(type: InstanceType): number {
  const isSingle = type.architectures.includes("arm64");
  return type.threadsPerCore ?? (isSingle || type.vcpus === 1 ? 1 : 2);
}

/** `t3` of `t3.micro` */
function familyOf(name: string): string {
  return name.split(".", 1)[0] ?? "";
}

/**
 * Private addresses per network interface, of either version.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html
 */
const ADDRESSES: Readonly<Record<string, number>> = {
  nano: 2,
  micro: 2,
  small: 4,
  medium: 4,
  large: 10,
  xlarge: 15,
  "2xlarge": 15,
  "4xlarge": 30,
  "8xlarge": 30,
  metal: 30,
  "metal-24xl": 50,
  "t3.medium": 6,
  "t4g.medium": 6,
  "t3.large": 12,
  "t4g.large": 12,
  "g4dn.xlarge": 10,
};

export function addressesPerInterface(name: string): number {
  return ADDRESSES[name] ?? ADDRESSES[name.split(".", 2)[1] ?? ""] ?? 4;
}

/** T types have CPU credits and are called burstable. */
export function isBurstable(name: string): boolean {
  return /^t\d/.test(name);
}

/**
 * The group of types that share one vCPU quota: "Standard" covers A, C, D, H, I, M, R, T and Z; every other family has a
 * group of its own ("Amazon EC2 instance type quotas").
 */
export function quotaGroup(name: string): string {
  const letters = /^[a-z]+/.exec(familyOf(name))?.[0] ?? "";
  if (letters === "mac" || letters === "inf" || letters === "trn" || letters === "dl")
    return letters;
  if (letters.startsWith("hpc")) return "hpc";
  const first = letters.charAt(0);
  if ("acdhimrtz".includes(first)) return "standard";
  return first === "v" ? "g" : first;
}
