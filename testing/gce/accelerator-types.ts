export interface AcceleratorType {
  readonly name: string;
  readonly description: string;
  /** The most cards of one machine. */
  readonly maximum: number;
  /** Zones that offer the type. Default: all zones. */
  readonly zones?: readonly string[];
}

/** Accelerator types with the figures that the API returns; only some of the zones that have them. */
export const ACCELERATOR_TYPES: readonly AcceleratorType[] = [
  { name: "nvidia-tesla-t4", description: "NVIDIA T4", maximum: 4 },
  { name: "nvidia-tesla-t4-vws", description: "NVIDIA Tesla T4 Virtual Workstation", maximum: 4 },
  {
    name: "nvidia-tesla-p4",
    description: "NVIDIA P4",
    maximum: 4,
    zones: ["us-central1-a", "us-central1-c", "europe-west4-b", "europe-west4-c"],
  },
  { name: "nvidia-tesla-v100", description: "NVIDIA V100", maximum: 8 },
  { name: "nvidia-tesla-p100", description: "NVIDIA Tesla P100", maximum: 4 },
  { name: "nvidia-tesla-a100", description: "NVIDIA A100 40GB", maximum: 16 },
  { name: "nvidia-l4", description: "NVIDIA L4", maximum: 8 },
  { name: "nvidia-l4-vws", description: "NVIDIA L4 Virtual Workstation", maximum: 8 },
];

/** The type, or null if the zone does not offer it. */
export function findAcceleratorType(name: string, zone: string): AcceleratorType | null {
  return ACCELERATOR_TYPES.find((type) => type.name === name && isThere(type, zone)) ?? null;
}

export function isThere({ zones }: AcceleratorType, zone: string): boolean {
  return zones?.includes(zone) ?? true;
}
