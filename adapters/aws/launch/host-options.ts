import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { InstanceSettings } from "../settings.ts";

type HostOptions = Pick<RunInstancesCommandInput, "MaintenanceOptions">;

/** The options about the hardware that the machine runs on. An absent one is EC2's default. */
export function hostOptions({ maintenance }: InstanceSettings): HostOptions {
  if (maintenance?.autoRecovery === undefined) return {};
  return { MaintenanceOptions: { AutoRecovery: maintenance.autoRecovery } };
}
