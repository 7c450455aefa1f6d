export interface DiskType {
  readonly name: string;
  readonly description: string;
  readonly minimumGb: number;
  readonly maximumGb: number;
  readonly defaultGb: number;
}

/** Disk types with the figures that the API returns. */
export const DISK_TYPES: readonly DiskType[] = [
  {
    name: "pd-standard",
    description: "Standard Persistent Disk",
    minimumGb: 10,
    maximumGb: 65_536,
    defaultGb: 500,
  },
  {
    name: "pd-balanced",
    description: "Balanced Persistent Disk",
    minimumGb: 10,
    maximumGb: 65_536,
    defaultGb: 100,
  },
  {
    name: "pd-ssd",
    description: "SSD Persistent Disk",
    minimumGb: 10,
    maximumGb: 65_536,
    defaultGb: 100,
  },
  {
    name: "hyperdisk-balanced",
    description: "Hyperdisk Balanced Persistent Disk",
    minimumGb: 4,
    maximumGb: 65_536,
    defaultGb: 100,
  },
];

export const DEFAULT_DISK_TYPE = "pd-standard";

export function findDiskType(name: string): DiskType | null {
  return DISK_TYPES.find((type) => type.name === name) ?? null;
}
