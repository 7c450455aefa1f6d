import { describe, expect, it } from "vitest";
import { timeoutReason } from "../../../src/async/cancellation.ts";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../../src/spawner/spawn.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import type { SubstrateAdapter } from "../../../src/substrate/contract.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("a spawn that its caller leaves", () => {
  it("is recorded when it is interrupted, and says how to continue", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ detach: controller.signal }));
    await here.clock.advance(10);
    controller.abort();
    await expect(spawning).rejects.toMatchObject({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      remedy: expect.stringContaining("slipway spawn agent-dev --id one"),
    });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("booting");
  });

  it("is terminated when it is cancelled, and the error says so", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ signal: controller.signal }));
    await here.clock.advance(10);
    expect(here.adapter.machines).toHaveLength(1);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({
      code: "CANCELLED",
      message: "spawn one: cancelled; no machine is left",
    });
    expect(here.adapter.machines).toEqual([]);
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminated");
  });

  it("is terminated when it is cancelled while the launch is under way", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "delay", milliseconds: 5_000 }],
    });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ signal: controller.signal }));
    await here.clock.advance(10);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminated");
    await here.clock.advance(10_000);
    expect(here.adapter.machines).toEqual([]);
  });

  it("leaves the spawn to the worker that claimed it while it was being cancelled", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const other = { tenant: "default", spawnId: "one", worker: "other", until: Infinity };
    const ledger: SpawnerPorts["ledger"] = {
      ...here.ledger,
      async take(steps, spent) {
        const [step] = steps;
        if (step?.to === "terminating")
          await here.ledger.claim({ ...other, fence: step.before.lease.fence });
        return await here.ledger.take(steps, spent);
      },
    };
    const controller = new AbortController();
    const request = here.request({ signal: controller.signal });
    const spawning = spawnPlan(createSpawnerRuntime({ ...here.ports, ledger }), request);
    await here.clock.advance(10);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({
      code: "CANCELLED",
      message: "spawn one: interrupted before it was running; it stays recorded",
    });
    expect((await here.ledger.find(KEY))?.lease.worker).toBe("other");
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("records nothing when it is interrupted before", async () => {
    const here = spawnerWorld();
    await expect(here.spawn({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(await here.ledger.list("default", {})).toEqual([]);
  });
});

describe("a spawn whose time is over", () => {
  /** Cancels the spawn after a second, and returns its error and the time that its end took. */
  const timeOut = async (here: ReturnType<typeof spawnerWorld>, runtime = here.runtime) => {
    const cancelling = new AbortController();
    const spawning = spawnPlan(runtime, here.request({ signal: cancelling.signal }));
    await here.clock.advance(1_000);
    cancelling.abort(timeoutReason());
    const from = here.clock.now();
    const [ended] = await here.clock.runUntilSettled(Promise.allSettled([spawning]));
    return {
      error: ended.status === "rejected" ? ended.reason : null,
      took: here.clock.now() - from,
    };
  };

  it("ends within five seconds if its launch is not answered, and a later recovery finishes it", async () => {
    const here = spawnerWorld();
    // Like an engine that has the request and is slow: nothing takes it back.
    const stalled: SubstrateAdapter = {
      ...here.adapter,
      async launch(launch) {
        await here.clock.sleep(181_000);
        return await here.adapter.launch(launch, new AbortController().signal);
      },
    };
    const runtime = createSpawnerRuntime({ ...here.ports, openAdapter: async () => stalled });
    const { error, took } = await timeOut(here, runtime);
    expect(took).toBe(5_000);
    expect(error).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "TIMED_OUT",
      message:
        "spawn one: timed out; it is terminating, because it is not known yet whether its launch has a machine (the provider has not answered the launch yet)",
      remedy: expect.stringContaining("`slipway recover`"),
      metadata: { spawn_id: "one", state: "terminating" },
    });
    expect(await here.ledger.find(KEY)).toMatchObject({
      spawn: { state: "terminating" },
      launches: [{ outcome: "unknown" }],
      lease: { worker: null },
    });

    // The launch takes effect after all: a termination in the same process waits for it.
    const terminating = terminate(runtime, here.waitOptions({ wait: "settled" }));
    expect((await here.clock.runUntilSettled(terminating)).state).toBe("terminated");
    await here.clock.advance(600_000);
    expect(here.adapter.machines).toEqual([]);
    expect(here.adapter.calls.launch).toBe(1);
  });

  it("ends ten seconds later if its machine cannot be terminated", async () => {
    const here = spawnerWorld({
      bootMilliseconds: 10_000,
      faults: [{ verb: "terminate", kind: "delay", milliseconds: 3_600_000 }],
    });
    const { error, took } = await timeOut(here);
    expect(took).toBe(10_000);
    expect(error).toMatchObject({
      reason: "TIMED_OUT",
      metadata: { spawn_id: KEY.spawnId, state: "terminating" },
    });
  });

  it("reports what the provider says to its launch, also after the time is over", async () => {
    const error = {
      code: "RESOURCE_EXHAUSTED",
      reason: "CLOUD_RATE_LIMITED",
      message: "RunInstances: Request limit exceeded.",
      retry: "same-token",
    } as const;
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "reject", error, times: 99 }],
      capabilities: { retryMilliseconds: 3_600_000 },
    });
    expect((await timeOut(here)).error).toMatchObject({
      reason: "TIMED_OUT",
      message:
        "spawn one: timed out; it is terminating, because it is not known yet whether its launch has a machine (RunInstances: Request limit exceeded.)",
    });
  });
});
