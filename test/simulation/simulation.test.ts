import { describe, expect, it } from "vitest";
import { ledgerOfSeed, playQuickly, playWithStory, runSeeds } from "./many.ts";
import { mayBeLost } from "../../src/ledger/ledger-steps.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import { inputOf } from "../../src/ledger/spawn-input.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import { runScale } from "./scale/scale.ts";
import type { PoweredLedger } from "./powered-ledger.ts";
import { runSeed } from "./simulate.ts";
import type { SeedOptions } from "./simulate.ts";
import { storyPage } from "./story.ts";

const PATIENCE = 120_000;

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_one, index) => first + index);
}

/** The story of the first failing seed, for the test report. */
async function storiesOf(failed: readonly number[]): Promise<string> {
  const [first] = failed;
  return first === undefined ? "" : storyPage(await playWithStory(first));
}

describe("the simulated spawner", () => {
  it(
    "keeps every guarantee in thousands of seeds",
    async () => {
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      const tally = await runSeeds(seedsFrom(1, 2_500), playQuickly).finally(() => {
        Error.stackTraceLimit = limit;
      });
      expect(await storiesOf(tally.failed)).toBe("");
      // Verify that the intended events occur.
      const { counts } = tally;
      expect(counts.running).toBeGreaterThan(1_000);
      expect(counts.failed).toBeGreaterThan(100);
      expect(counts.terminated).toBeGreaterThan(100);
      expect(counts.deaths).toBeGreaterThan(1_000);
      expect(counts.powerCuts).toBeGreaterThan(300);
      expect(counts.lostSteps).toBeGreaterThan(50);
      expect(counts.sweptMachines).toBeGreaterThan(20);
      expect(counts.prunedSpawns).toBeGreaterThan(100);
      expect(counts.launches).toBeGreaterThan(counts.spawns + 100);
      expect(counts.batches).toBeGreaterThan(200);
    },
    PATIENCE,
  );

  // Rare accidents after a prune: a stalled process, an id that is used again, its token or its fence.
  it.each([4_969, 7_869, 8_139, 8_719])("keeps them in seed %i, which prunes", async (seed) => {
    const { violations, counts } = await playQuickly(seed);
    expect(violations).toEqual([]);
    expect(counts.prunedSpawns).toBeGreaterThan(0);
  });

  it("runs some of the seeds on SQLite", () => {
    const ledgers = seedsFrom(1, 100).map(ledgerOfSeed);
    expect(ledgers.filter((ledger) => ledger === "sqlite")).toHaveLength(2);
  });

  it("has the same story for the same seed with either ledger", async () => {
    for (const seed of seedsFrom(7_000, 10)) {
      const { story } = await runSeed(seed, { ledger: "memory", story: true });
      expect(story.length).toBeGreaterThan(3);
      expect((await runSeed(seed, { ledger: "memory", story: true })).story).toEqual(story);
      expect((await runSeed(seed, { ledger: "sqlite", story: true })).story).toEqual(story);
    }
  });

  it("has different stories for different seeds", async () => {
    const stories = await Promise.all(
      [1, 2].map(async (seed) => (await playWithStory(seed)).story),
    );
    expect(stories[0]).not.toEqual(stories[1]);
  });
});

describe("bursts in many accounts at once", () => {
  it("get one machine per spawn without exceeding the rates of exclusive accounts", async () => {
    const options = { seed: 1, spawns: 1_200, accounts: 3, regions: 1, processes: 3 };
    const { violations, states, calls } = await runScale(options);
    expect(violations).toEqual([]);
    const [running = 0, failed = 0] = [states.get("running"), states.get("failed")];
    expect(running + failed).toBe(1_200);
    expect(running).toBeGreaterThan(1_000);
    expect([...calls.throttled]).toEqual([]);
  });
});

const INPUT_RULES = [
  "a machine gets the input of its own spawn",
  "a launch is repeated with the same content",
];

