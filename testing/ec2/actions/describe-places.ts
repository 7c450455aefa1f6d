import { reading } from "../action.ts";
import { invalidValue } from "../failure.ts";
import { applyFilters } from "../filters.ts";
import { FILTERS, flag, list, text } from "../parameters.ts";
import type { Region, Zone } from "../world.ts";

export const describeAvailabilityZones = reading(
  { AllAvailabilityZones: flag, Filter: FILTERS, ZoneId: list(text), ZoneName: list(text) },
  {
    name: "DescribeAvailabilityZones",
    read({ region }, { Filter, ZoneId, ZoneName }) {
      const asked = new Set([...ZoneName, ...ZoneId]);
      const known = new Set(region.zones.flatMap(({ name, id }) => [name, id]));
      const unknown = [...asked].filter((name) => !known.has(name));
      if (unknown.length > 0)
        throw invalidValue(`Invalid availability zone: [${unknown.join(", ")}]`);
      const zones = region.zones.filter(
        ({ name, id }) => asked.size === 0 || asked.has(name) || asked.has(id),
      );
      const found = applyFilters<Zone>(zones, Filter, {
        "group-name": () => `${region.name}-zg-1`,
        "opt-in-status": () => "opt-in-not-required",
        "region-name": () => region.name,
        state: () => "available",
        "zone-id": ({ id }) => id,
        "zone-name": ({ name }) => name,
        "zone-type": () => "availability-zone",
      });
      return {
        availabilityZoneInfo: found.map(({ name, id }) => ({
          zoneName: name,
          zoneId: id,
          zoneState: "available",
          zoneType: "availability-zone",
          regionName: region.name,
          groupName: `${region.name}-zg-1`,
          networkBorderGroup: region.name,
          optInStatus: "opt-in-not-required",
          messageSet: [],
        })),
      };
    },
  },
);

export const describeRegions = reading(
  { AllRegions: flag, Filter: FILTERS, RegionName: list(text) },
  {
    name: "DescribeRegions",
    read({ world }, { Filter, RegionName }) {
      const unknown = RegionName.filter((name) => !world.regions.has(name));
      if (unknown.length > 0) throw invalidValue(`Invalid region name: [${unknown.join(", ")}]`);
      const regions = [...world.regions.values()].filter(
        ({ name }) => RegionName.length === 0 || RegionName.includes(name),
      );
      const found = applyFilters<Region>(regions, Filter, {
        endpoint: ({ name }) => endpointOf(name),
        "opt-in-status": () => "opt-in-not-required",
        "region-name": ({ name }) => name,
      });
      return {
        regionInfo: found.map(({ name }) => ({
          regionName: name,
          regionEndpoint: endpointOf(name),
          optInStatus: "opt-in-not-required",
        })),
      };
    },
  },
);

function endpointOf(region: string): string {
  return `ec2.${region}.amazonaws.com`;
}
