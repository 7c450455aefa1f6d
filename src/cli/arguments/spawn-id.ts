import type { CliContext } from "../context.ts";
import {
  proposeContainers,
  proposeLiveSpawns,
  proposeSpawns,
  proposeVirtualMachines,
} from "../help/proposals.ts";
import { asTyped } from "./flags.ts";

/** The argument that names a spawn. */
export const spawnId = {
  brief: "The spawn's id",
  placeholder: "SPAWN_ID",
  parse: asTyped,
  proposeCompletions(this: CliContext) {
    return proposeSpawns(this);
  },
} as const;

/** For commands that have nothing to do with a spawn that has ended. */
export const liveSpawnId = {
  ...spawnId,
  proposeCompletions(this: CliContext) {
    return proposeLiveSpawns(this);
  },
} as const;

/** For commands that run in containers alone. */
export const containerSpawnId = {
  ...spawnId,
  proposeCompletions(this: CliContext) {
    return proposeContainers(this);
  },
} as const;

/** For commands about virtual machines alone. */
export const virtualMachineSpawnId = {
  ...spawnId,
  proposeCompletions(this: CliContext) {
    return proposeVirtualMachines(this);
  },
} as const;
