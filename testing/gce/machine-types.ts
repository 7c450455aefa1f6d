import type { Architecture } from "./records.ts";

export interface MachineType {
  readonly name: string;
  readonly guestCpus: number;
  readonly memoryMb: number;
  readonly architecture: Architecture;
  readonly isSharedCpu?: boolean;
  /** GPUs that come with the type. */
  readonly accelerators?: readonly { readonly type: string; readonly count: number }[];
  /** Partitions of local SSDs that come with the type. */
  readonly localSsds?: number;
  /** Whether a machine can move to another host. Default: unless it has accelerators or is bare metal. */
  readonly migrates?: boolean;
  /** Disk types that it boots from, the default first. Default: Persistent Disk. */
  readonly bootDisks?: readonly string[];
  /** Zones that offer the type. Default: all zones. */
  readonly zones?: readonly string[];
  /** `true` means `DEPRECATED`; no machine can be made of a type in the other states. Default: false. */
  readonly deprecated?: boolean | "OBSOLETE" | "DELETED";
}

/** The few zones that offer T2A. */
const T2A_ZONES = [
  "us-central1-a",
  "us-central1-b",
  "us-central1-f",
  "europe-west4-a",
  "europe-west4-b",
  "europe-west4-c",
];

const PERSISTENT = ["pd-standard", "pd-balanced", "pd-ssd", "pd-extreme"];
const HYPERDISK = ["hyperdisk-balanced", "hyperdisk-balanced-high-availability"];
const FAST = ["pd-balanced", "pd-ssd", ...HYPERDISK];

/** Sizes and offerings as the API returns them. What a type boots from is documented, and not in the API. */
export const MACHINE_TYPES: readonly MachineType[] = [
  { name: "e2-micro", guestCpus: 2, memoryMb: 1024, architecture: "X86_64", isSharedCpu: true },
  { name: "e2-small", guestCpus: 2, memoryMb: 2048, architecture: "X86_64", isSharedCpu: true },
  { name: "e2-medium", guestCpus: 2, memoryMb: 4096, architecture: "X86_64", isSharedCpu: true },
  ...family("e2-standard", [2, 4, 8]),
  ...[1, 2, 4, 8, 16].map((size) => sized(`n1-standard-${size}`, [size, size * 3.75])),
  ...family("n2-standard", [2, 4, 8, 16]),
  ...family("n2d-standard", [2, 4, 8]),
  ...family("t2d-standard", [1, 4, 8]),
  ...family("c2-standard", [4, 8, 16]),
  ...family("t2a-standard", [1, 2, 4, 8], { architecture: "ARM64", zones: T2A_ZONES }),
  ...family("c4a-standard", [1, 2, 4, 8], { architecture: "ARM64", bootDisks: HYPERDISK }),
  ...family("n4a-standard", [2, 4, 8], { architecture: "ARM64", bootDisks: HYPERDISK }),
  ...family("n4-standard", [2, 4, 8, 16], { bootDisks: HYPERDISK }),
  ...family("n4d-standard", [2, 4, 8], { bootDisks: HYPERDISK }),
  ...family("c3-standard", [4, 8, 22], { bootDisks: FAST }),
  ...family("c3d-standard", [4, 8, 16], { bootDisks: FAST }),
  ...family("h3-standard", [88], { bootDisks: ["pd-balanced", ...HYPERDISK] }),
  sized("c4-standard-4", [4, 15], { bootDisks: HYPERDISK }),
  sized("c4-standard-8", [8, 30], { bootDisks: HYPERDISK }),
  sized("c4d-standard-4", [4, 15], { bootDisks: HYPERDISK }),
  sized("h4d-standard-192", [192, 720], { bootDisks: HYPERDISK, migrates: false }),
  sized("c3-standard-192-metal", [192, 768], { bootDisks: FAST, migrates: false }),
  sized("m3-ultramem-32", [32, 976], { bootDisks: FAST }),
  sized("m4-megamem-28", [28, 372], { bootDisks: HYPERDISK }),
  sized("x4-megamem-960-metal", [960, 16_384], { bootDisks: HYPERDISK, migrates: false }),
  sized("z3-highmem-14-standardlssd", [14, 112], { bootDisks: FAST, localSsds: 1 }),
  sized("z3-highmem-88-highlssd", [88, 704], { bootDisks: FAST, localSsds: 12, migrates: false }),
  sized("z4d-highmem-192-standardlssd", [192, 1536], { bootDisks: HYPERDISK, localSsds: 12 }),
  sized("z4d-highmem-192-highlssd", [192, 1536], {
    bootDisks: HYPERDISK,
    localSsds: 24,
    migrates: false,
  }),
  withGpus("a2-highgpu-1g", [12, 85], "1 nvidia-tesla-a100"),
  withGpus("a2-ultragpu-1g", [12, 170], "1 nvidia-a100-80gb"),
  withGpus("a3-highgpu-8g", [208, 1872], "8 nvidia-h100-80gb", FAST),
  withGpus("a3-ultragpu-8g", [224, 2952], "8 nvidia-h200-141gb", HYPERDISK),
  withGpus("a4-highgpu-8g", [224, 3968], "8 nvidia-b200", HYPERDISK),
  withGpus("g2-standard-4", [4, 16], "1 nvidia-l4", ["pd-balanced", "pd-ssd"]),
  withGpus("g2-standard-8", [8, 32], "1 nvidia-l4", ["pd-balanced", "pd-ssd"]),
  withGpus("g4-standard-48", [48, 180], "1 nvidia-rtx-pro-6000", HYPERDISK),
];

