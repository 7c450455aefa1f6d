/**
 * The regions and zones of the fake. One is a zone for accelerators, far from the others of its region:
 * https://docs.cloud.google.com/compute/docs/regions-zones/ai-zones
 */
export interface Place {
  readonly region: string;
  readonly zones: readonly string[];
  /** Address block of the default network in the region. */
  readonly cidr: string;
}

export const PLACES: readonly Place[] = [
  {
    region: "us-central1",
    zones: ["us-central1-a", "us-central1-ai1a", "us-central1-b", "us-central1-c", "us-central1-f"],
    cidr: "10.128.0.0/20",
  },
  { region: "us-east1", zones: ["us-east1-b", "us-east1-c", "us-east1-d"], cidr: "10.142.0.0/20" },
  {
    region: "europe-west4",
    zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
    cidr: "10.164.0.0/20",
  },
];

export const ZONES: readonly string[] = PLACES.flatMap(({ zones }) => zones);
export const REGIONS: readonly string[] = PLACES.map(({ region }) => region);

/** The region of one of the fake's zones, or null. */
export function regionOf(zone: string): string | null {
  return PLACES.find(({ zones }) => zones.includes(zone))?.region ?? null;
}

export function zonesOf(region: string): readonly string[] {
  return PLACES.find((place) => place.region === region)?.zones ?? [];
}
