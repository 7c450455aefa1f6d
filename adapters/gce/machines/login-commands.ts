import { readMachineId } from "./machine-id.ts";

/**
 * The command of Google's command line that opens a shell on a machine; none if this is not a machine's id. With
 * `--tunnel-through-iap` it also reaches a machine without an external address.
 *
 * Source: https://cloud.google.com/sdk/gcloud/reference/compute/ssh
 */
export function loginCommands(machineId: string): readonly (readonly string[])[] {
  const machine = readMachineId(machineId);
  if (machine === null) return [];
  const { project, zone, name } = machine;
  return [["gcloud", "compute", "ssh", name, "--zone", zone, "--project", project]];
}
