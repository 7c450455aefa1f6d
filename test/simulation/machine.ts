import type { Machine, MachineEnd, MachineState, Ownership } from "../../src/substrate/contract.ts";

/** A machine as its cloud knows it. */
export interface SimulatedMachine {
  readonly id: string;
  readonly cloud: string;
  readonly place: string;
  readonly token: string;
  readonly spawnId: string;
  readonly ownership: Ownership;
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

/** True for a machine that somebody pays for. */
export function isLive({ state, isGone }: SimulatedMachine): boolean {
  return !isGone && state !== "ended";
}

/** What its cloud tells of it. */
export function told(machine: SimulatedMachine): Machine {
  const { id, place, state, ownership, spawnId, end } = machine;
  return {
    id,
    place,
    state,
    architecture: "amd64",
    artifact: null,
    addresses: { private: null, public: null },
    ports: [],
    launchIndex: null,
    ownership: { ...ownership, spawnId },
    end,
    createdAt: null,
  };
}
