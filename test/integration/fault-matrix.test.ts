import { describe, it } from "vitest";
import type { ExpectStatic } from "vitest";
import { faultsOnEc2, faultsOnGce } from "../support/faults/clouds.ts";
import { faultsOnDocker } from "../support/faults/engine.ts";
import { PHASES, runCell } from "../support/faults/fault-cell.ts";
import type { Cell, CellResult, Phase } from "../support/faults/fault-cell.ts";
import { DOCKER_FAULTS, EC2_FAULTS, GCE_FAULTS } from "../support/faults/fault-matrix.ts";
import type { FaultRow } from "../support/faults/fault-matrix.ts";
import { describeWithEngine } from "../support/peers.ts";

const SLOW = { timeout: 60_000 };

/** Each row at each moment at which it can strike. */
function cellsOf<Rule>(rows: readonly FaultRow<Rule>[]) {
  return rows.flatMap((row) =>
    PHASES.flatMap((phase) => {
      const verdict = row.verdicts[phase];
      const rules = rulesAt(row, phase);
      if (verdict === null || rules === null) return [];
      return [{ name: `${row.fault} / ${phase}`, phase, rules, verdict, endless: row.endless }];
    }),
  );
}

function rulesAt<Rule>({ before, after }: FaultRow<Rule>, phase: Phase): readonly Rule[] | null {
  if (phase === "after") return after;
  return phase === "before" ? before : (before ?? after);
}

/** `haste`: of a fault that passes, and of one that outlasts all patience. */
function runTable<Rule>(
  rows: readonly FaultRow<Rule>[],
  open: Cell<Rule>["open"],
  [passing, endless]: readonly [number, number],
): void {
  it.concurrent.for(cellsOf(rows))("$name: $verdict", SLOW, async (cell, { expect }) => {
    const speedUp = cell.endless === true ? endless : passing;
    const result = await runCell({ ...cell, open, speedUp });
    expect(result.verdict).toBe(cell.verdict);
    holdsPromise(expect, result);
  });
}

/** What is true of every cell of every table. */
function holdsPromise(
  expect: ExpectStatic,
  { spawn, machines, recovered, finalMachines, places, next }: CellResult,
): void {
  const idOf = ({ machine }: CellResult["spawn"]) => (machine === null ? [] : [machine.id]);
  // What is not settled may have a machine; what is, has exactly the one on record.
  if (spawn.state === "launching") expect(machines.length).toBeLessThanOrEqual(1);
  else expect(machines).toEqual(idOf(spawn));
  expect(["running", "failed"]).toContain(recovered.state);
  if (spawn.state === "launching") expect(recovered.state).toBe("running");
  expect(finalMachines).toEqual(idOf(recovered));
  // Only a lack of capacity takes a spawn elsewhere, and is remembered.
  const [first, second] = places;
  const full = recovered.attempts.filter(({ reason }) => reason === "INSUFFICIENT_CAPACITY");
  expect(recovered.attempts.length).toBe(full.length + 1);
  expect(next).toBe(full.length === 0 ? first : second);
}

describe("the fault matrix on the EC2 fake", () => {
  runTable(EC2_FAULTS, () => faultsOnEc2(), [50, 400]);
});

describe("the fault matrix on the Compute Engine fake", () => {
  runTable(GCE_FAULTS, () => faultsOnGce(), [50, 400]);
});

describeWithEngine("the fault matrix between Slipway and a Docker engine", (engine) => {
  runTable(DOCKER_FAULTS, () => faultsOnDocker(engine), [1, 40]);
});
