import { SlipwayError } from "../../errors.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import { usageError } from "../arguments/flags.ts";
import type { CliContext } from "../context.ts";
import { renderSshConfig, sshHostOf } from "../output/ssh-config.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { quoted } from "../terminal-text.ts";

interface SshConfigFlags {
  readonly user?: string;
  readonly workspace?: string;
}

/** The names of users that POSIX calls portable. */
const USER = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}$/u;

export async function sshConfig(
  context: CliContext,
  { user, workspace }: SshConfigFlags,
  ...named: readonly string[]
): Promise<void> {
  if (user !== undefined && !USER.test(user))
    throw usageError(`--user: ${quoted(user)} is not a user's name`, "Write letters and digits.");
  if (workspace !== undefined && named.length > 0)
    throw usageError("SPAWN_ID and --workspace are mutually exclusive", "Omit one of them.");
  const ids = [...new Set(named)];
  await withSlipway(context, async (slipway) => {
    await refreshSpawns(context, slipway, ids);
    const spawns =
      ids.length === 0 ? await liveMachines(slipway, workspace) : await namedMachines(slipway, ids);
    const hosts = spawns.map((spawn) => sshHostOf(spawn, user ?? null));
    await context.print({
      value: hosts.map(({ alias, address, port, user: login, keyAlias }) => ({
        spawn_id: alias,
        host_name: address,
        port,
        user: login,
        host_key_alias: keyAlias,
      })),
      format: "table",
      table: () => renderSshConfig(hosts),
    });
  });
}

/** The live virtual machines that have an address already. */
async function liveMachines(
  slipway: Slipway,
  workspace: string | undefined,
): Promise<readonly Spawn[]> {
  const filter = { live: true, ...(workspace === undefined ? {} : { workspace }) };
  const spawns = await slipway.listSpawns(filter);
  return spawns.filter(
    (spawn) => !isContainer(spawn) && Object.values(spawn.machine?.addresses ?? {}).some(Boolean),
  );
}

async function namedMachines(slipway: Slipway, ids: readonly string[]): Promise<readonly Spawn[]> {
  const spawns: Spawn[] = [];
  for (const spawnId of ids) {
    const spawn = await slipway.describeSpawn(spawnId);
    if (isContainer(spawn)) throw noSsh(spawnId);
    spawns.push(spawn);
  }
  return spawns;
}

function isContainer({ substrate }: Spawn): boolean {
  return substrate === "DOCKER";
}

function noSsh(spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "UNIMPLEMENTED",
    reason: "SUBSTRATE_UNSUPPORTED",
    message: `spawn ${spawnId} is a container, which ssh does not reach`,
    remedy: `\`slipway shell ${spawnId}\` opens a shell in it.`,
    metadata: { spawn_id: spawnId, substrate: "DOCKER" },
  });
}
