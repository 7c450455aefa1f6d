import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { InstanceSettings } from "../settings.ts";

type HostOptions = Pick<RunInstancesCommandInput, "CpuOptions" | "MaintenanceOptions">;

/** The options about the hardware that the machine runs on. An absent one is EC2's default. */
export function hostOptions({ maintenance, confidential }: InstanceSettings): HostOptions {
  return {
    ...(maintenance?.autoRecovery === undefined
      ? {}
      : { MaintenanceOptions: { AutoRecovery: maintenance.autoRecovery } }),
    ...(confidential === undefined ? {} : { CpuOptions: { AmdSevSnp: "enabled" } }),
  };
}
