import type { Duties } from "./subject.ts";
import { machineIds, launchMachine, neverAborted } from "./support.ts";

export function describeDuties({ test, expect }: Duties): void {
  test("returns one answer per id in order, also when one id is unknown", async (subject) => {
    const first = await launchMachine(subject, { name: "first" });
    const second = await launchMachine(subject, { name: "second" });
    const asked = [second.id, subject.unknownId, first.id];
    const answers = await subject.adapter.describe(asked, neverAborted());
    expect(machineIds(answers)).toEqual([second.id, null, first.id]);
  });

  test("reports the stable fields of a machine as its launch reported them", async (subject) => {
    const machine = await launchMachine(subject, { name: "known" });
    const [found] = await subject.adapter.describe([machine.id], neverAborted());
    const { id, place, architecture, artifact, ownership } = machine;
    expect(found).toMatchObject({ id, place, architecture, artifact, ownership });
  });

  test("returns an empty list for no ids", async (subject) => {
    expect(await subject.adapter.describe([], neverAborted())).toEqual([]);
  });

  test("returns null for a terminated machine", async (subject) => {
    const machine = await launchMachine(subject, { name: "gone" });
    await subject.adapter.terminate([machine.id], neverAborted());
    expect(await subject.adapter.describe([machine.id], neverAborted())).toEqual([null]);
  });
}

export function terminateDuties({ test, expect }: Duties): void {
  test("succeeds, and succeeds again for a terminated machine", async (subject) => {
    const { id } = await launchMachine(subject, { name: "ended" });
    const done = [{ id, outcome: "terminated" }];
    expect(await subject.adapter.terminate([id], neverAborted())).toEqual(done);
    expect(await subject.adapter.terminate([id], neverAborted())).toEqual(done);
    expect(await subject.adapter.list(subject.owner, neverAborted())).toEqual([]);
  });

  test("returns one answer per id in order, also when one id is unknown", async (subject) => {
    const first = await launchMachine(subject, { name: "first" });
    const second = await launchMachine(subject, { name: "second" });
    const asked = [second.id, subject.unknownId, first.id];
    const [one, unknown, other] = await subject.adapter.terminate(asked, neverAborted());
    expect(one).toEqual({ id: second.id, outcome: "terminated" });
    // Providers differ: the id may be reported as terminated or as unknown.
    expect(unknown?.outcome).not.toBe("failed");
    expect(other).toEqual({ id: first.id, outcome: "terminated" });
    expect(await subject.adapter.describe([first.id, second.id], neverAborted())).toEqual([
      null,
      null,
    ]);
  });

  test("does not touch other machines", async (subject) => {
    const ended = await launchMachine(subject, { name: "ended" });
    const spared = await launchMachine(subject, { name: "spared" });
    await subject.adapter.terminate([ended.id], neverAborted());
    expect(machineIds(await subject.adapter.list(subject.owner, neverAborted()))).toEqual([
      spared.id,
    ]);
  });

  test("returns an empty list for no ids", async (subject) => {
    expect(await subject.adapter.terminate([], neverAborted())).toEqual([]);
  });
}

export function listDuties({ test, expect }: Duties): void {
  test("lists all machines of the owner and no others", async (subject) => {
    const stranger = `${subject.owner}-stranger`;
    const first = await launchMachine(subject, { name: "first" });
    const second = await launchMachine(subject, { name: "second" });
    const other = await launchMachine(subject, { name: "first", owner: stranger });
    try {
      const mine = machineIds(await subject.adapter.list(subject.owner, neverAborted()));
      expect(mine.length).toBe(2);
      expect(new Set(mine)).toEqual(new Set([first.id, second.id]));
      expect(machineIds(await subject.adapter.list(stranger, neverAborted()))).toEqual([other.id]);
    } finally {
      await subject.adapter.terminate([other.id], neverAborted());
    }
  });

  test("returns an empty list for an owner without machines", async (subject) => {
    await launchMachine(subject, { name: "other" });
    expect(await subject.adapter.list(`${subject.owner}-without-machines`, neverAborted())).toEqual(
      [],
    );
  });

  test("reports the same stable fields as describe", async (subject) => {
    const machine = await launchMachine(subject, { name: "known" });
    const [found] = await subject.adapter.list(subject.owner, neverAborted());
    const { id, place, architecture, artifact, ownership } = machine;
    expect(found).toMatchObject({ id, place, architecture, artifact, ownership });
  });
}
