import type { Duties } from "./subject.ts";
import { ids, launchedOne, quiet } from "./support.ts";

export function describeDuties({ test, expect }: Duties): void {
  test("gives one answer an id in their order, and one unknown id keeps the others", async (subject) => {
    const first = await launchedOne(subject, { name: "first" });
    const second = await launchedOne(subject, { name: "second" });
    const asked = [second.id, subject.unknownId, first.id];
    const answers = await subject.adapter.describe(asked, quiet());
    expect(ids(answers)).toEqual([second.id, null, first.id]);
  });

  test("says of a machine what its launch said, but for what time changes", async (subject) => {
    const machine = await launchedOne(subject, { name: "known" });
    const [found] = await subject.adapter.describe([machine.id], quiet());
    const { id, place, architecture, artifact, ownership } = machine;
    expect(found).toMatchObject({ id, place, architecture, artifact, ownership });
  });

  test("answers nothing to nothing", async (subject) => {
    expect(await subject.adapter.describe([], quiet())).toEqual([]);
  });

  test("answers null for a machine that is gone", async (subject) => {
    const machine = await launchedOne(subject, { name: "gone" });
    await subject.adapter.terminate([machine.id], quiet());
    expect(await subject.adapter.describe([machine.id], quiet())).toEqual([null]);
  });
}

export function terminateDuties({ test, expect }: Duties): void {
  test("succeeds, and succeeds again when the machine is already gone", async (subject) => {
    const { id } = await launchedOne(subject, { name: "ended" });
    const done = [{ id, outcome: "terminated" }];
    expect(await subject.adapter.terminate([id], quiet())).toEqual(done);
    expect(await subject.adapter.terminate([id], quiet())).toEqual(done);
    expect(await subject.adapter.list(subject.owner, quiet())).toEqual([]);
  });

  test("gives one answer an id in their order, and one unknown id keeps the others", async (subject) => {
    const first = await launchedOne(subject, { name: "first" });
    const second = await launchedOne(subject, { name: "second" });
    const asked = [second.id, subject.unknownId, first.id];
    const [one, unknown, other] = await subject.adapter.terminate(asked, quiet());
    expect(one).toEqual({ id: second.id, outcome: "terminated" });
    // Either: that it is gone, or that the provider does not know it.
    expect(unknown?.outcome).not.toBe("failed");
    expect(other).toEqual({ id: first.id, outcome: "terminated" });
    expect(await subject.adapter.describe([first.id, second.id], quiet())).toEqual([null, null]);
  });

  test("leaves other machines alone", async (subject) => {
    const ended = await launchedOne(subject, { name: "ended" });
    const spared = await launchedOne(subject, { name: "spared" });
    await subject.adapter.terminate([ended.id], quiet());
    expect(ids(await subject.adapter.list(subject.owner, quiet()))).toEqual([spared.id]);
  });

  test("answers nothing to nothing", async (subject) => {
    expect(await subject.adapter.terminate([], quiet())).toEqual([]);
  });
}

export function listDuties({ test, expect }: Duties): void {
  test("finds every machine of the owner and no other's", async (subject) => {
    const stranger = `${subject.owner}-stranger`;
    const first = await launchedOne(subject, { name: "first" });
    const second = await launchedOne(subject, { name: "second" });
    const other = await launchedOne(subject, { name: "first", owner: stranger });
    try {
      const mine = ids(await subject.adapter.list(subject.owner, quiet()));
      expect(mine.length).toBe(2);
      expect(new Set(mine)).toEqual(new Set([first.id, second.id]));
      expect(ids(await subject.adapter.list(stranger, quiet()))).toEqual([other.id]);
    } finally {
      await subject.adapter.terminate([other.id], quiet());
    }
  });

  test("finds nothing of an owner who launched nothing", async (subject) => {
    await launchedOne(subject, { name: "other" });
    expect(await subject.adapter.list(`${subject.owner}-nobody`, quiet())).toEqual([]);
  });

  test("says of a machine what describe says", async (subject) => {
    const machine = await launchedOne(subject, { name: "known" });
    const [found] = await subject.adapter.list(subject.owner, quiet());
    const { id, place, architecture, artifact, ownership } = machine;
    expect(found).toMatchObject({ id, place, architecture, artifact, ownership });
  });
}
