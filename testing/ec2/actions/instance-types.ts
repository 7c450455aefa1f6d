import { reading } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { type FilterTable, applyFilters } from "../filters.ts";
import {
  type InstanceType,
  addressesPerInterface,
  isBurstable,
  mostAttachments,
  threadsPerCore,
} from "../instance-types.ts";
import { runsOnHosts } from "../launch/tenancy.ts";
import { isOffered, isOfferedInRegion } from "../offerings.ts";
import { page, refusePagingOfIds } from "../paging.ts";
import { FILTERS, PAGING, flag, list, oneOf, text } from "../parameters.ts";
import type { XmlFields } from "../xml.ts";

const MAXIMUM_NAMES = 100;

export const describeInstanceTypes = reading(
  {
    Filter: FILTERS,
    IncludeUnsupportedInRegion: flag,
    InstanceType: list(text),
    ...PAGING,
  },
  {
    name: "DescribeInstanceTypes",
    read({ region, types, account }, parameters) {
      const { InstanceType: names, Filter, IncludeUnsupportedInRegion } = parameters;
      refusePagingOfIds(names, parameters, "instanceTypes");
      if (names.length > MAXIMUM_NAMES)
        throw new Ec2Failure(
          "InvalidParameterValue",
          `At most ${MAXIMUM_NAMES} instance types can be given, not ${names.length}.`,
        );
      const here = [...types.values()].filter(
        ({ name }) => IncludeUnsupportedInRegion === true || isOfferedInRegion(region, name),
      );
      const unknown = names.filter((name) => !here.some((type) => type.name === name));
      if (unknown.length > 0)
        throw new Ec2Failure(
          "InvalidInstanceType",
          `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
        );
      const all = names.length > 0 ? here.filter(({ name }) => names.includes(name)) : here;
      const shown = page(applyFilters(all, Filter, TYPE_FILTERS), ({ name }) => name, parameters, {
        query: ["DescribeInstanceTypes", account, region.name, JSON.stringify(Filter)],
        minimum: 5,
        maximum: 100,
      });
      return { instanceTypeSet: shown.records.map(typeFields), nextToken: shown.nextToken };
    },
  },
);

export const describeInstanceTypeOfferings = reading(
  {
    Filter: FILTERS,
    LocationType: oneOf("region", "availability-zone", "availability-zone-id", "outpost"),
    ...PAGING,
  },
  {
    name: "DescribeInstanceTypeOfferings",
    read({ region, types, account }, parameters) {
      const locationType = parameters.LocationType ?? "region";
      const all = [...types.values()].flatMap(({ name: instanceType }) => {
        const zones = region.zones.filter((zone) => isOffered(region, instanceType, zone.name));
        const locations = {
          region: zones.length > 0 ? [region.name] : [],
          "availability-zone": zones.map(({ name }) => name),
          "availability-zone-id": zones.map(({ id }) => id),
          outpost: [],
        }[locationType];
        return locations.map((location) => ({ instanceType, locationType, location }));
      });
      const { Filter } = parameters;
      const shown = page(
        applyFilters(all, Filter, OFFERING_FILTERS),
        ({ instanceType, location }) => `${instanceType} ${location}`,
        parameters,
        {
          query: ["Offerings", locationType, account, region.name, JSON.stringify(Filter)],
          minimum: 5,
          maximum: 1000,
        },
      );
      return { instanceTypeOfferingSet: shown.records, nextToken: shown.nextToken };
    },
  },
);

const OFFERING_FILTERS: FilterTable<{ instanceType: string; location: string }> = {
  "instance-type": ({ instanceType }) => instanceType,
  location: ({ location }) => location,
};

const TYPE_FILTERS: FilterTable<InstanceType> = {
  "bare-metal": ({ bareMetal }) => bareMetal ?? false,
  "burstable-performance-supported": ({ name }) => isBurstable(name),
  "current-generation": ({ previousGeneration }) => previousGeneration !== true,
  "instance-storage-supported": ({ instanceStorageGb }) => (instanceStorageGb ?? 0) > 0,
  "instance-type": ({ name }) => name,
  "memory-info.size-in-mib": ({ memoryMib }) => memoryMib,
  "processor-info.supported-architecture": ({ architectures }) => architectures,
  "vcpu-info.default-vcpus": ({ vcpus }) => vcpus,
};

function gpuFields({ gpus }: InstanceType): XmlFields | null {
  if (gpus === undefined) return null;
  const { name, count, memoryMib } = gpus;
  return {
    gpus: [{ name, manufacturer: "NVIDIA", count, memoryInfo: { sizeInMiB: memoryMib } }],
    totalGpuMemoryInMiB: count * memoryMib,
  };
}

function attachmentFields(type: InstanceType): XmlFields {
  const most = mostAttachments(type);
  return most === null ? {} : { maximumEbsAttachments: most, attachmentLimitType: "shared" };
}

function typeFields(type: InstanceType): XmlFields {
  const threads = threadsPerCore(type);
  const isMac = type.architectures.some((architecture) => architecture.endsWith("_mac"));
  const isArm = type.architectures.some((architecture) => architecture.startsWith("arm64"));
  const storage = type.instanceStorageGb ?? 0;
  const isXen = type.isXen ?? false;
  return {
    instanceType: type.name,
    currentGeneration: type.previousGeneration !== true,
    freeTierEligible: type.name === "t2.micro" || type.name === "t3.micro",
    supportedUsageClasses: isMac ? ["on-demand"] : ["on-demand", "spot"],
    supportedRootDeviceTypes: ["ebs"],
    supportedVirtualizationTypes: ["hvm"],
    bareMetal: type.bareMetal ?? false,
    hypervisor: type.bareMetal === true ? null : isXen ? "xen" : "nitro",
    processorInfo: {
      supportedArchitectures: type.architectures,
      supportedFeatures: type.hasSevSnp === true ? ["amd-sev-snp"] : null,
    },
    vCpuInfo: {
      defaultVCpus: type.vcpus,
      defaultCores: type.vcpus / threads,
      defaultThreadsPerCore: threads,
    },
    memoryInfo: { sizeInMiB: type.memoryMib },
    gpuInfo: gpuFields(type),
    instanceStorageSupported: storage > 0,
    instanceStorageInfo: storage > 0 ? { totalSizeInGB: storage, nvmeSupport: "required" } : null,
    ebsInfo: {
      ebsOptimizedSupport: "default",
      encryptionSupport: "supported",
      nvmeSupport: "required",
      ...attachmentFields(type),
    },
    networkInfo: {
      enaSupport: isXen ? "unsupported" : "required",
      ipv4AddressesPerInterface: addressesPerInterface(type.name),
      ipv6AddressesPerInterface: addressesPerInterface(type.name),
      ipv6Supported: true,
      maximumNetworkInterfaces: 3,
    },
    placementGroupInfo: { supportedStrategies: ["partition", "spread"] },
    hibernationSupported: false,
    burstablePerformanceSupported: isBurstable(type.name),
    dedicatedHostsSupported: runsOnHosts(type),
    autoRecoverySupported: type.bareMetal !== true,
    supportedBootModes:
      isArm || isMac ? ["uefi"] : isXen ? ["legacy-bios"] : ["legacy-bios", "uefi"],
    nitroTpmSupport: isXen || isMac || type.bareMetal === true ? "unsupported" : "supported",
    nitroEnclavesSupport: "unsupported",
  };
}
