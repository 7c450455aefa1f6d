import { describe, expect, it } from "vitest";
import { brokenGuarantee, crashOnce } from "../support/crash/crash-scene.ts";
import type { CrashSubstrate } from "../support/crash/crash-scene.ts";
import { crashOnDocker, crashOnEc2, crashOnGce } from "../support/crash/crash-substrates.ts";
import { describeWithEngine } from "../support/peers.ts";

const SLOW = 120_000;
/** Where something has changed, here or there. What comes before a call is what came after the one before it. */
const CHANGES = /^(?:ledger\.(?:begin|take|claim)|adapter\.(?:launch|terminate)):after$/;

/** Kills a victim at each point of its way at which something has changed. */
async function crashEverywhere(substrate: CrashSubstrate): Promise<readonly string[]> {
  const { victim } = await crashOnce(substrate, { point: 0 });
  const broken: string[] = [];
  for (const [index, point] of victim.points.entries()) {
    if (!CHANGES.test(point)) continue;
    const { victim: killed, aftermath } = await crashOnce(substrate, { point: index + 1 });
    expect(killed).toMatchObject({ killed: true });
    const wrong = brokenGuarantee(aftermath);
    if (wrong !== null) broken.push(`killed at ${point}: ${wrong}`);
  }
  expect(victim.points).toContain("adapter.launch:before");
  return broken;
}

describe("a launcher that is killed", () => {
  it.each([
    ["EC2", crashOnEc2],
    ["Compute Engine", crashOnGce],
  ])("has one machine on %s, or none, wherever it was", { timeout: SLOW }, async (_name, open) => {
    await using substrate = await open({ hasTwoTypes: true });
    expect(await crashEverywhere(substrate)).toEqual([]);
  });
});

describeWithEngine("a launcher of containers that is killed", (engine) => {
  it("has one container, or none, wherever it was", { timeout: SLOW }, async () => {
    await using substrate = await crashOnDocker(engine);
    expect(await crashEverywhere(substrate)).toEqual([]);
  });
});
