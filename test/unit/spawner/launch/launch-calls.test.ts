import { describe, expect, it } from "vitest";
import { createLaunchCalls } from "../../../../src/spawner/launch/launch-calls.ts";
import { createLaunchSlots } from "../../../../src/spawner/launch/launch-slots.ts";
import type { LaunchInquiry } from "../../../../src/spawner/launch/launch-calls.ts";
import { NO_INPUT } from "../../../../src/substrate/contract.ts";
import type { LaunchOutcome } from "../../../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../../testing/fake-clock.ts";
import { samplePlan } from "../../../support/sample-plan.ts";

const PLAN = samplePlan();
const NEVER = new AbortController().signal;
const SECRETS = { credential: null, environment: {}, files: [] };

/** Launch calls of an adapter whose answers the test releases. */
function world() {
  const clock = createFakeClock();
  const fake = createFakeAdapter({
    clock,
    images: [{ reference: PLAN.artifact.id, architecture: "amd64" }],
    places: [{ place: "engine-1" }],
  });
  const asked: (() => void)[] = [];
  const told = Promise.withResolvers<void>();
  const adapter = {
    ...fake,
    async launch(...[launch, signal]: Parameters<typeof fake.launch>) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      asked.push(resolve);
      await promise;
      return await fake.launch(launch, NEVER);
    },
  };
  const pacing = { noteOutcomes: () => told.promise, readmitLate: async () => undefined };
  const calls = createLaunchCalls({ clock, pacing, slots: createLaunchSlots() });
  const ask = (changes: Partial<LaunchInquiry> = {}): Promise<LaunchOutcome> =>
    calls.awaitOutcome({
      spawnId: "one",
      token: "a".repeat(64),
      adapter,
      owner: "owner",
      plan: PLAN,
      candidate: 0,
      secrets: async () => SECRETS,
      at: 0,
      members: async () => [{ spawnId: "one", ...NO_INPUT }],
      admit: async () => undefined,
      signal: NEVER,
      detach: NEVER,
      onProgress: () => undefined,
      ...changes,
    });
  return { ask, asked, told };
}

/** Resolves when nothing more can happen by itself. */
async function rest(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("two callers that wait for the same launch of one machine", () => {
  it("both get the outcome, although one asks while the other receives it", async () => {
    const here = world();
    const first = here.ask();
    await rest();
    here.asked[0]?.();
    await rest();
    const second = await here.ask();
    here.told.resolve();
    expect(await first).toEqual(second);
    expect(second.outcome).toBe("accepted");
    expect(here.asked).toHaveLength(1);
  });

  it("do not lose it to the one that leaves", async () => {
    const here = world();
    here.told.resolve();
    const leaving = new AbortController();
    const first = here.ask();
    const second = here.ask({ signal: leaving.signal });
    await rest();
    leaving.abort(new Error("cancelled"));
    here.asked[0]?.();
    expect((await first).outcome).toBe("accepted");
    expect((await second).outcome).toBe("accepted");
  });

  it("do not see that an earlier caller aborted the call", async () => {
    const here = world();
    here.told.resolve();
    const leaving = new AbortController();
    const first = Promise.allSettled([here.ask({ signal: leaving.signal })]);
    await rest();
    leaving.abort(new Error("cancelled"));
    const second = here.ask();
    expect((await first)[0].status).toBe("rejected");
    await rest();
    here.asked[1]?.();
    expect((await second).outcome).toBe("accepted");
  });
});
