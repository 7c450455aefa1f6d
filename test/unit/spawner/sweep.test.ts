import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { launchId } from "../../../src/ledger/launch-token.ts";
import { sweep } from "../../../src/spawner/sweep.ts";
import type { SweepRequest } from "../../../src/spawner/sweep.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import type { Leftover, LeftoverVerbs, SubstrateAdapter } from "../../../src/substrate/contract.ts";
import type { FakeAdapterOptions } from "../../../testing/substrate/fake-adapter.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const GRACE = 900_000;
const TROUBLE = {
  code: "UNAVAILABLE",
  reason: "ENGINE_UNAVAILABLE",
  message: "page 2 did not come",
} as const;
const unreachable = new SlipwayError(TROUBLE);

/** A spawner whose machines are swept. */
function sweeping(options: Partial<FakeAdapterOptions> = {}) {
  const here = spawnerWorld(options);
  const { signal } = new AbortController();
  const pass = (changes: Partial<SweepRequest> = {}, openAdapter = here.ports.openAdapter) =>
    sweep(
      { ...here.ports, openAdapter },
      { targets: [], grace: GRACE, dryRun: false, signal, ...changes },
    );
  /** Launches a second machine of the first spawn's launch, as a delayed request would. */
  const twin = async (owner?: string): Promise<string> => {
    const known = new Set(here.adapter.machines.map(({ id }) => id));
    const driven = await here.ledger.find(KEY);
    const [place] = here.plan.candidates;
    const token = driven?.launches[0]?.token ?? "";
    if (place === undefined) throw new Error("the sample plan has a place");
    await here.adapter.launch(
      {
        token: String(known.size).padStart(64, "e"),
        plan: here.plan,
        place,
        ownership: {
          owner: owner ?? (await here.ledger.owner()),
          tenant: "default",
          workspace: here.plan.workspace,
          planId: here.plan.planId,
          launchId: launchId(token),
        },
        members: [{ spawnId: "one", ...NO_INPUT, bootDocument: "" }],
        userData: "",
        secrets: { credential: null, environment: {}, files: [] },
        onProgress: () => undefined,
      },
      signal,
    );
    return here.adapter.machines.find(({ id }) => !known.has(id))?.id ?? "";
  };
  const ids = () => here.adapter.machines.map(({ id }) => id);
  return { ...here, pass, twin, ids };
}

