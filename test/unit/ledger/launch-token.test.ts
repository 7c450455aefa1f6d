import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { launchId, launchToken } from "../../../src/ledger/launch-token.ts";
import type { LaunchIdentity } from "../../../src/ledger/launch-token.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

const identity: LaunchIdentity = {
  owner: "ledger-1",
  number: 1,
  plan: samplePlan(),
  place: { place: "engine-1", verdict: "eligible", reason: null },
  members: [{ spawnId: "one", ...NO_INPUT }],
  reuse: 0,
};

describe("launchToken", () => {
  it("is stable across processes", () => {
    expect(launchToken(identity)).toBe(
      "9a49af05751fb77151e1900d0827d8b1869b33963f7d776bae87f6b57457c100",
    );
  });

  const others: readonly [string, Partial<LaunchIdentity>][] = [
    ["ledger", { owner: "ledger-2" }],
    ["launch number", { number: 2 }],
    ["place", { place: { place: "engine-2", verdict: "eligible", reason: null } }],
    ["subnet", { place: { ...identity.place, subnet: "subnet-1" } }],
    ["market", { place: { ...identity.place, market: "spot" } }],
    ["machine type of its place", { place: { ...identity.place, machineType: "large" } }],
    ["machine type", { plan: samplePlan({ machineType: "large" }) }],
    ["artifact", { plan: samplePlan({ artifact: { ...samplePlan().artifact, id: "other" } }) }],
    ["tenant", { plan: samplePlan({ tenant: "other" }) }],
    ["member", { members: [{ spawnId: "two", ...NO_INPUT }] }],
    ["input", { members: [{ spawnId: "one", ...NO_INPUT, input: 1 }] }],
    ["variable", { members: [{ spawnId: "one", ...NO_INPUT, env: { A: "1" } }] }],
    ["reuse of pruned ids", { reuse: 1 }],
    ["label", { members: [{ spawnId: "one", ...NO_INPUT, labels: { a: "1" } }] }],
  ];
  it.each(others)("is different for another %s", (_name, change) => {
    expect(launchToken({ ...identity, ...change })).not.toBe(launchToken(identity));
  });

  it("fits every provider: it has 64 hexadecimal digits, its id 32 of them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (spawnId, number) => {
        const token = launchToken({
          ...identity,
          number,
          members: [{ spawnId, ...NO_INPUT }],
        });
        expect(token).toMatch(/^[0-9a-f]{64}$/);
        expect(launchId(token)).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });
});
