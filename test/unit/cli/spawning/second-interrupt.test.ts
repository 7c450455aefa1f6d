import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import type { Slipway } from "../../../../src/slipway/slipway.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { runInMemory } from "../support/command-line.ts";
import type { RunOptions } from "../support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "../support/fake-slipway.ts";

const IDS = ["one", ...Array.from({ length: 5 }, (_, place) => `x-${place}`)];

/** A command line whose spawn is interrupted while it boots, and the signal of a second Ctrl-C. */
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
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runInMemory(argv, {
      slipway,
      interrupt: interrupt.signal,
      nextInterrupt: second.signal,
      stderrIsTerminal: true,
      ...options,
    });
  return { second, terminateSpawn, run };
}

/** Lets time pass until the command has ended. */
async function ended<T>(running: Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = running.finally(() => over.abort());
  while (!over.signal.aborted) await vi.advanceTimersByTimeAsync(1_000);
  return await end;
}

describe("a second Ctrl-C", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("cancels the spawn and terminates its machine", async () => {
    const { second, terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev", "--id", "one"]);
    await vi.advanceTimersByTimeAsync(1_000);
    second.abort();
    const ran = await running;
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(terminateSpawn.mock.calls.map(([spawnId]) => spawnId)).toEqual(["one"]);
    expect(ran.stderr).toContain(
      "Press Ctrl-C again within 3 seconds to cancel and terminate its machine",
    );
    expect(ran.stderr).toContain("spawn one: cancelled; no machine is left");
  });

  it("is offered with three ids and the number of the others", async () => {
    const { run } = interrupted();
    const running = run(["spawn", "agent-dev", "--count", "5", "--id", "x"]);
    expect((await ended(running)).stderr).toContain(
      "interrupted; x-0, x-1, x-2 and 2 more stay recorded",
    );
  });

  it("is optional: without it the spawn stays recorded, and the error says how to resume it", async () => {
    const { terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev"]);
    const ran = await ended(running);
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("slipway spawn agent-dev --id one");
    expect(terminateSpawn).not.toHaveBeenCalled();
  });

  it("is offered only on a terminal, and only if there is something to cancel", async () => {
    for (const options of [{ stderrIsTerminal: false }, {}]) {
      const { run } = interrupted(options.stderrIsTerminal === false);
      const ran = await run(["spawn", "agent-dev"], options);
      expect(ran.exitCode).toBe(130);
      expect(ran.stderr).not.toContain("again within");
    }
    const { run } = interrupted();
    const json = await run(["spawn", "agent-dev", "-o", "json"]);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { reason: "INTERRUPTED" } });
  });

  it("cancels all spawns of the command", async () => {
    const { second, terminateSpawn, run } = interrupted();
    const running = run(["spawn", "agent-dev", "--count", "2", "--id", "x", "-o", "yaml"]);
    await vi.advanceTimersByTimeAsync(10);
    second.abort();
    const ran = await running;
    expect(ran.exitCode).toBe(130);
    expect(terminateSpawn.mock.calls.map(([spawnId]) => spawnId)).toEqual(["x-0", "x-1"]);
    expect(ran.stdout.match(/state: terminated/g)).toHaveLength(2);
  });

  it("extends the grace period, and reports what remains if the termination fails", async () => {
    const { second, terminateSpawn, run } = interrupted();
    terminateSpawn.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      throw new SlipwayError({
        code: "UNAVAILABLE",
        reason: "ENGINE_UNAVAILABLE",
        message: "the engine went away",
      });
    });
    const running = run(["spawn", "agent-dev"], { gracePeriod: 5_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    second.abort();
    const ran = await ended(running);
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("it is booting, because its machine could not be terminated");
    expect(ran.stderr).toContain("`slipway terminate one` or `slipway recover`");
  });
});
