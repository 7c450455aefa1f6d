import type { Duties } from "./subject.ts";
import {
  machineIds,
  launchMachines,
  launchMachine,
  launchOf,
  machinesOf,
  neverAborted,
  secretValues,
} from "./support.ts";

export function launchDuties({ test, expect }: Duties): void {
  test("launches a machine that reports its image and its owner", async (subject) => {
    const launch = launchOf(subject, { name: "born" });
    const [machine] = machinesOf(await subject.adapter.launch(launch, neverAborted()));
    const { owner, tenant, workspace, launchId } = launch.ownership;
    expect(machine).toMatchObject({
      place: launch.place.place,
      architecture: subject.plan.architecture,
      artifact: subject.plan.artifact.id,
      ownership: { owner, tenant, workspace, launchId, spawnId: "born-0" },
      end: null,
    });
    expect(namesPlan(machine?.ownership?.planId ?? "", launch.plan.planId)).toBe(true);
    expect(["pending", "running"]).toContain(machine?.state);
  });

  test("finds the same machine when its token is replayed", async (subject) => {
    const [first] = await launchMachines(subject, { name: "replayed" });
    const [second] = await launchMachines(subject, { name: "replayed" });
    expect(second?.id).toBe(first?.id);
    expect(await subject.adapter.list(subject.owner, neverAborted())).toMatchObject([
      { id: first?.id },
    ]);
  });

  test("finds the machine of a token from another process", async (subject) => {
    const machine = await launchMachine(subject, { name: "replayed" });
    const other = await subject.open();
    try {
      expect(machineIds(await launchMachines(subject, { name: "replayed" }, other))).toEqual([
        machine.id,
      ]);
    } finally {
      await other.close();
    }
    expect(machineIds(await subject.adapter.list(subject.owner, neverAborted()))).toEqual([
      machine.id,
    ]);
  });

  test("creates one machine when one token is launched twice concurrently", async (subject) => {
    const both = await Promise.all([
      subject.adapter.launch(launchOf(subject, { name: "twins" }), neverAborted()),
      subject.adapter.launch(launchOf(subject, { name: "twins" }), neverAborted()),
    ]);
    const [first, second] = both.map((outcomes) => machineIds(machinesOf(outcomes)));
    expect(second).toEqual(first);
    expect((await subject.adapter.list(subject.owner, neverAborted())).length).toBe(1);
  });

  test("creates another machine for another token", async (subject) => {
    const first = await launchMachine(subject, { name: "first" });
    const second = await launchMachine(subject, { name: "second" });
    expect(second.id).not.toBe(first.id);
  });

  test("returns one outcome per member in order, also when replayed", async (subject) => {
    const count = Math.min(3, subject.adapter.capabilities.batch.maximum);
    const machines = await launchMachines(subject, { name: "batch", count });
    expect(new Set(machineIds(machines)).size).toBe(count);
    for (const [index, machine] of machines.entries()) {
      // A provider that tags a batch as a whole cannot tag the member's id; the launch index identifies the member.
      const spawnId = machine.ownership?.spawnId ?? null;
      if (spawnId !== null) expect(spawnId).toBe(`batch-${index}`);
    }
    expect(machineIds(await launchMachines(subject, { name: "batch", count }))).toEqual(
      machineIds(machines),
    );
  });

  test("returns no secret in its outcomes", async (subject) => {
    const machine = await launchMachine(subject, { name: "discreet" });
    const [described] = await subject.adapter.describe([machine.id], neverAborted());
    const answers = JSON.stringify([machine, described]);
    for (const value of secretValues(subject)) expect(answers).not.toContain(value);
  });
}

/** A machine's label may be too short for a whole plan id: Compute Engine labels hold 63 characters. */
function namesPlan(label: string, planId: string): boolean {
  const digits = (text: string): string => text.replace(/^sha256:/, "");
  return digits(label).length >= 63 && digits(planId).startsWith(digits(label));
}
