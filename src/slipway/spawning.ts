import { launchSecrets } from "./credentials.ts";
import type { CredentialPorts } from "./credentials.ts";
import type { BurstOptions, WantedSpawn } from "./slipway.ts";
import { spawnWorkspace, spawnWorkspaces } from "./spawn-workspaces.ts";
import type { SpawningPorts } from "./spawn-workspaces.ts";
import type { SpawnKey } from "../ledger/ledger.ts";
import { recover } from "../spawner/recover.ts";
import type { RecoverRequest } from "../spawner/recover.ts";
import { refresh } from "../spawner/refresh.ts";
import { createSpawnerWorld, terminate } from "../spawner/spawn.ts";
import { sweep } from "../spawner/sweep.ts";
import type { SweepRequest } from "../spawner/sweep.ts";
import type { SpawnerPorts, Wish } from "../spawner/task.ts";

type Ports = Omit<SpawningPorts, "spawner"> & Omit<SpawnerPorts, "launchSecrets"> & CredentialPorts;

/** The verbs that need the spawner, which is loaded with them: who only looks or resolves does without. */
export function createSpawning(ports: Ports) {
  const spawner = createSpawnerWorld({
    ...ports,
    launchSecrets: (plan, until) => launchSecrets(ports, plan, until),
  });
  const spawning: SpawningPorts = { ...ports, spawner };
  return {
    spawnWorkspace: (wanted: WantedSpawn, options: BurstOptions) =>
      spawnWorkspace(spawning, wanted, options),
    spawnWorkspaces: (wanted: readonly (string | WantedSpawn)[], options: BurstOptions) =>
      spawnWorkspaces(spawning, wanted, options),
    terminate: (wish: Wish) => terminate(spawner, wish),
    refresh: (keys: readonly SpawnKey[], signal: AbortSignal) => refresh(spawner, keys, signal),
    recover: (request: RecoverRequest) => recover(spawner, request),
    sweep: (request: SweepRequest) => sweep(ports, request),
  };
}
