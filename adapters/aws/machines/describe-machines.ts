import type { JsonObject } from "../../../src/errors.ts";
import { knownMachine } from "../../../src/substrate/contract.ts";
import type { Machine, MachineStatus } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import { describeInstances } from "./describe.ts";
import type { DescribePorts } from "./describe.ts";
import { settingsOfVolume } from "./read-volumes.ts";

export interface MachinePorts extends DescribePorts {
  readonly api: DescribePorts["api"] &
    Pick<AwsApi, "describeVolumes" | "describeSpotInstanceRequests">;
}

/** A machine that EC2 creates has its volumes at the latest when it runs. */
const WITH_VOLUMES: ReadonlySet<Machine["state"]> = new Set(["running", "stopped"]);

/**
 * As {@link describeInstances}. A single machine also gets the settings of its volumes and of its spot request, of which
 * EC2's answer about the instance has only the ids. Many machines do not: that would be further calls for each poll of a
 * burst.
 */
export async function describeMachines(
  ports: MachinePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineStatus[]> {
  const statuses = await describeInstances(ports, ids, signal);
  const machine = statuses.length === 1 ? knownMachine(statuses[0]) : null;
  if (machine === null || machine.ownership === null || !WITH_VOLUMES.has(machine.state))
    return statuses;
  const parts = await Promise.all([
    readVolumes(ports.api, machine, signal),
    readSpotRequest(ports.api, machine, signal),
  ]);
  return [{ ...machine, settings: Object.assign({ ...machine.settings }, ...parts) }];
}

async function readVolumes(
  api: MachinePorts["api"],
  { id }: Machine,
  signal: AbortSignal,
): Promise<JsonObject> {
  const reading = { operation: "DescribeVolumes", subject: `volumes of ${id}` };
  return await unlessRefused(api, { ...reading, signal }, async () => {
    const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
    const { Volumes = [] } = await api.describeVolumes({ Filters }, signal);
    const disks = Volumes.map((volume) => settingsOfVolume(volume, id));
    return { disks: disks.toSorted((one, other) => (one.device < other.device ? -1 : 1)) };
  });
}

async function readSpotRequest(
  api: MachinePorts["api"],
  { id, settings }: Machine,
  signal: AbortSignal,
): Promise<JsonObject> {
  const request = settings?.["spotInstanceRequestId"];
  if (typeof request !== "string") return {};
  const reading = { operation: "DescribeSpotInstanceRequests", subject: `spot request of ${id}` };
  return await unlessRefused(api, { ...reading, signal }, async () => {
    const SpotInstanceRequestIds = [request];
    const { SpotInstanceRequests = [] } = await api.describeSpotInstanceRequests(
      { SpotInstanceRequestIds },
      signal,
    );
    const price = SpotInstanceRequests[0]?.SpotPrice;
    return price === undefined ? {} : { maxPrice: price };
  });
}

/** Nothing if EC2 refuses the call: the machine's state must not depend on a second permission. */
async function unlessRefused(
  { region }: MachinePorts["api"],
  reading: { readonly operation: string; readonly subject: string; readonly signal: AbortSignal },
  read: () => Promise<JsonObject>,
): Promise<JsonObject> {
  try {
    return await read();
  } catch (caught) {
    const error = cloudError(caught, { ...reading, region });
    if (error.code === "CANCELLED") throw error;
    return {};
  }
}
