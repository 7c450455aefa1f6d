import { SlipwayError } from "../../errors.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";
import { usageError } from "../arguments/flags.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { quoted } from "../terminal-text.ts";
import { viewDescription } from "../views/spawn-view.ts";

interface DescribeFlags {
  readonly machine?: string;
  readonly plan: boolean;
  readonly events: boolean;
}

export async function describe(
  context: CliContext,
  { machine, plan, events }: DescribeFlags,
  spawnId?: string,
): Promise<void> {
  if ((spawnId === undefined) === (machine === undefined))
    throw usageError(
      spawnId === undefined
        ? "SPAWN_ID is missing"
        : "SPAWN_ID and --machine are mutually exclusive",
      "Name a spawn, or its machine with --machine ID.",
    );
  await withSlipway(context, async (slipway) => {
    const named = spawnId ?? (await spawnOfMachine(slipway, machine ?? ""));
    await refreshSpawns(context, slipway, [named]);
    await context.print(viewDescription(await slipway.describeSpawn(named), { plan, events }));
  });
}

async function spawnOfMachine(slipway: Slipway, machineId: string): Promise<string> {
  const spawn = await slipway.findSpawn({ machineId });
  if (spawn !== null) return spawn.spawnId;
  throw new SlipwayError({
    code: "NOT_FOUND",
    reason: "SPAWN_NOT_FOUND",
    message: `no spawn of tenant ${slipway.tenant} has machine ${quoted(machineId, 256)}`,
    remedy:
      "Give the id as the provider shows it: i-..., projects/P/zones/Z/instances/NAME, or a container's id.",
    metadata: { machine_id: machineId, tenant: slipway.tenant },
  });
}
