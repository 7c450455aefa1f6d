import type { Architecture } from "./records.ts";

export interface MachineType {
  readonly name: string;
  readonly guestCpus: number;
  readonly memoryMb: number;
  readonly architecture: Architecture;
  readonly isSharedCpu?: boolean;
  /** Zones that offer the type. Default: all zones. */
  readonly zones?: readonly string[];
  /** Default: false. */
  readonly deprecated?: boolean;
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

/** Sizes and offerings as the API returns them. */
export const MACHINE_TYPES: readonly MachineType[] = [
  { name: "e2-micro", guestCpus: 2, memoryMb: 1024, architecture: "X86_64", isSharedCpu: true },
  { name: "e2-small", guestCpus: 2, memoryMb: 2048, architecture: "X86_64", isSharedCpu: true },
  { name: "e2-medium", guestCpus: 2, memoryMb: 4096, architecture: "X86_64", isSharedCpu: true },
  ...family("e2-standard", [2, 4, 8], "X86_64"),
  { name: "n1-standard-1", guestCpus: 1, memoryMb: 3840, architecture: "X86_64" },
  ...family("n2-standard", [2, 4, 8, 16], "X86_64"),
  ...family("n2d-standard", [2, 4, 8], "X86_64"),
  ...family("t2a-standard", [1, 2, 4, 8], "ARM64", T2A_ZONES),
  ...family("c4a-standard", [1, 2, 4, 8], "ARM64"),
];

/** Types with 4 GiB per vCPU. */
function family(
  prefix: string,
  sizes: readonly number[],
  architecture: Architecture,
  zones?: readonly string[],
): readonly MachineType[] {
  return sizes.map((guestCpus) => ({
    name: `${prefix}-${guestCpus}`,
    guestCpus,
    memoryMb: guestCpus * 4096,
    architecture,
    ...(zones === undefined ? {} : { zones }),
  }));
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
  return types.find((type) => type.name === name && isOffered(type, zone)) ?? null;
}
