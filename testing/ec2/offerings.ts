import type { Region } from "./world.ts";

/** True if the zone offers the type; a type is offered everywhere unless the region restricts it. */
export function isOffered(region: Region, instanceType: string, zone: string): boolean {
  return region.offerings.get(instanceType)?.includes(zone) ?? true;
}

/** True if any zone of the region offers the type. */
export function isOfferedInRegion(region: Region, instanceType: string): boolean {
  return region.zones.some(({ name }) => isOffered(region, instanceType, name));
}
