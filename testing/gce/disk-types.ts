export interface DiskType {
  readonly name: string;
  readonly description: string;
  readonly minimumGb: number;
  readonly maximumGb: number;
  readonly defaultGb: number;
}

/** Disk types with the figures that the API returns. */
export const DISK_TYPES: readonly DiskType[] = [
  diskType("pd-standard", "Standard Persistent Disk", [10, 65_536, 500]),
  diskType("pd-balanced", "Balanced Persistent Disk", [10, 65_536, 100]),
  diskType("pd-ssd", "SSD Persistent Disk", [10, 65_536, 100]),
  diskType("pd-extreme", "Extreme Persistent Disk", [500, 65_536, 1000]),
  diskType("hyperdisk-balanced", "Hyperdisk Balanced Persistent Disk", [4, 65_536, 100]),
  diskType("hyperdisk-extreme", "Hyperdisk Extreme Persistent Disk", [64, 65_536, 1000]),
  diskType("hyperdisk-ml", "Hyperdisk ML Persistent Disk", [4, 65_536, 100]),
  diskType("hyperdisk-throughput", "Hyperdisk Throughput Persistent Disk", [2048, 32_768, 2048]),
];

function diskType(
  name: string,
  description: string,
  [minimumGb, maximumGb, defaultGb]: readonly [number, number, number],
): DiskType {
  return { name, description, minimumGb, maximumGb, defaultGb };
}

export function findDiskType(name: string): DiskType | null {
  return DISK_TYPES.find((type) => type.name === name) ?? null;
}
