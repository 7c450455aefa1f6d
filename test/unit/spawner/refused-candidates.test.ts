import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLAST_RADII } from "../../../src/errors.ts";
import type { BlastRadius, ErrorReason, SlipwayErrorOptions } from "../../../src/errors.ts";
import { FULL_MILLISECONDS } from "../../../src/spawner/candidates.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import type { Spawn } from "../../../src/ledger/spawn-record.ts";
import type { FakeFault } from "../../../testing/substrate/fake-faults.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const CANDIDATES = (["spot", "on-demand"] as const).flatMap((market) =>
  ["zone-a", "zone-b"].map((place): Candidate => ({
    place,
    subnet: `subnet-of-${place}`,
    market,
    verdict: "eligible",
    reason: null,
  })),
);
const plan = samplePlan({ candidates: CANDIDATES });

/** The reasons of shortages, which later spawns avoid for some time. */
const REASONS: Readonly<Partial<Record<BlastRadius, ErrorReason>>> = {
  "type-in-zone": "INSUFFICIENT_CAPACITY",
  "type-in-market": "QUOTA_EXCEEDED",
  market: "QUOTA_EXCEEDED",
};

function refusal(blastRadius: BlastRadius): SlipwayErrorOptions {
  return {
    code: "RESOURCE_EXHAUSTED",
    reason: REASONS[blastRadius] ?? "CLOUD_REQUEST_REFUSED",
    message: `refused for its ${blastRadius}`,
    blastRadius,
    retry: "next-candidate",
  };
}

/** A fake with two zones that refuses the first launches for these reasons. */
function worldThatRefuses(...radii: readonly BlastRadius[]) {
  return worldWithRefusals(radii.map(refusal));
}

function worldWithRefusals(errors: readonly SlipwayErrorOptions[]) {
  const faults = errors.map((error): FakeFault => ({ verb: "launch", kind: "reject", error }));
  return spawnerWorld({ places: [{ place: "zone-a" }, { place: "zone-b" }], faults });
}

async function launchesOf(here: ReturnType<typeof spawnerWorld>, spawnId = KEY.spawnId) {
  const driven = await here.ledger.find({ ...KEY, spawnId });
  return (driven?.launches ?? []).map(({ candidate }) => candidate);
}

describe("a refusal", () => {
  it("of a market leaves the other market's candidates", async () => {
    const here = worldThatRefuses("market");
    const spawn = await here.spawn({ plan });
    expect(spawn).toMatchObject({ state: "running", error: null });
    expect(await launchesOf(here)).toEqual([0, 2]);
  });

  it("still counts after a later refusal of another scope", async () => {
    const here = worldThatRefuses("market", "place");
    expect(await here.spawn({ plan })).toMatchObject({ state: "running" });
    expect(await launchesOf(here)).toEqual([0, 2, 3]);
  });

  it("fails the spawn when it leaves no candidate", async () => {
    const here = worldThatRefuses("market", "market");
    const spawn: Spawn = await here.spawn({ plan });
    expect(spawn).toMatchObject({
      state: "failed",
      error: { message: "refused for its market", blastRadius: "market" },
    });
    expect(await launchesOf(here)).toEqual([0, 2]);
  });

  it("of the account leaves nothing to try", async () => {
    const here = worldThatRefuses("account");
    expect(await here.spawn({ plan })).toMatchObject({ state: "failed" });
    expect(await launchesOf(here)).toEqual([0]);
  });

  it("of a market makes other spawns try that market last for some time", async () => {
    const here = worldThatRefuses("market");
    await here.spawn({ plan });
    await here.spawn({ plan, spawnId: "two" });
    expect(await launchesOf(here, "two")).toEqual([2]);
    await here.clock.advance(FULL_MILLISECONDS);
    await here.spawn({ plan, spawnId: "three" });
    expect(await launchesOf(here, "three")).toEqual([0]);
  });
});

describe("what later spawns avoid for some time", () => {
  const subnets = ["subnet-1", "subnet-2"].flatMap((subnet) =>
    (["spot", "on-demand"] as const).map((market): Candidate => ({
      place: "zone-a",
      subnet,
      market,
      verdict: "eligible",
      reason: null,
    })),
  );
  const split = samplePlan({ candidates: subnets });
  // Each spawn after the first shows which candidate it prefers.
  const preferredAfter = async (error: SlipwayErrorOptions) => {
    const faults: FakeFault[] = [{ verb: "launch", kind: "reject", error }];
    const here = spawnerWorld({ places: [{ place: "zone-a" }], faults });
    await here.spawn({ plan: split });
    await here.spawn({ plan: split, spawnId: "two" });
    return (await launchesOf(here, "two"))[0];
  };

  it.each([
    ["SUBNET_FULL", "place", 2],
    ["QUOTA_EXCEEDED", "type-in-market", 1],
    ["INSUFFICIENT_CAPACITY", "type-in-zone", 1],
    ["SUBNET_NOT_FOUND", "place", 0],
    ["CLOUD_REQUEST_REFUSED", "type-in-market", 0],
  ] as const)("after %s of radius %s is what it is about", async (reason, blastRadius, first) => {
    expect(await preferredAfter({ ...refusal(blastRadius), reason })).toBe(first);
  });
});

