import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { Gpu, MachineTypeFacts } from "../../../src/plan/plan.ts";

const MIB_OF_GIB = 1_024;

/** A machine type for the plan, as `DescribeInstanceTypes` describes it. */
export function machineTypeFacts(name: string, info: InstanceTypeInfo): MachineTypeFacts {
  return {
    name,
    vcpus: info.VCpuInfo?.DefaultVCpus ?? null,
    memoryGb: gibibytes(info.MemoryInfo?.SizeInMiB),
    gpus: (info.GpuInfo?.Gpus ?? []).map(({ Name, Manufacturer, Count, MemoryInfo }): Gpu => ({
      name: [Manufacturer, Name].filter((part) => part !== undefined).join(" "),
      count: Count ?? 1,
      memoryGb: gibibytes(MemoryInfo?.SizeInMiB),
    })),
  };
}

function gibibytes(mebibytes: number | undefined): number | null {
  return mebibytes === undefined ? null : Number((mebibytes / MIB_OF_GIB).toFixed(2));
}
