import { describe, expect, it } from "vitest";
import type { ClaimVerdict, Ledger } from "../../../src/ledger/ledger.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { begin, found, launchOf, machineOf, newSpawn, plan, stepped, take } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

const accepted = { outcome: "accepted", reason: null } as const;
const rejected = { outcome: "rejected", reason: "QUOTA_EXCEEDED" } as const;
const unknown = { outcome: "unknown", reason: null } as const;
const booted = { to: "booting", machine: machineOf("m"), answer: accepted } as const;

/** A record in some state, and the verdicts for its own machine and for a second machine of the same launch. */
interface ClaimCase {
  readonly what: string;
  readonly bring: (ledger: Ledger) => Promise<unknown>;
  readonly own: ClaimVerdict;
  readonly twin: ClaimVerdict;
}

const CASES: readonly ClaimCase[] = [
  {
    what: "launching, without an answer yet",
    bring: () => Promise.resolve(),
    own: "claimed",
    twin: "claimed",
  },
  {
    what: "launching, with a lost answer",
    bring: (ledger) => stepped(ledger, { to: "launching", answer: unknown }),
    own: "claimed",
    twin: "claimed",
  },
  {
    what: "launching elsewhere after a rejection",
    bring: (ledger) =>
      stepped(ledger, { to: "launching", answer: rejected, launch: launchOf("b", 1) }),
    own: "orphan",
    twin: "orphan",
  },
  { what: "booting", bring: (ledger) => stepped(ledger, booted), own: "claimed", twin: "orphan" },
  {
    what: "booting, and launching elsewhere once the machine is gone",
    bring: (ledger) => stepped(ledger, { ...booted, answer: rejected }),
    own: "claimed",
    twin: "orphan",
  },
  {
    what: "running",
    bring: (ledger) => stepped(ledger, { ...booted, to: "running" }),
    own: "claimed",
    twin: "orphan",
  },
  {
    what: "terminating with a machine",
    bring: async (ledger) => {
      await stepped(ledger, booted);
      await stepped(ledger, { to: "terminating" });
    },
    own: "claimed",
    twin: "orphan",
  },
  {
    what: "terminating before an answer",
    bring: (ledger) => stepped(ledger, { to: "terminating", answer: unknown }),
    own: "claimed",
    twin: "claimed",
  },
  {
    what: "terminated",
    bring: async (ledger) => {
      await stepped(ledger, booted);
      await stepped(ledger, { to: "terminated" });
    },
    own: "orphan",
    twin: "orphan",
  },
  {
    what: "failed",
    bring: (ledger) => stepped(ledger, { to: "failed", answer: rejected }),
    own: "orphan",
    twin: "orphan",
  },
  {
    what: "terminated with an unsettled launch",
    bring: async (ledger) => {
      await stepped(ledger, { to: "terminating", answer: unknown });
      await stepped(ledger, { to: "terminated" });
    },
    own: "orphan",
    twin: "orphan",
  },
];

export function describeClaims(open: OpenLedger): void {
  describe("judge", () => {
    it.each(CASES)("reports the claims of a spawn that is $what", async (one) => {
      await using subject = await open();
      await begin(subject.ledger);
      await one.bring(subject.ledger);
      const verdicts = await subject.ledger.judge([found("m", "a"), found("twin", "a")]);
      expect(verdicts).toEqual([one.own, one.twin]);
    });

    it.each(CASES)("reports the claims on what a machine left behind: $what", async (one) => {
      await using subject = await open();
      await begin(subject.ledger);
      await one.bring(subject.ledger);
      const left = (["volume", "network-interface"] as const).map((kind) =>
        found(kind, "a", { kind }),
      );
      const isEnded = /^(?:terminated|failed)/.test(one.what);
      const verdict = isEnded ? "orphan" : "claimed";
      expect(await subject.ledger.judge(left)).toEqual([verdict, verdict]);
    });

    it("covers the launches of every tenant and no others, in the order of the machines", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger, newSpawn({ tenant: "acme", launch: launchOf("c") }));
      await begin(ledger);
      await stepped(ledger, { to: "running", machine: machineOf("m"), answer: accepted });
      const machines = [found("x", "f"), found("m", "a"), found("n", "c"), found("t", "a")];
      expect(await ledger.judge(machines)).toEqual(["foreign", "claimed", "claimed", "orphan"]);
      expect(await ledger.judge([])).toEqual([]);
    });

    it.each(["", "g", "A".repeat(32), "%", "_".repeat(32), "a".repeat(65), "\u{10ffff}"])(
      "reports the launch id %j as foreign",
      async (launchId) => {
        await using subject = await open();
        await begin(subject.ledger);
        const machine = { ...found("m", "a"), launchId };
        expect(await subject.ledger.judge([machine])).toEqual(["foreign"]);
      },
    );

    it("uses the launch id on the machine, even if a spawn records the machine's id", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      await stepped(ledger, { to: "running", machine: machineOf("m"), answer: accepted });
      await begin(ledger, newSpawn({ spawnId: "two", launch: launchOf("b") }));
      await take(ledger, { spawnId: "two", to: "failed", lease: "release" });
      expect(await ledger.judge([found("m", "b")])).toEqual(["orphan"]);
    });
  });

  describe("targets", () => {
    it("are listed once each, for all tenants, in a fixed order", async () => {
      await using subject = await open();
      const { ledger } = subject;
      expect(await ledger.targets()).toEqual([]);
      const other = samplePlan({ target: { ...dockerTarget(), host: "unix:///b.sock" } });
      await begin(ledger);
      await begin(ledger, newSpawn({ spawnId: "two", tenant: "acme", plan: other }));
      await begin(ledger, newSpawn({ spawnId: "three" }));
      expect(await ledger.targets()).toEqual([other.target, plan.target]);
    });
  });
}

function dockerTarget() {
  const { target } = plan;
  if (target.substrate !== "DOCKER") throw new Error("the sample plan is of Docker");
  return target;
}

export function describeSuspects(open: OpenLedger): void {
  describe("suspects", () => {
    it("keep the time of the first observation", async () => {
      await using subject = await open();
      const { ledger } = subject;
      expect(await ledger.suspects("here")).toEqual([]);
      const first = [{ id: "m", place: "engine-1", since: 100 }];
      expect(await ledger.suspect("here", [found("m", "a")], 100)).toEqual(first);
      const both = [...first, { id: "k", place: "engine-1", since: 200 }];
      const again = await ledger.suspect("here", [found("k", "b"), found("m", "a")], 200);
      expect(again).toEqual(both);
      expect(await ledger.suspects("here")).toEqual(both);
    });

    it("are dropped when they are not observed again, and start over", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.suspect("here", [found("m", "a"), found("k", "a")], 100);
      await ledger.suspect("here", [found("k", "a")], 200);
      expect((await ledger.suspects("here")).map(({ id }) => id)).toEqual(["k"]);
      await ledger.suspect("here", [found("m", "a")], 300);
      expect(await ledger.suspects("here")).toEqual([{ id: "m", place: "engine-1", since: 300 }]);
      expect(await ledger.suspect("here", [], 400)).toEqual([]);
    });

    it("belong to their scope only", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.suspect("here", [found("m", "a")], 100);
      await ledger.suspect("there", [found("m", "a", { place: "zone-b" })], 200);
      await ledger.suspect("there", [], 300);
      expect(await ledger.suspects("here")).toEqual([{ id: "m", place: "engine-1", since: 100 }]);
      expect(await ledger.suspects("there")).toEqual([]);
    });
  });
}
