import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { RetryVerdict } from "../../../src/errors.ts";
import { beginRecord, claimRecord, takeStep } from "../../../src/ledger/ledger-steps.ts";
import type { PlannedLaunch, SpawnRecord } from "../../../src/ledger/ledger.ts";
import { progressOf, react } from "../../../src/spawner/state-machine.ts";
import type { Command, SpawnEvent } from "../../../src/spawner/state-machine.ts";
import { isFinished } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

const PLAN = samplePlan();
const AT = "2026-11-22T04:00:00.000Z";

function error(retry: RetryVerdict): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "INSUFFICIENT_CAPACITY",
    message: `told ${retry}`,
    retry,
  });
}

function machine(id: string) {
  const addresses = { private: null, public: null };
  return { id, place: "engine-1", architecture: "amd64", addresses, ports: [] };
}

/** The next answer of a provider or action of a person, as a number that the property picks. */
type Choice = { readonly roll: number; readonly retry: RetryVerdict };

const choice: fc.Arbitrary<Choice> = fc.record({
  roll: fc.integer({ min: 0, max: 99 }),
  retry: fc.constantFrom<RetryVerdict>("same-token", "next-candidate", "never"),
});

/** A spawn, the launches that were begun for it, and a provider that is as contrary as the choices say. */
function world(places: number) {
  const launch = (candidate: number) => ({
    candidate,
    place: `zone-${candidate}`,
    machineType: "m7i.large",
    token: `token-${candidate}`,
    member: 0,
  });
  let standing: SpawnRecord = beginRecord(
    {
      tenant: "default",
      spawnId: "one",
      plan: PLAN,
      own: NO_INPUT,
      launch: launch(0),
      worker: "worker",
      leaseUntil: 0,
      at: AT,
    },
    0,
  );
  const unsettled = (): boolean => {
    const outcome = standing.launches.at(-1)?.outcome;
    return outcome === null || outcome === "unknown";
  };
  const next = (): PlannedLaunch | null => {
    const tried = standing.launches.length;
    return tried < places ? launch(tried) : null;
  };
  return {
    get standing() {
      return standing;
    },
    unsettled,
    next,
    crash() {
      const claim = { tenant: "default", spawnId: "one", worker: "other", until: 0 };
      const claimed = claimRecord(standing, { ...claim, fence: standing.lease.fence });
      if (claimed === null) throw new Error("nobody else claims it");
      standing = claimed;
    },
    tell(event: SpawnEvent): Command {
      const { change, command } = react(progressOf({ ...standing, plan: PLAN }), event);
      if (change === null) return command;
      const wasUnsettled = unsettled();
      const { launch: planned, ...rest } = change;
      const after = takeStep({
        ...rest,
        ...(planned === undefined ? {} : { launch: launch(planned.candidate) }),
        tenant: "default",
        spawnId: "one",
        before: standing,
        at: AT,
        lease: 0,
      });
      if (after === null)
        throw new Error(`${standing.spawn.state} does not allow ${JSON.stringify(change)}`);
      // The most important rule: a launch begins only when the one before it is settled, at the latest with it.
      if (change.launch !== undefined && wasUnsettled)
        expect(change.answer?.outcome).toBe("rejected");
      standing = after;
      return command;
    },
  };
}

function answer(
  command: Command,
  { roll, retry }: Choice,
  here: ReturnType<typeof world>,
): SpawnEvent {
  const next = retry === "next-candidate" ? here.next() : null;
  const refusal = error(retry);
  if (roll < 6) return { kind: "stop", message: "enough" };
  if (roll < 10) return { kind: "out-of-time", error: refusal };
  switch (command.do) {
    case "launch":
      if (roll < 40) return { kind: "accepted", machine: machine("m"), running: roll < 20 };
      if (roll < 70) return { kind: "lost", error: refusal };
      return { kind: "refused", error: refusal, next };
    case "settle": {
      if (roll < 50) return { kind: "accepted", machine: machine("m"), running: false };
      const settled = command.refusal ?? error("never");
      const elsewhere = settled.retry === "next-candidate" ? here.next() : null;
      return { kind: "absent", error: settled, next: elsewhere };
    }
    case "observe":
      if (roll < 50) return { kind: "running", machine: machine("m") };
      return { kind: "ended", error: refusal, next };
    case "remove":
      return { kind: "removed", next: here.next() };
    case "rest":
    case "leave":
      return { kind: "taken-up" };
  }
}