describe("sweep", () => {
  it("terminates an orphan in the second sweep past the grace period, and nothing else", async () => {
    const here = sweeping();
    const { machine } = await here.spawn();
    const orphan = await here.twin();
    const found = here.clock.now();
    const scope = "docker default";
    const suspect = { id: orphan, kind: "machine", place: "engine-1", scope, since: found };
    const first = { scanned: 2, claimed: 1, suspects: [suspect], terminated: [] };
    expect(await here.pass()).toEqual({ ...first, skippedScopes: [] });
    await here.clock.advance(GRACE - 1);
    expect(await here.pass()).toMatchObject(first);
    expect(here.ids()).toEqual([machine?.id, orphan]);
    await here.clock.advance(1);
    expect(await here.pass()).toMatchObject({ suspects: [], terminated: [suspect] });
    expect(here.ids()).toEqual([machine?.id]);
    expect(await here.pass()).toMatchObject({ scanned: 1, claimed: 1, terminated: [] });
    expect(await here.ledger.suspects("docker default")).toEqual([]);
  });

  it("leaves a suspect alone for 15 minutes unless it is given another grace period", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    const pass = () => here.pass({ grace: undefined });
    await pass();
    await here.clock.advance(15 * 60_000 - 1);
    expect((await pass()).terminated).toEqual([]);
    await here.clock.advance(1);
    expect((await pass()).terminated).toMatchObject([{ id: orphan }]);
  });

  it("terminates nothing in the first sweep, even without a grace period", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    const other = samplePlan({ target: { ...dockerTarget(), network: "another" } });
    const targets = [here.plan.target, other.target];
    expect(await here.pass({ grace: 0, targets })).toMatchObject({ suspects: [{ id: orphan }] });
    expect(here.ids()).toContain(orphan);
    expect((await here.pass({ grace: 0, targets })).terminated).toHaveLength(1);
    expect(here.ids()).not.toContain(orphan);
  });

  it("lists a scope once, however many adapters lead to it", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    const other = samplePlan({ target: { ...dockerTarget(), network: "another" } });
    const openAdapter = () => Promise.resolve(here.adapter.reopen());
    const report = await here.pass({ grace: 0, targets: [other.target] }, openAdapter);
    expect(report).toMatchObject({ scanned: 2, suspects: [{ id: orphan }], terminated: [] });
    expect(here.ids()).toContain(orphan);
  });

  it("never lists another owner's machines", async () => {
    const here = sweeping();
    await here.spawn();
    const theirs = await here.twin("another-ledger");
    for (let pass = 0; pass < 3; pass += 1)
      expect(await here.pass({ grace: 0 })).toMatchObject({ scanned: 1, suspects: [] });
    expect(here.ids()).toContain(theirs);
  });

  it("leaves a machine alone if its launch is not settled", async () => {
    const lost = { verb: "launch", kind: "lost-after", times: Infinity } as const;
    const here = sweeping({ faults: [lost] });
    await expect(here.spawn()).rejects.toMatchObject({ reason: "SPAWN_UNSETTLED" });
    for (let pass = 0; pass < 3; pass += 1)
      expect(await here.pass({ grace: 0 })).toMatchObject({ scanned: 1, claimed: 1, suspects: [] });
    expect(here.ids()).toHaveLength(1);
  });

  it("starts again with a suspect that was claimed in between", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    await here.pass();
    const claiming = {
      ...here.ledger,
      judge: async (machines: readonly unknown[]) => machines.map(() => "claimed" as const),
    };
    await here.clock.advance(GRACE);
    const request = { targets: [], grace: 0, dryRun: false, signal: new AbortController().signal };
    const report = await sweep({ ...here.ports, ledger: claiming }, request);
    expect(report).toMatchObject({ claimed: 2, suspects: [], terminated: [] });
    expect(await here.pass()).toMatchObject({
      suspects: [{ id: orphan, since: here.clock.now() }],
    });
  });

  it("does not terminate a machine that is claimed after the listing", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    await here.pass();
    let calls = 0;
    const ledger = {
      ...here.ledger,
      judge: async (machines: Parameters<typeof here.ledger.judge>[0]) =>
        (calls += 1) === 1 ? here.ledger.judge(machines) : machines.map(() => "claimed" as const),
    };
    const request = { targets: [], grace: 0, dryRun: false, signal: new AbortController().signal };
    expect(await sweep({ ...here.ports, ledger }, request)).toMatchObject({ terminated: [] });
    expect(here.ids()).toContain(orphan);
  });

  it("stops, and reports it, if a machine's launch was never issued by this ledger", async () => {
    const here = sweeping();
    await here.spawn();
    await here.twin();
    await here.pass();
    const [machine] = here.adapter.machines;
    const foreign = { ...machine?.ownership, launchId: "f".repeat(32) };
    const openAdapter = () =>
      Promise.resolve({
        ...here.adapter,
        list: async (...parameters: Parameters<SubstrateAdapter["list"]>) => {
          const machines = await here.adapter.list(...parameters);
          return machines.map((one, index) =>
            index === 0 && one.ownership !== null
              ? { ...one, id: "foreign", ownership: { ...one.ownership, ...foreign } }
              : one,
          );
        },
      });
    for (const dryRun of [false, true])
      await expect(here.pass({ grace: 0, dryRun }, openAdapter)).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "LEDGER_RESTORED",
        metadata: { machines: ["foreign"] },
      });
    expect([here.ids().length, here.adapter.calls.terminate]).toEqual([2, 0]);
  });
});

describe("what machines left behind", () => {
  /** A spawn that has ended, and a volume of its launch. */
  async function withVolume(change: Partial<Leftover["ownership"]> = {}) {
    const here = sweeping();
    await here.spawn();
    const [machine] = here.adapter.machines;
    const ownership = machine?.ownership ?? null;
    if (ownership === null) throw new Error("the machine has an owner");
    const volume: Leftover = {
      id: "vol-1",
      kind: "volume",
      place: "engine-1",
      ownership: { ...ownership, ...change },
    };
    const removed: string[] = [];
    const list = vi.fn<LeftoverVerbs["list"]>(async () => (removed.length > 0 ? [] : [volume]));
    const remove = vi.fn<LeftoverVerbs["remove"]>(async (leftovers) => {
      removed.push(...leftovers.map(({ id }) => id));
      return leftovers.map(({ id }) => ({ id, outcome: "terminated" }));
    });
    const openAdapter = () => Promise.resolve({ ...here.adapter, leftovers: { list, remove } });
    const pass = (request: Partial<SweepRequest> = {}) => here.pass(request, openAdapter);
    return { ...here, pass, list, remove, removed };
  }

  it("is claimed while the spawn lives", async () => {
    const here = await withVolume();
    for (let pass = 0; pass < 3; pass += 1)
      expect(await here.pass({ grace: 0 })).toMatchObject({ claimed: 1, suspects: [] });
    expect(here.removed).toEqual([]);
  });

  it("is removed under the rules for machines once the spawn has ended", async () => {
    const here = await withVolume();
    await here.terminate();
    const volume = { id: "vol-1", kind: "volume", place: "engine-1" };
    expect(await here.pass()).toMatchObject({ scanned: 0, suspects: [volume], terminated: [] });
    await here.clock.advance(GRACE - 1);
    expect(await here.pass()).toMatchObject({ suspects: [volume], terminated: [] });
    await here.clock.advance(1);
    expect(await here.pass({ dryRun: true })).toMatchObject({ terminated: [volume] });
    expect(here.removed).toEqual([]);
    expect(await here.pass()).toMatchObject({ suspects: [], terminated: [volume] });
    expect(here.removed).toEqual(["vol-1"]);
    expect(await here.pass()).toMatchObject({ suspects: [], terminated: [] });
  });

  it("stays a suspect, with the reason, if its removal fails as a whole", async () => {
    const here = await withVolume();
    await here.terminate();
    await here.pass();
    here.remove.mockRejectedValueOnce(unreachable);
    expect(await here.pass({ grace: 0 })).toMatchObject({
      suspects: [{ id: "vol-1" }],
      terminated: [],
      skippedScopes: [{ error: unreachable }],
    });
  });

  it("of a launch that this ledger never issued shows that the ledger is an old copy", async () => {
    const here = await withVolume({ launchId: "f".repeat(32) });
    await here.terminate();
    await expect(here.pass({ grace: 0 })).rejects.toMatchObject({
      reason: "LEDGER_RESTORED",
      metadata: { machines: ["vol-1"] },
    });
    expect(here.removed).toEqual([]);
  });
});

