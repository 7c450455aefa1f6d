import type { SpawnKey } from "../../src/ledger/ledger.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type { Machine, MachineEnd, MachineState, Ownership } from "../../src/substrate/contract.ts";

/** A machine from the viewpoint of its cloud. */
export interface SimulatedMachine {
  readonly id: string;
  readonly cloud: string;
  readonly place: string;
  /** The capacity that it takes. */
  readonly pool: string;
  readonly token: string;
  /** The name of its spawn (`nameOf`), whether or not the cloud reports it. */
  readonly spawn: string;
  /** The input that its launch gave it, as text. */
  readonly input: string;
  readonly ownership: Ownership;
  /** Null for a machine of a batch whose members all carry the same tags. */
  readonly taggedSpawnId: string | null;
  /** Null if the cloud has no launch index. */
  readonly launchIndex: number | null;
  readonly createdAt: number;
  /** The cloud shows the machine from this time on. */
  readonly shownFrom: number;
  state: MachineState;
  end: MachineEnd | null;
  /** The machine is not visible any more. */
  isGone: boolean;
  /** False for a container that was created but not started, and for a VM whose operation is in progress. */
  isStarted: boolean;
}

/** A spawn's name in the story, unique across tenants. */
export function nameOf({ tenant, spawnId }: SpawnKey): string {
  return tenant === "default" ? spawnId : `${tenant}/${spawnId}`;
}

/** The machines of one type in one place, which share its capacity. */
export function poolOf({ place, machineType }: Pick<Candidate, "place" | "machineType">): string {
  return machineType === undefined ? place : `${machineType} in ${place}`;
}

/** True for a machine that costs money. */
export function isLive({ state, isGone }: SimulatedMachine): boolean {
  return !isGone && state !== "ended";
}

/** The machine as its cloud reports it. */
export function describedMachine(machine: SimulatedMachine): Machine {
  const { id, place, state, ownership, taggedSpawnId, launchIndex, end } = machine;
  return {
    id,
    place,
    state,
    architecture: "amd64",
    artifact: null,
    addresses: { private: null, public: null },
    ports: [],
    launchIndex,
    ownership: { ...ownership, spawnId: taggedSpawnId },
    end,
    createdAt: null,
  };
}
