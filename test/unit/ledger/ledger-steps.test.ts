import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/ledger/ledger.ts";
import { beginRecord, mayBeLost, takeStep } from "../../../src/ledger/ledger-steps.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import { spawnErrorOf } from "../../support/spawn-error-of.ts";

const AT = "2026-01-01T00:00:00.000Z";
const KEY = { tenant: "default", spawnId: "one" };
const LAUNCH = {
  candidate: 0,
  place: "engine-1",
  machineType: "unlimited",
  token: "a".repeat(64),
  member: 0,
};
const MACHINE = {
  id: "m-1",
  place: "engine-1",
  architecture: "amd64",
  addresses: { private: null, public: null },
  ports: [],
};
const ACCEPTED = { outcome: "accepted", reason: null } as const;
const REJECTED = { outcome: "rejected", reason: "INSUFFICIENT_CAPACITY" } as const;

function step(changes: Partial<Step>): Step {
  const before = beginRecord(
    {
      ...KEY,
      plan: samplePlan(),
      own: NO_INPUT,
      launch: LAUNCH,
      worker: "d",
      leaseUntil: 1,
      at: AT,
    },
    0,
  );
  return { ...KEY, before, to: "booting", message: "", at: AT, lease: 1, ...changes };
}

describe("a reading of a machine without its settings", () => {
  const SETTINGS = { shm_size: 1 };
  const recorded = takeStep(step({ machine: { ...MACHINE, settings: SETTINGS } }));

  it.each([
    ["keeps those of the same machine", MACHINE.id, SETTINGS],
    ["takes none of another machine", "m-2", undefined],
  ])("%s", (_what, id, settings) => {
    const before = recorded ?? step({}).before;
    const later = takeStep(step({ before, to: "running", machine: { ...MACHINE, id } }));
    expect([later?.spawn.machine?.id, later?.spawn.machine?.settings]).toEqual([id, settings]);
  });
});

describe("a step that may be lost in a power cut", () => {
  it.each<readonly [string, Partial<Step>]>([
    ["the acceptance of a machine that boots", { machine: MACHINE, answer: ACCEPTED }],
    [
      "the acceptance of a machine that runs",
      { to: "running", machine: MACHINE, answer: ACCEPTED, lease: "release" },
    ],
  ])("is %s", (_what, changes) => {
    expect(mayBeLost(step(changes))).toBe(true);
  });

  it.each<readonly [string, Partial<Step>]>([
    ["a machine that was seen running", { to: "running", machine: MACHINE }],
    ["an answer that was lost", { to: "launching", answer: { outcome: "unknown", reason: null } }],
    ["a refusal", { to: "failed", answer: REJECTED, error: spawnErrorOf() }],
    ["the intent of the next launch", { to: "launching", answer: REJECTED, launch: LAUNCH }],
    [
      "a machine that ended and is replaced",
      { to: "booting", answer: REJECTED, error: spawnErrorOf() },
    ],
    ["a machine that ended", { to: "terminating", answer: ACCEPTED, error: spawnErrorOf() }],
    [
      "a machine of a spawn that is being terminated",
      { to: "terminating", machine: MACHINE, answer: ACCEPTED },
    ],
    ["a termination that was requested", { to: "terminating" }],
    ["a termination", { to: "terminated" }],
  ])("is not %s", (_what, changes) => {
    expect(mayBeLost(step(changes))).toBe(false);
  });
});
