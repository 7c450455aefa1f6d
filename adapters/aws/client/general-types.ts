import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { AwsApi } from "./api.ts";

/** An instance type that can be the default for a workspace without an environment. */
export interface GeneralType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly isBurstable: boolean;
  /** Zones that offer it, sorted by name. */
  readonly zones: readonly string[];
  readonly info: InstanceTypeInfo;
}

/** Sorted by preference, best first. */
export type GeneralTypes = readonly GeneralType[];

const VCPUS = 2;
const MEMORIES_MIB = [8_192, 4_096];

/**
 * The region's current-generation types with two vCPUs, 4 or 8 GiB of memory and no special hardware (no bare metal, no
 * local disks, no accelerators), as EC2 describes them now.
 */
export async function findGeneralTypes(
  api: AwsApi,
  architecture: string,
  offeringsOf: (
    names: readonly string[],
  ) => Promise<readonly { readonly instanceType: string; readonly zone: string }[]>,
  signal: AbortSignal,
): Promise<GeneralTypes> {
  const infos = (await describeTypes(api, architecture, signal)).filter(isGeneral);
  const names = infos.flatMap(({ InstanceType }) => InstanceType ?? []).toSorted();
  if (names.length === 0) return [];
  const offerings = await offeringsOf(names);
  return infos
    .flatMap((info): GeneralType[] => {
      const name = info.InstanceType;
      if (name === undefined) return [];
      return [
        {
          name,
          vcpus: info.VCpuInfo?.DefaultVCpus ?? 0,
          memoryMib: info.MemoryInfo?.SizeInMiB ?? 0,
          isBurstable: info.BurstablePerformanceSupported === true,
          zones: offerings
            .filter(({ instanceType }) => instanceType === name)
            .map(({ zone }) => zone)
            .toSorted(),
          info,
        },
      ];
    })
    .toSorted(byPreference);
}

/** The best type among those that the largest number of these zones offer. Null if no zone offers any. */
export function chooseGeneralType(
  types: GeneralTypes,
  zones: readonly string[],
): GeneralType | null {
  const covered = (type: GeneralType): number =>
    zones.filter((zone) => type.zones.includes(zone)).length;
  const most = Math.max(0, ...types.map(covered));
  return most === 0 ? null : (types.find((type) => covered(type) === most) ?? null);
}

/** Non-burstable first, then more memory, then by name, so that the same answer always gives the same choice. */
function byPreference(one: GeneralType, other: GeneralType): number {
  return (
    Number(one.isBurstable) - Number(other.isBurstable) ||
    other.memoryMib - one.memoryMib ||
    (one.name < other.name ? -1 : 1)
  );
}

function isGeneral(info: InstanceTypeInfo): boolean {
  const hasAccelerators =
    info.GpuInfo !== undefined ||
    info.FpgaInfo !== undefined ||
    info.InferenceAcceleratorInfo !== undefined ||
    info.NeuronInfo !== undefined ||
    info.MediaAcceleratorInfo !== undefined;
  return !hasAccelerators && info.BareMetal !== true && info.InstanceStorageSupported !== true;
}

async function describeTypes(
  api: AwsApi,
  architecture: string,
  signal: AbortSignal,
): Promise<readonly InstanceTypeInfo[]> {
  const found: InstanceTypeInfo[] = [];
  let token: string | undefined;
  do {
    const page = await api.describeInstanceTypes(
      {
        Filters: [
          { Name: "processor-info.supported-architecture", Values: [architecture] },
          { Name: "vcpu-info.default-vcpus", Values: [String(VCPUS)] },
          { Name: "memory-info.size-in-mib", Values: MEMORIES_MIB.map(String) },
          { Name: "current-generation", Values: ["true"] },
          { Name: "bare-metal", Values: ["false"] },
          { Name: "instance-storage-supported", Values: ["false"] },
        ],
        MaxResults: 100,
        ...(token === undefined ? {} : { NextToken: token }),
      },
      signal,
    );
    found.push(...(page.InstanceTypes ?? []));
    token = page.NextToken || undefined;
  } while (token !== undefined);
  return found;
}
