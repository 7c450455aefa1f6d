import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan } from "../../../../src/spawner/spawn.ts";
import { recover } from "../../../../src/spawner/recover.ts";
import { BATCH, burstWorld, CALL, ids } from "../../../support/burst-world.ts";
import { NO_INPUT } from "../../../../src/substrate/contract.ts";
import { incompressible } from "../../../support/incompressible.ts";
import { samplePlan } from "../../../support/sample-plan.ts";

const TWO_PLACES = samplePlan({
  candidates: [
    { place: "engine-1", verdict: "eligible", reason: null },
    { place: "engine-2", verdict: "eligible", reason: null },
  ],
});

/** A spawner whose launch call has been under way for a millisecond. */
async function busyWorld() {
  const here = burstWorld();
  const first = here.begin("first");
  await here.clock.advance(1);
  return { ...here, first };
}

describe("the launch queue", () => {
  it("does not delay a lone spawn at all", async () => {
    const here = burstWorld();
    await here.clock.runUntilSettled(here.begin("one"));
    expect(here.calls).toEqual([{ at: 0, place: "engine-1", members: ["one"] }]);
  });

  it("makes one launch of spawns that arrive together", async () => {
    const here = burstWorld();
    const spawns = await here.clock.runUntilSettled(
      Promise.all(ids(1_000).map((id) => here.begin(id))),
    );
    expect(here.calls.map(({ at, members }) => [at, members.length])).toEqual([[0, 1_000]]);
    expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(1_000);
    expect(spawns.every(({ state }) => state === "running")).toBe(true);
    expect(here.adapter.machines).toHaveLength(1_000);
  });

  it("makes one launch of spawns that arrive while another launch is under way", async () => {
    const here = await busyWorld();
    const burst = Promise.all([here.begin("second"), here.begin("third")]);
    await here.clock.advance(5);
    const later = here.begin("fourth");
    await here.clock.runUntilSettled(Promise.all([here.first, burst, later]));
    // It waited until no more arrived, and not for the first call's answer.
    expect(here.calls.slice(1)).toEqual([
      { at: 6 + BATCH.idleMilliseconds, place: "engine-1", members: ["second", "third", "fourth"] },
    ]);
  });

  it("gives each member the machine at its own index", async () => {
    const here = burstWorld();
    const spawns = await here.clock.runUntilSettled(
      Promise.all(ids(7).map((id) => here.begin(id))),
    );
    const born = new Map(here.adapter.machines.map((one) => [one.ownership?.spawnId, one.id]));
    expect(spawns.map(({ machine }) => machine?.id)).toEqual(ids(7).map((id) => born.get(id)));
  });

  it("waits no longer than its limit, however steadily spawns arrive", async () => {
    const here = await busyWorld();
    const begun = [here.first];
    for (const id of ids(12)) {
      begun.push(here.begin(id));
      await here.clock.advance(15);
    }
    await here.clock.runUntilSettled(Promise.all(begun));
    expect(here.calls[1]?.at).toBe(1 + BATCH.longestMilliseconds);
  });

  it("makes no launch larger than the adapter's limit", async () => {
    const here = burstWorld({ capabilities: { batch: { ...BATCH, maximum: 4 } } });
    await here.clock.runUntilSettled(Promise.all(ids(10).map((id) => here.begin(id))));
    expect(here.sizes()).toEqual([4, 4, 2]);
  });

  it("keeps different launches apart", async () => {
    const here = burstWorld();
    const other = samplePlan({ workspace: "another" });
    await here.clock.runUntilSettled(
      Promise.all([
        here.begin("a-1"),
        here.begin("a-2"),
        here.begin("a-3"),
        here.begin("b-1", { plan: other, subject: "another" }),
        here.begin("b-2", { plan: other, subject: "another" }),
      ]),
    );
    expect(here.calls.map(({ members }) => members)).toEqual([
      ["a-1", "a-2", "a-3"],
      ["b-1", "b-2"],
    ]);
  });

  it("sends spawns for which a place has no room to the next place, in one more launch", async () => {
    const here = burstWorld({
      places: [{ place: "engine-1", capacity: 600 }, { place: "engine-2" }],
    });
    const spawns = await here.clock.runUntilSettled(
      Promise.all(ids(1_000).map((id) => here.begin(id, { plan: TWO_PLACES }))),
    );
    const places = spawns.map(({ machine }) => machine?.place);
    expect(places.filter((place) => place === "engine-1")).toHaveLength(600);
    expect(places.filter((place) => place === "engine-2")).toHaveLength(400);
    expect(here.adapter.machines).toHaveLength(1_000);
    expect(here.calls.map(({ place, members }) => [place, members.length])).toEqual([
      ["engine-1", 1_000],
      ["engine-2", 400],
    ]);
  });

  it("makes one spawn of one id, however often it is in a burst", async () => {
    const here = burstWorld();
    const twice = ["one", "two", "two", "three", "two"];
    const spawns = await here.clock.runUntilSettled(Promise.all(twice.map((id) => here.begin(id))));
    expect(here.adapter.machines).toHaveLength(3);
    expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(3);
  });

  it("launches the others if some ids are on record already", async () => {
    const here = burstWorld();
    await here.clock.runUntilSettled(here.begin("agent-3"));
    const burst = Promise.all(ids(6).map((id) => here.begin(id)));
    await here.clock.runUntilSettled(burst);
    const others = ["agent-0", "agent-1", "agent-2", "agent-4", "agent-5"];
    expect(here.calls.at(-1)?.members).toEqual(others);
    expect(here.adapter.machines).toHaveLength(6);
  });

  it("records nothing of a spawn that leaves before its launch is recorded", async () => {
    const here = await busyWorld();
    const leaving = new AbortController();
    const burst = Promise.allSettled([
      here.first,
      here.begin("second"),
      here.begin("gone", { signal: leaving.signal }),
    ]);
    await here.clock.advance(BATCH.idleMilliseconds / 2);
    leaving.abort();
    const outcomes = await here.clock.runUntilSettled(burst);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(outcomes[2]).toMatchObject({ reason: { code: "CANCELLED" } });
    expect(here.calls.map(({ members }) => members)).toEqual([["first"], ["second"]]);
    expect(await here.ledger.find({ tenant: "default", spawnId: "gone" })).toBeNull();
  });

  it("terminates the machine of a spawn that is cancelled while its launch is under way", async () => {
    const here = burstWorld();
    const leaving = new AbortController();
    const burst = Promise.allSettled([
      here.begin("first"),
      here.begin("second"),
      here.begin("gone", { signal: leaving.signal }),
    ]);
    await here.clock.advance(CALL / 2);
    leaving.abort();
    const outcomes = await here.clock.runUntilSettled(burst);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    // The launch was called once: the outcome of the member that left was stored for it.
    expect(here.sizes()).toEqual([3]);
    const left = new Set(here.adapter.machines.map(({ ownership }) => ownership?.spawnId));
    expect(left).toEqual(new Set(["first", "second"]));
  });

  it("goes to the next place without spawns whose lease was lost in the meantime", async () => {
    const here = burstWorld({
      places: [{ place: "engine-1", capacity: 0 }, { place: "engine-2" }],
    });
    const ledger: typeof here.ledger = {
      ...here.ledger,
      async take(steps, spent) {
        const lost = steps[1];
        if (steps.length === 3 && lost !== undefined) {
          const { tenant, spawnId, before } = lost;
          const claim = { tenant, spawnId, fence: before.lease.fence };
          await here.ledger.claim({ ...claim, worker: "another", until: Infinity });
        }
        return await here.ledger.take(steps, spent);
      },
    };
    const world = createSpawnerRuntime({ ...here.ports, ledger });
    const detach = new AbortController();
    const burst = Promise.allSettled(
      ids(3).map((spawnId) =>
        spawnPlan(world, here.request({ spawnId, plan: TWO_PLACES, detach: detach.signal })),
      ),
    );
    await here.clock.advance(10_000);
    detach.abort();
    const outcomes = await here.clock.runUntilSettled(burst);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(here.calls.map(({ place, members }) => [place, members])).toEqual([
      ["engine-1", ["agent-0", "agent-1", "agent-2"]],
      ["engine-2", ["agent-0", "agent-2"]],
    ]);
  });

  it("makes no more concurrent calls than the adapter allows", async () => {
    const here = burstWorld({
      capabilities: { batch: { ...BATCH, maximum: 1 }, concurrentLaunches: 3 },
    });
    await here.clock.runUntilSettled(Promise.all(ids(7).map((id) => here.begin(id))));
    expect(here.calls.map(({ at }) => at)).toEqual([0, 0, 0, 500, 500, 500, 1_000]);
  });

  it("rejects all waiting spawns if the record fails, and serves later ones", async () => {
    const here = burstWorld();
    let isFull = true;
    const ledger: typeof here.ledger = {
      ...here.ledger,
      begin: async (spawns, spent) => {
        if (isFull) throw new RangeError("the disk is full");
        return await here.ledger.begin(spawns, spent);
      },
    };
    const world = createSpawnerRuntime({ ...here.ports, ledger });
    const begin = (spawnId: string) => spawnPlan(world, here.request({ spawnId }));
    await expect(here.clock.runUntilSettled(begin("one"))).rejects.toThrow("the disk is full");
    isFull = false;
    expect((await here.clock.runUntilSettled(begin("two"))).state).toBe("running");
    expect(here.calls.map(({ members }) => members)).toEqual([["two"]]);
  });
});