/** A spawn in a world that answers as chosen; throws if a launch begins too early. */
function drive(choices: readonly Choice[]): void {
  const here = world(3);
  let command = here.tell({ kind: "taken-up" });
  for (const one of choices) {
    if (one.roll >= 90) {
      here.crash();
      command = here.tell({ kind: "taken-up" });
    } else command = here.tell(answer(command, one, here));
  }
}

describe("react", () => {
  it("begins no launch while an earlier one is unsettled, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 40 }), (choices) => {
        expect(() => drive(choices)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it("never ends a spawn as failed or terminated while its launch may have a machine", () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 40 }), (choices) => {
        const here = world(3);
        let command = here.tell({ kind: "taken-up" });
        for (const one of choices) {
          const event = answer(command, one, here);
          command = here.tell(event);
          const { spawn } = here.standing;
          expect(isFinished(spawn.state) && here.unsettled()).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends once the provider answers unambiguously and no other process interferes", () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 40 }), (choices) => {
        const here = world(3);
        let command = here.tell({ kind: "taken-up" });
        for (const one of choices) command = here.tell(answer(command, one, here));
        here.crash();
        command = here.tell({ kind: "taken-up" });
        for (let steps = 0; command.do !== "rest"; steps += 1) {
          expect(steps).toBeLessThan(10);
          command = here.tell(answer(command, { roll: 15, retry: "never" }, here));
        }
        expect(["running", "terminated", "failed"]).toContain(here.standing.spawn.state);
      }),
      { numRuns: 2_000 },
    );
  });

  it("accepts a refusal at once if no answer was lost, and looks up the machine if one was", () => {
    const plain = world(2);
    plain.tell({ kind: "taken-up" });
    expect(plain.tell({ kind: "refused", error: error("never"), next: null })).toEqual({
      do: "rest",
    });
    expect(plain.standing.spawn.state).toBe("failed");
    const doubtful = world(2);
    doubtful.tell({ kind: "lost", error: error("same-token") });
    const refusal = error("next-candidate");
    const told = doubtful.tell({ kind: "refused", error: refusal, next: doubtful.next() });
    expect(told).toEqual({ do: "settle", refusal });
    expect(doubtful.standing.launches).toHaveLength(1);
  });

  it("goes to the next place only for errors that another place may cure", () => {
    const throttled = world(2);
    const again = error("same-token");
    expect(throttled.tell({ kind: "refused", error: again, next: null })).toEqual({
      do: "launch",
      again,
    });
    const full = world(2);
    full.tell({ kind: "refused", error: error("next-candidate"), next: full.next() });
    expect(full.standing.launches).toMatchObject([{ outcome: "rejected" }, { outcome: null }]);
    const quota = world(2);
    quota.tell({ kind: "refused", error: error("never"), next: quota.next() });
    expect(quota.standing.spawn.state).toBe("failed");
  });

  it("fails a launch that was only throttled when time is up, and leaves one whose answer was lost", () => {
    const throttled = world(1);
    throttled.tell({ kind: "refused", error: error("same-token"), next: null });
    throttled.tell({ kind: "out-of-time", error: error("same-token") });
    expect(throttled.standing.spawn.state).toBe("failed");
    const lost = world(1);
    lost.tell({ kind: "lost", error: error("same-token") });
    expect(lost.tell({ kind: "out-of-time", error: error("same-token") }).do).toBe("leave");
    expect(lost.standing.spawn.state).toBe("launching");
  });

  it("removes a machine that ended for lack of capacity, and tries elsewhere with a clean record", () => {
    const here = world(2);
    here.tell({ kind: "accepted", machine: machine("m"), running: false });
    const command = here.tell({ kind: "ended", error: error("next-candidate"), next: here.next() });
    expect(command).toEqual({ do: "remove", machineId: "m" });
    here.crash();
    expect(here.tell({ kind: "taken-up" })).toEqual(command);
    here.tell({ kind: "removed", next: here.next() });
    expect(here.standing.spawn).toMatchObject({ state: "launching", machine: null, error: null });
    expect(here.standing.launches).toMatchObject([{ outcome: "rejected" }, { outcome: null }]);
  });
});
