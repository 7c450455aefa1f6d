import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import type { Slipway } from "../../../../src/slipway/slipway.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { runInMemory } from "../support/command-line.ts";
import type { Surroundings } from "../support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "../support/fake-slipway.ts";

const IDS = ["one", ...Array.from({ length: 5 }, (_, place) => `x-${place}`)];

/** A spawn that is interrupted while it boots, and what a second Ctrl-C makes of it. */
function interrupted(recorded = true) {
  const interrupt = new AbortController();
  const second = new AbortController();
  const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>((_what, options) => {
    const spawnId = options?.spawnId ?? "one";
    interrupt.abort();
    return Promise.reject(
      new SlipwayError({
        code: "CANCELLED",
        reason: "INTERRUPTED",
        message: `spawn ${spawnId}: interrupted`,
        remedy: `Resume it with \`slipway spawn agent-dev --id ${spawnId}\`.`,
        metadata: { spawn_id: spawnId },
      }),
    );
  });
  const states = new Map<string, "booting" | "terminated">();
  const spawnOf = (spawnId: string) =>
    sampleSpawn({ spawnId, state: states.get(spawnId) ?? "booting" });
  const terminateSpawn = vi.fn<Slipway["terminateSpawn"]>((spawnId) => {
    states.set(spawnId, "terminated");
    return Promise.resolve(spawnOf(spawnId));
  });
  const listSpawns = () => Promise.resolve(recorded ? IDS.map(spawnOf) : []);
  const describeSpawn = (spawnId: string) =>
    Promise.resolve({ ...spawnOf(spawnId), plan: samplePlan(), events: [] });
  const slipway = fakeSlipway({ spawnWorkspace, terminateSpawn, listSpawns, describeSpawn });
  const run = (argv: readonly string[], surroundings: Surroundings = {}) =>
    runInMemory(argv, {
      slipway,
      interrupt: interrupt.signal,
      nextInterrupt: second.signal,
      stderrIsTerminal: true,
      ...surroundings,
    });
  return { second, terminateSpawn, run };
}

describe("a second Ctrl-C", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("cancels the spawn, and terminates what was launched", async () => {
    const { second, terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev", "--id", "one"]);
    await vi.advanceTimersByTimeAsync(1_000);
    second.abort();
    const ran = await running;
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(terminateSpawn.mock.calls.map(([spawnId]) => spawnId)).toEqual(["one"]);
    expect(ran.stderr).toContain("Ctrl-C again within 3 seconds cancels");
    expect(ran.stderr).toContain("spawn one: cancelled; nothing of it is left");
  });

  it("names three of many, and counts the others", async () => {
    const { run } = interrupted();
    const running = run(["spawn", "agent-dev", "--count", "5", "--id", "x"]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await running).stderr).toContain("interrupted; x-0, x-1, x-2 and 2 more stay recorded");
  });

  it("that does not come leaves the spawn recorded, and says how to go on", async () => {
    const { terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev"]);
    await vi.advanceTimersByTimeAsync(3_000);
    const ran = await running;
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("slipway spawn agent-dev --id one");
    expect(terminateSpawn).not.toHaveBeenCalled();
  });

  it("is waited for where a person reads it, and there is something to cancel", async () => {
    for (const surroundings of [{ stderrIsTerminal: false }, {}]) {
      const { run } = interrupted(surroundings.stderrIsTerminal === false);
      const ran = await run(["spawn", "agent-dev"], surroundings);
      expect(ran.exitCode).toBe(130);
      expect(ran.stderr).not.toContain("again within");
    }
    const { run } = interrupted();
    const json = await run(["spawn", "agent-dev", "-o", "json"]);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { reason: "INTERRUPTED" } });
  });

  it("cancels all of several", async () => {
    const { second, terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev", "--count", "2", "--id", "x", "-o", "yaml"]);
    await vi.advanceTimersByTimeAsync(10);
    second.abort();
    const ran = await running;
    expect(ran.exitCode).toBe(130);
    expect(terminateSpawn.mock.calls.map(([spawnId]) => spawnId)).toEqual(["x-0", "x-1"]);
    expect(ran.stdout.match(/state: terminated/g)).toHaveLength(2);
  });

  it("is given time beyond the usual, and says what is left where it did not work", async () => {
    const { second, terminateSpawn, run } = interrupted();
    terminateSpawn.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      throw new SlipwayError({
        code: "UNAVAILABLE",
        reason: "ENGINE_UNAVAILABLE",
        message: "the engine went away",
      });
    });
    const running = run(["spawn", "agent-dev"], { patience: 5_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    second.abort();
    await vi.advanceTimersByTimeAsync(20_000);
    const ran = await running;
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("it is booting, because what was launched could not be taken");
    expect(ran.stderr).toContain("`slipway terminate one` or `slipway recover`");
  });
});