describe("a launch of many whose process died", () => {
  it("is repeated once and as a whole, for the first member that is recovered", async () => {
    const here = burstWorld({ callMilliseconds: 5_000 });
    const dying = new AbortController();
    const burst = Promise.allSettled(ids(40).map((id) => here.begin(id, { detach: dying.signal })));
    await here.clock.advance(1);
    dying.abort();
    await here.clock.advance(10_000);
    await burst;
    const world = createSpawnerRuntime({
      ...here.ports,
      worker: { id: "worker-2", isGone: () => true },
    });
    const recovered = await here.clock.runUntilSettled(
      recover(world, {
        tenant: "default",
        signal: new AbortController().signal,
        onEvent: () => {},
      }),
    );
    expect(recovered.map(({ spawn }) => spawn?.state)).toEqual(ids(40).map(() => "running"));
    expect(here.adapter.machines).toHaveLength(40);
    expect(here.calls.map(({ members }) => members)).toEqual([ids(40), ids(40)]);
  });
});

describe("spawns with inputs of their own", () => {
  const input = (seed: number) => ({ ...NO_INPUT, input: incompressible(4_000, seed) });

  it("share as many launches as the user data of each can carry", async () => {
    const here = burstWorld();
    const spawns = await here.clock.runUntilSettled(
      Promise.all(ids(5).map((id, index) => here.begin(id, { own: input(index) }))),
    );
    expect(here.sizes()).toEqual([2, 2, 1]);
    expect(spawns.map(({ state }) => state)).toEqual(ids(5).map(() => "running"));
  });

  it("are refused before they are recorded if one alone is too much", async () => {
    const here = burstWorld();
    const own = { ...NO_INPUT, input: incompressible(20_000, 1) };
    const begun = [here.begin("one"), here.begin("large", { own }), here.begin("two")];
    const settled = await here.clock.runUntilSettled(Promise.allSettled(begun));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: { reason: "BOOT_DOCUMENT_TOO_LARGE" } });
    expect(here.calls.flatMap(({ members }) => members)).toEqual(["one", "two"]);
    expect(await here.ledger.list(samplePlan().tenant, {})).toHaveLength(2);
  });
});