describe("the auditor detects", () => {
  /** Runs seeds until one breaks a guarantee with this ledger. */
  async function firstBroken(
    sabotage: (ledger: PoweredLedger) => PoweredLedger,
    options: Pick<SeedOptions, "isLight"> = {},
  ) {
    for (const seed of seedsFrom(1, 2_000)) {
      const result = await runSeed(seed, { ledger: "memory", story: true, sabotage, ...options });
      if (result.violations.length > 0) return result;
    }
    return null;
  }

  it("a ledger that accepts steps of a worker without a lease", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      take: async (steps, spent) => {
        const careless = steps.map(async (step) => {
          const found = await ledger.find(step);
          const lease = { ...step.before.lease, ...found?.lease };
          return { ...step, before: { ...step.before, lease } };
        });
        return await ledger.take(await Promise.all(careless), spent);
      },
    }));
    expect(broken?.violations[0]?.rule).toBe("no step by a worker that has lost its lease");
  });

  it("a ledger that records a token other than that of the launch", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      begin: async (spawns, spent) => {
        const forged = spawns.map((spawn) => ({
          ...spawn,
          launch: { ...spawn.launch, token: "f".repeat(64) },
        }));
        return await ledger.begin(forged, spent);
      },
    }));
    expect(broken?.violations[0]?.rule).toBe("the intent is recorded before the request");
  });

  /** A ledger that returns other candidates to a process that takes a spawn over. */
  function withOtherCandidates(
    ledger: PoweredLedger,
    change: (candidates: readonly Candidate[]) => readonly Candidate[],
  ): PoweredLedger {
    return {
      ...ledger,
      find: async (key) => {
        const found = await ledger.find(key);
        if (found === null) return null;
        const { plan } = found;
        return { ...found, plan: { ...plan, candidates: change(plan.candidates) } };
      },
    };
  }

  it("a launch that is repeated with another machine type", async () => {
    const broken = await firstBroken((ledger) =>
      withOtherCandidates(ledger, (candidates) =>
        candidates.map((one) =>
          one.machineType === undefined ? one : { ...one, machineType: "other" },
        ),
      ),
    );
    expect(broken?.violations[0]?.rule).toBe("the intent is recorded before the request");
  });

  it("a spawn that gives up before its last machine type", async () => {
    const broken = await firstBroken((ledger) =>
      withOtherCandidates(ledger, (candidates) =>
        candidates.map((one) =>
          one.machineType === candidates[0]?.machineType
            ? one
            : { ...one, verdict: "rejected", reason: "another type" },
        ),
      ),
    );
    expect(broken?.violations[0]?.rule).toBe("a refusal ends only the candidates that it is about");
  });

  it("a launch that is repeated with another token after a power cut", async () => {
    const broken = await firstBroken((ledger) => {
      let isAfterCut = false;
      return {
        ...ledger,
        cutPower: async (random) => {
          isAfterCut = true;
          return await ledger.cutPower(random);
        },
        claim: async (claim) => {
          const claimed = await ledger.claim(claim);
          if (claimed === null || !isAfterCut) return claimed;
          const launches = claimed.launches.map((launch) =>
            launch.outcome === "unknown" ? { ...launch, token: "f".repeat(64) } : launch,
          );
          return { ...claimed, launches };
        },
      };
    });
    const rules = ["the intent is recorded before the request", "a launch is repeated as a whole"];
    expect(rules).toContain(broken?.violations[0]?.rule);
    expect(broken?.counts.powerCuts).toBe(1);
  });

  it.each([
    ["a termination", "terminated"],
    ["a failure", "failed"],
    ["a termination that was requested", "terminating"],
  ])("a power cut that undoes %s", async (_what, state) => {
    const broken = await firstBroken((ledger) => ledger, {
      isLight: (step) => mayBeLost(step) || step.to === state,
    });
    expect(broken?.violations[0]?.rule).toBe("a power cut undoes acceptances only");
  });

  it("a ledger that widens the scope of earlier refusals", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      claim: async (claim) => {
        const claimed = await ledger.claim(claim);
        const launches = claimed?.launches.map((launch) =>
          launch.outcome === "rejected" ? { ...launch, blastRadius: "account" as const } : launch,
        );
        return claimed && { ...claimed, launches: launches ?? [] };
      },
    }));
    expect(broken?.violations[0]?.rule).toBe("a refusal ends only the candidates that it is about");
  });

  it("a ledger that backdates every suspicion", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      suspect: async (scope, machines) => await ledger.suspect(scope, machines, 0),
    }));
    expect(broken?.violations[0]?.rule).toBe(
      "a sweep terminates only suspects older than the grace period",
    );
  });

  it("a ledger that reports every machine as an orphan", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      judge: async (machines) => machines.map(() => "orphan"),
    }));
    expect(broken?.violations[0]?.rule).toBe("no machine is terminated that its spawn keeps");
    if (broken === null) return;
    const page = storyPage(broken);
    expect(page).toContain(`seed ${broken.seed}, memory ledger`);
    expect(page).toContain("VIOLATED");
    expect(page.split("\n").length).toBeLessThan(80);
  });

  it("a ledger that backdates every machine", async () => {
    const old = "2020-01-01T00:00:00.000Z";
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      claim: async (claim) => {
        const claimed = await ledger.claim(claim);
        return claimed && { ...claimed, spawn: { ...claimed.spawn, updatedAt: old } };
      },
    }));
    expect(broken?.violations[0]?.rule).toBe("no live machine is given up");
  });

  it("a ledger that mixes up the inputs of a launch's members", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      members: async (token) => {
        const members = await ledger.members(token);
        return members.map((member, index) => ({
          ...member,
          ...inputOf(members[(index + 1) % members.length] ?? member),
        }));
      },
    }));
    expect(INPUT_RULES).toContain(broken?.violations[0]?.rule);
  });

  it("a ledger that forgets the input of a spawn", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      begin: async (spawns, spent) =>
        await ledger.begin(
          spawns.map((spawn) => ({ ...spawn, own: NO_INPUT })),
          spent,
        ),
    }));
    expect(INPUT_RULES).toContain(broken?.violations[0]?.rule);
  });

  it("a ledger with a read that never completes", async () => {
    const broken = await firstBroken((ledger) => ({
      ...ledger,
      unfinished: () => new Promise(() => undefined),
    }));
    expect(broken?.violations[0]?.rule).toBe("every wait is bounded");
  });
});