describe("a dry run", () => {
  it("reports what would be done, and changes nothing", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    for (let pass = 0; pass < 2; pass += 1) {
      const report = await here.pass({ grace: 0, dryRun: true });
      expect(report).toMatchObject({ suspects: [{ id: orphan }], terminated: [] });
    }
    expect(await here.ledger.suspects("docker default")).toEqual([]);
    await here.pass();
    const known = await here.ledger.suspects("docker default");
    await here.clock.advance(GRACE);
    const report = await here.pass({ dryRun: true });
    expect(report).toMatchObject({ suspects: [], terminated: [{ id: orphan }] });
    expect(await here.ledger.suspects("docker default")).toEqual(known);
    expect(here.ids()).toContain(orphan);
    expect(here.adapter.calls.terminate).toBe(0);
  });
});

describe("a scope with a failure", () => {
  /** An engine with the orphan, beside one that fails. */
  async function twoScopes(broken: Partial<SubstrateAdapter>) {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    const elsewhere = { ...dockerTarget(), host: "unix:///b.sock" };
    const openAdapter: typeof here.ports.openAdapter = (target) =>
      Promise.resolve(
        target.substrate === "DOCKER" && target.host === null
          ? here.adapter
          : { ...here.adapter, ...broken },
      );
    const pass = () => here.pass({ grace: 0, targets: [elsewhere] }, openAdapter);
    return { ...here, orphan, pass };
  }

  it("is left alone if its listing fails between two pages; the others are swept", async () => {
    const list = () => Promise.reject(unreachable);
    const here = await twoScopes({ list });
    await here.pass();
    const report = await here.pass();
    expect(report.skippedScopes).toEqual([{ scope: "docker unix:///b.sock", error: unreachable }]);
    expect(report.terminated).toMatchObject([{ id: here.orphan, scope: "docker default" }]);
  });

  it("keeps its suspects, and loses no machine, while it cannot be listed completely", async () => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    await here.pass();
    const before = await here.ledger.suspects("docker default");
    here.adapter.fault({ verb: "list", kind: "throw", error: TROUBLE });
    const report = await here.pass({ grace: 0 });
    expect(report).toMatchObject({ scanned: 0, suspects: [], terminated: [] });
    expect(report.skippedScopes).toHaveLength(1);
    expect(await here.ledger.suspects("docker default")).toEqual(before);
    expect(here.ids()).toContain(orphan);
  });

  it("is reported once if it cannot even be opened", async () => {
    const here = sweeping();
    const targets = [here.plan.target, { ...dockerTarget(), network: "another" }];
    const openAdapter = () => Promise.reject(unreachable);
    const report = await here.pass({ targets }, openAdapter);
    expect(report.skippedScopes).toEqual([{ scope: "docker default", error: unreachable }]);
  });

  it.each([
    ["answers that it could not", "reject"],
    ["throws", "throw"],
  ] as const)("keeps the suspect if its termination %s", async (_, kind) => {
    const here = sweeping();
    await here.spawn();
    const orphan = await here.twin();
    await here.pass();
    here.adapter.fault({ verb: "terminate", kind, error: TROUBLE });
    const report = await here.pass({ grace: 0 });
    expect(report).toMatchObject({ suspects: [{ id: orphan }], terminated: [] });
    expect(report.skippedScopes).toMatchObject([{ scope: "docker default", error: {} }]);
    expect((await here.pass({ grace: 0 })).terminated).toMatchObject([{ id: orphan }]);
  });

  it("ends the sweep only if the sweep was aborted", async () => {
    const here = sweeping();
    await here.spawn();
    await expect(here.pass({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});

function dockerTarget() {
  const { target } = samplePlan();
  if (target.substrate !== "DOCKER") throw new Error("the sample plan is of Docker");
  return target;
}
