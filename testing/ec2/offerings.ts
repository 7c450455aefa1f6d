import type { Region } from "./world.ts";

/** True where the zone has machines of the type: everywhere, unless the region says otherwise. */
export function isOffered(region: Region, instanceType: string, zone: string): boolean {
  return region.offerings.get(instanceType)?.includes(zone) ?? true;
}

/** True where any zone of the region has the type. */
export function isOfferedInRegion(region: Region, instanceType: string): boolean {
  return region.zones.some(({ name }) => isOffered(region, instanceType, name));
}