type Options = Partial<Omit<MachineType, "name" | "guestCpus" | "memoryMb">>;

/** Types with 4 GiB per vCPU. */
function family(
  prefix: string,
  sizes: readonly number[],
  options: Options = {},
): readonly MachineType[] {
  return sizes.map((size) => sized(`${prefix}-${size}`, [size, size * 4], options));
}

/** Memory in GiB. */
function sized(
  name: string,
  [guestCpus, memoryGb]: readonly [number, number],
  options: Options = {},
): MachineType {
  return { name, guestCpus, memoryMb: memoryGb * 1024, architecture: "X86_64", ...options };
}

/** @param gpus such as `8 nvidia-b200` */
function withGpus(
  name: string,
  size: readonly [number, number],
  gpus: string,
  bootDisks: readonly string[] = PERSISTENT,
): MachineType {
  const [count = "", type = ""] = gpus.split(" ");
  return sized(name, size, { accelerators: [{ type, count: Number(count) }], bootDisks });
}

/** Whether Compute Engine can move a machine of the type to another host. */
export function canMigrate({ name, accelerators = [], migrates }: MachineType): boolean {
  return migrates ?? (accelerators.length === 0 && !name.endsWith("-metal"));
}

export function bootDisksOf({ bootDisks }: MachineType): readonly string[] {
  return bootDisks ?? PERSISTENT;
}

/** Custom types by series: `n2-custom-4-8192`, and `custom-4-8192` for N1. Memory in MiB, in steps of 256. */
const CUSTOM = /^(?:(e2|n2|n2d|n4|n4d)-)?custom-(\d{1,3})-(\d{3,7})(?:-ext)?$/;

function customType(types: readonly MachineType[], name: string): MachineType | null {
  const [, series = "n1", cpus = "", memory = ""] = CUSTOM.exec(name) ?? [];
  const [guestCpus, memoryMb] = [Number(cpus), Number(memory)];
  if (guestCpus === 0 || (guestCpus > 1 && guestCpus % 2 === 1) || memoryMb % 256 !== 0)
    return null;
  const like = types.find((type) => type.name.startsWith(`${series}-`));
  if (like === undefined) return null;
  const { architecture, bootDisks } = like;
  return {
    name,
    guestCpus,
    memoryMb,
    architecture,
    ...(bootDisks === undefined ? {} : { bootDisks }),
  };
}

export function isOffered(type: MachineType, zone: string): boolean {
  return type.zones?.includes(zone) ?? true;
}

/** The type, or null if the zone does not offer it. */
export function findMachineType(
  types: readonly MachineType[],
  name: string,
  zone: string,
): MachineType | null {
  const known = types.find((type) => type.name === name && isOffered(type, zone));
  return known ?? customType(types, name);
}
