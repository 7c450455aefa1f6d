import type { SpawnKey } from "../../src/ledger/ledger.ts";
import type { Machine, MachineEnd, MachineState, Ownership } from "../../src/substrate/contract.ts";

/** A machine as its cloud knows it. */
export interface SimulatedMachine {
  readonly id: string;
  readonly cloud: string;
  readonly place: string;
  readonly token: string;
  /** Whose it is, whether or not it can tell: `nameOf` its spawn. */
  readonly spawn: string;
  readonly ownership: Ownership;
  /** Null for a machine of a batch that all has the same tags. */
  readonly toldSpawnId: string | null;
  /** Null where its cloud counts none. */
  readonly launchIndex: number | null;
  readonly bornAt: number;
  /** From when on its cloud shows it to those who ask. */
  readonly shownFrom: number;
  state: MachineState;
  end: MachineEnd | null;
  /** Nothing of it is left. */
  isGone: boolean;
  /** False for a container that was created and not started, and for a VM whose operation is at work. */
  isStarted: boolean;
}

/** A spawn's name in the story, its own among all tenants'. */
export function nameOf({ tenant, spawnId }: SpawnKey): string {
  return tenant === "default" ? spawnId : `${tenant}/${spawnId}`;
}

/** True for a machine that somebody pays for. */
export function isLive({ state, isGone }: SimulatedMachine): boolean {
  return !isGone && state !== "ended";
}

/** What its cloud tells of it. */
export function told(machine: SimulatedMachine): Machine {
  const { id, place, state, ownership, toldSpawnId, launchIndex, end } = machine;
  return {
    id,
    place,
    state,
    architecture: "amd64",
    artifact: null,
    addresses: { private: null, public: null },
    ports: [],
    launchIndex,
    ownership: { ...ownership, spawnId: toldSpawnId },
    end,
    createdAt: null,
  };
}
