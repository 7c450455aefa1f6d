import type { Duties } from "./subject.ts";
import {
  ids,
  launched,
  launchedOne,
  launchOf,
  machinesOf,
  quiet,
  secretValues,
} from "./support.ts";

export function launchDuties({ test, expect }: Duties): void {
  test("bears a machine that says what it is and whose", async (subject) => {
    const launch = launchOf(subject, { name: "born" });
    const [machine] = machinesOf(await subject.adapter.launch(launch, quiet()));
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
    const [first] = await launched(subject, { name: "replayed" });
    const [second] = await launched(subject, { name: "replayed" });
    expect(second?.id).toBe(first?.id);
    expect(await subject.adapter.list(subject.owner, quiet())).toMatchObject([{ id: first?.id }]);
  });

  test("finds it from another process too", async (subject) => {
    const machine = await launchedOne(subject, { name: "replayed" });
    const other = await subject.open();
    try {
      expect(ids(await launched(subject, { name: "replayed" }, other))).toEqual([machine.id]);
    } finally {
      await other.close();
    }
    expect(ids(await subject.adapter.list(subject.owner, quiet()))).toEqual([machine.id]);
  });

  test("makes one machine of one token launched twice at once", async (subject) => {
    const both = await Promise.all([
      subject.adapter.launch(launchOf(subject, { name: "twins" }), quiet()),
      subject.adapter.launch(launchOf(subject, { name: "twins" }), quiet()),
    ]);
    const [first, second] = both.map((outcomes) => ids(machinesOf(outcomes)));
    expect(second).toEqual(first);
    expect((await subject.adapter.list(subject.owner, quiet())).length).toBe(1);
  });

  test("makes another machine of another token", async (subject) => {
    const first = await launchedOne(subject, { name: "first" });
    const second = await launchedOne(subject, { name: "second" });
    expect(second.id).not.toBe(first.id);
  });

  test("gives one outcome a member in their order, also when replayed", async (subject) => {
    const count = Math.min(3, subject.adapter.capabilities.batch.maximum);
    const machines = await launched(subject, { name: "batch", count });
    expect(new Set(ids(machines)).size).toBe(count);
    for (const [index, machine] of machines.entries()) {
      // A provider that tags a batch as a whole leaves the member's own id to its launch index.
      const spawnId = machine.ownership?.spawnId ?? null;
      if (spawnId !== null) expect(spawnId).toBe(`batch-${index}`);
    }
    expect(ids(await launched(subject, { name: "batch", count }))).toEqual(ids(machines));
  });

  test("shows no secret in what it answers", async (subject) => {
    const machine = await launchedOne(subject, { name: "discreet" });
    const [described] = await subject.adapter.describe([machine.id], quiet());
    const answers = JSON.stringify([machine, described]);
    for (const value of secretValues(subject)) expect(answers).not.toContain(value);
  });
}

/** A machine's label may be too short for a whole plan id: Compute Engine's hold 63 characters. */
function namesPlan(label: string, planId: string): boolean {
  const digits = (text: string): string => text.replace(/^sha256:/, "");
  return digits(label).length >= 63 && digits(planId).startsWith(digits(label));
}