describe("a refusal of one of several machine types", () => {
  const several = samplePlan({
    candidates: ["m7i.large", "m6i.large"].flatMap((machineType) =>
      CANDIDATES.map((one) => ({ ...one, machineType })),
    ),
  });

  it("leaves the candidates of the other type, with the type of each attempt", async () => {
    const here = worldThatRefuses("type-in-zone", "type-in-market");
    const spawn = await here.spawn({ plan: several });
    expect(await launchesOf(here)).toEqual([0, 1, 2]);
    expect(
      spawn.attempts.map(({ place, machineType, reason }) => [place, machineType, reason]),
    ).toEqual([
      ["zone-a", "m7i.large", "INSUFFICIENT_CAPACITY"],
      ["zone-b", "m7i.large", "QUOTA_EXCEEDED"],
      ["zone-a", "m7i.large", null],
    ]);
  });

  it("makes other spawns try that type last for some time", async () => {
    const here = worldThatRefuses("type-in-market");
    await here.spawn({ plan: several });
    await here.spawn({ plan: several, spawnId: "two" });
    expect(await launchesOf(here, "two")).toEqual([2]);
    const onDemand = { candidates: several.candidates.filter(({ market }) => market === "spot") };
    await here.spawn({ plan: samplePlan(onDemand), spawnId: "three" });
    expect(await launchesOf(here, "three")).toEqual([2]);
    await here.clock.advance(FULL_MILLISECONDS);
    await here.spawn({ plan: several, spawnId: "four" });
    expect(await launchesOf(here, "four")).toEqual([0]);
  });

  it("says which type is launched next", async () => {
    const here = worldThatRefuses("type-in-market", "type-in-market");
    await here.spawn({ plan: several });
    expect(await launchesOf(here)).toEqual([0, 2, 4]);
    const events = (await here.ledger.describe(KEY))?.events ?? [];
    expect(events.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "launch 1 of m7i.large in zone-a",
        expect.stringMatching(/; launching m7i\.large on engine zone-a on demand$/),
        expect.stringMatching(/; launching m6i\.large on engine zone-a on the spot market$/),
      ]),
    );
  });
});

/** An independent model of what each scope covers. */
function isAbout(radius: BlastRadius, refused: Candidate, other: Candidate): boolean {
  const [zone, subnet, market, type] = (["place", "subnet", "market", "machineType"] as const).map(
    (name) => refused[name] === other[name],
  );
  switch (radius) {
    case "launch":
    case "request":
      return false;
    case "place":
      return zone === true && subnet === true;
    case "type-in-zone":
      return zone === true && market === true && type === true;
    case "zone":
      return zone === true;
    case "type-in-market":
      return market === true && type === true;
    case "market":
      return market === true;
    case "region":
    case "account":
    case "credential":
    case "image":
      return true;
  }
}

const layout = fc.uniqueArray(
  fc.record({
    place: fc.constantFrom("zone-a", "zone-b"),
    subnet: fc.constantFrom("subnet-1", "subnet-2"),
    market: fc.constantFrom("spot" as const, "on-demand" as const),
    machineType: fc.constantFrom("small", "large"),
    verdict: fc.constantFrom("eligible" as const, "eligible" as const, "rejected" as const),
    reason: fc.constant(null),
  }),
  {
    minLength: 1,
    selector: (one) => [one.place, one.subnet, one.market, one.machineType].join(" "),
  },
);

it("tries exactly the candidates that no refusal so far is about, in the plan's order", async () => {
  const refusals = fc.array(fc.constantFrom(...BLAST_RADII), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(layout, refusals, async (candidates, radii) => {
      fc.pre(candidates.some(({ verdict }) => verdict === "eligible"));
      const expected: number[] = [];
      const isOpen = (index: number): boolean =>
        candidates[index]?.verdict === "eligible" &&
        expected.every((tried, at) => {
          const [refused, other, radius] = [candidates[tried], candidates[index], radii[at]];
          if (refused === undefined || other === undefined || radius === undefined) return false;
          return (tried !== index || radius === "launch") && !isAbout(radius, refused, other);
        });
      for (;;) {
        const open = [...candidates.keys()].filter(isOpen);
        const next = open.find((index) => !expected.includes(index)) ?? open[0];
        if (next === undefined) break;
        expected.push(next);
      }
      // A shortage would put the candidates that share a supply last.
      const reason = "CLOUD_REQUEST_REFUSED";
      const here = worldWithRefusals(radii.map((radius) => ({ ...refusal(radius), reason })));
      const spawn = await here.spawn({ plan: samplePlan({ candidates }) });
      expect(await launchesOf(here)).toEqual(expected);
      expect(spawn.state).toBe(expected.length > radii.length ? "running" : "failed");
    }),
  );
});

describe("a host that fails while it starts a machine", () => {
  it("leaves the other candidates, and its machine is removed", async () => {
    const places = [{ place: "zone-a" }, { place: "zone-b" }];
    const here = spawnerWorld({ places, bootMilliseconds: 1_000 });
    const message = "Server.InternalError: Internal error on launch";
    const end = { exitCode: null, message, reason: "CLOUD_UNAVAILABLE" } as const;
    const openAdapter: SpawnerPorts["openAdapter"] = () =>
      Promise.resolve({
        ...here.adapter,
        describe: async (...parameters) => {
          const machines = await here.adapter.describe(...parameters);
          return machines.map((machine) =>
            machine === null || machine === "unknown" || machine.place !== "zone-a"
              ? machine
              : { ...machine, state: "ended" as const, end },
          );
        },
      });
    const candidates = CANDIDATES.filter(({ market }) => market === "on-demand");
    const spawn = await here.spawnElsewhere({ openAdapter }, { plan: samplePlan({ candidates }) });
    expect(spawn).toMatchObject({
      state: "running",
      machine: { place: "zone-b" },
      attempts: [{ outcome: "rejected", reason: "CLOUD_UNAVAILABLE" }, { outcome: "accepted" }],
    });
    expect(here.adapter.machines).toHaveLength(1);
  });
});
