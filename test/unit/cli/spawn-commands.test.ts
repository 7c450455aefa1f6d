import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Spawn } from "../../../src/ledger/spawn-record.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";
import { failed, plan, refused, spawning } from "./support/spawning.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { asJsonObject } from "../../../src/json/json-object.ts";

describe("resolve", () => {
  it("prints the plan on standard output and its warnings on standard error", async () => {
    const resolveWorkspace = vi.fn<Slipway["resolveWorkspace"]>().mockResolvedValue(plan);
    const slipway = fakeSlipway({ resolveWorkspace });
    const ran = await runInMemory(["resolve", "agent-dev", "--offline"], { slipway });
    expect(resolveWorkspace.mock.calls[0]).toMatchObject(["agent-dev", { offline: true }]);
    expect(ran.stdout).toContain(`plan_id: ${plan.planId}\n`);
    expect(ran.stderr).toBe("slipway: warning: emulated\n  Rebuild.\n");
  });

  it("prints only the plan with JSON output", async () => {
    const slipway = fakeSlipway({ resolveWorkspace: () => Promise.resolve(plan) });
    const ran = await runInMemory(["resolve", "agent-dev", "-o", "json"], { slipway });
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      plan_id: plan.planId,
      artifact: { id: plan.artifact.id, pinned: true },
      target: { publish_address: "127.0.0.1", labels: { "com.example.team": "agents" } },
      floating_reads: [{ read_at: "2026-11-22T04:00:00.000Z" }],
    });
  });

  it("prints a table for people", async () => {
    const slipway = fakeSlipway({ resolveWorkspace: () => Promise.resolve(plan) });
    const { stdout } = await runInMemory(["resolve", "agent-dev", "-o", "table"], { slipway });
    expect(stdout).toContain(`ARTIFACT      ${plan.artifact.id}\n`);
    expect(stdout).toContain("engine-1  -       eligible  -\n");
    expect(stdout).toContain("shape  warning  emulated\n");
  });

  it("saves the plan in a form that spawn --plan accepts", async () => {
    using folder = scratchFolder();
    const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>().mockResolvedValue(sampleSpawn());
    const slipway = fakeSlipway({ resolveWorkspace: () => Promise.resolve(plan), spawnWorkspace });
    const options = { slipway, workingDirectory: folder.path };
    await runInMemory(["resolve", "agent-dev", "--save", "plan.json", "--quiet"], options);
    expect(JSON.parse(readFileSync(join(folder.path, "plan.json"), "utf8"))).toMatchObject({
      plan_id: plan.planId,
    });
    const argv = ["spawn", "--plan", "plan.json", "--allow-stale", "--quiet"];
    expect((await runInMemory(argv, options)).exitCode).toBe(0);
    expect(spawnWorkspace.mock.calls[0]).toMatchObject([plan, { allowStale: true }]);
  });

  it("reports that the folder of the plan's file does not exist", async () => {
    using folder = scratchFolder();
    const slipway = fakeSlipway({ resolveWorkspace: () => Promise.resolve(plan) });
    const argv = ["resolve", "agent-dev", "--save", "missing/plan.json", "--quiet"];
    const ran = await runInMemory(argv, { slipway, workingDirectory: folder.path });
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(
      'cannot save the plan as "missing/plan.json": its folder does not exist (ENOENT)',
    );
  });

  it("names the field of a file that is not a valid plan", async () => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "plan.json"), '{ "plan_id": 1 }');
    const ran = await runInMemory(["spawn", "--plan", "plan.json"], {
      slipway: fakeSlipway({}),
      workingDirectory: folder.path,
    });
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(
      "this is not a valid plan: plan_id: expected string, received number",
    );
  });

  it("prints and saves nothing if a check failed", async () => {
    using folder = scratchFolder();
    const slipway = fakeSlipway({ resolveWorkspace: () => Promise.reject(refused) });
    const argv = ["resolve", "agent-dev", "--save", "plan.json", "-o", "json"];
    const ran = await runInMemory(argv, { slipway, workingDirectory: folder.path });
    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
    expect(JSON.parse(ran.stderr)).toEqual({ error: refused.toJSON() });
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("spawn", () => {
  it("waits until the machine is watched, reports each state once, prints the spawn", async () => {
    const { slipway, spawnWorkspace } = spawning();
    const ran = await runInMemory(["spawn", "agent-dev", "--id", "one"], { slipway });
    expect(spawnWorkspace.mock.calls[0]).toMatchObject([
      "agent-dev",
      { spawnId: "one", wait: "watched", allowStale: false },
    ]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toMatch(/^spawn_id: one\n/);
    expect(ran.stderr).toBe(
      "slipway: warning: emulated\n  Rebuild.\none: launching: in engine-1\none: booting: accepted\n",
    );
  });

  it("returns when the launch is accepted with --no-wait, and lets Slipway generate the id", async () => {
    const { slipway, spawnWorkspace } = spawning();
    await runInMemory(["spawn", "agent-dev", "--no-wait"], { slipway });
    const [, options] = spawnWorkspace.mock.calls[0] ?? [];
    expect(options).toMatchObject({ wait: "accepted" });
    expect(options).not.toHaveProperty("spawnId");
  });

  it("reports what it waits for, the first time on a line of its own", async () => {
    const { slipway, spawnWorkspace } = spawning();
    spawnWorkspace.mockImplementationOnce(async (_what, options) => {
      const wait = { kind: "waiting", spawnId: "one", message: "RunInstances of 1234" } as const;
      options?.onEvent?.({ ...wait, milliseconds: 12_300 });
      options?.onEvent?.({ ...wait, milliseconds: 7_300 });
      return sampleSpawn();
    });
    const ran = await runInMemory(["spawn", "agent-dev"], { slipway });
    expect(ran.stderr).toBe("one: waiting for RunInstances of 1234, about 12 s\n");
  });

  it("draws one line on a terminal and erases it", async () => {
    const { slipway } = spawning();
    const ran = await runInMemory(["spawn", "agent-dev"], { slipway, stderrIsTerminal: true });
    expect(ran.stderr).toContain("\r\u001b[2Kone: pulling 3 of 7 MB\r\u001b[2Kone: booting");
    expect(ran.stderr).toContain(
      "slipway: warning: emulated\n  Rebuild.\n\r\u001b[2Kone: launching",
    );
  });

  it("prints only the spawn with JSON output", async () => {
    const { slipway } = spawning();
    const ran = await runInMemory(["spawn", "agent-dev", "-o", "json"], { slipway });
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      spawn_id: "one",
      state: "running",
      machine: { ports: [{ port: 8080, host_port: 32768 }] },
      error: null,
    });
  });

  it("prints a failed spawn, then its error, and exits with its code", async () => {
    const { slipway } = spawning(failed);
    const ran = await runInMemory(["spawn", "agent-dev", "-o", "json"], { slipway });
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stdout)).toMatchObject({ state: "failed" });
    expect(JSON.parse(ran.stderr)).toEqual({
      error: {
        ...asJsonObject(toSnakeCase(failed.error)),
        metadata: { host: "engine-1", spawn_id: "one" },
      },
    });
  });

  it("reports a failed spawn as a failure even if no error was recorded", async () => {
    const { slipway } = spawning(sampleSpawn({ state: "failed", error: null }));
    const ran = await runInMemory(["spawn", "agent-dev", "--quiet"], { slipway });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("INTERNAL: spawn one failed; no reason was recorded");
  });

  it("detaches on an interrupt, and prints how to resume", async () => {
    const interrupt = new AbortController();
    const resume = new SlipwayError({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      message: "spawn one: interrupted",
      remedy: "Resume it with `slipway spawn agent-dev --id one`.",
    });
    const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>((_what, options) => {
      const { promise, reject } = Promise.withResolvers<never>();
      options?.detach?.addEventListener("abort", () => reject(resume));
      interrupt.abort();
      return promise;
    });
    const ran = await runInMemory(["spawn", "agent-dev"], {
      slipway: fakeSlipway({ spawnWorkspace }),
      interrupt: interrupt.signal,
    });
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(ran.stderr).toContain("--id one");
  });

  it("has no time limit of its own without --timeout: a machine may boot for 15 minutes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { promise, resolve } = Promise.withResolvers<Spawn>();
      const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>(() => promise);
      const slipway = fakeSlipway({ spawnWorkspace });
      const running = runInMemory(["spawn", "agent-dev", "-o", "json"], { slipway });
      await vi.waitFor(() => expect(spawnWorkspace).toHaveBeenCalled());
      vi.advanceTimersByTime(24 * 60 * 60_000);
      expect(spawnWorkspace.mock.calls[0]?.[1]?.signal?.aborted).toBe(false);
      resolve(sampleSpawn());
      expect((await running).exitCode).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ends when the timeout has passed", async () => {
    const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>((_what, options) => {
      const { promise, reject } = Promise.withResolvers<never>();
      options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
      return promise;
    });
    const slipway = fakeSlipway({ spawnWorkspace });
    // The timeout's timer does not keep the process alive, so the test needs a timer that does.
    const ran = await runInMemory(["spawn", "agent-dev", "--timeout", "1ms"], { slipway });
    expect(ran.exitCode).not.toBe(0);
    expect(spawnWorkspace.mock.calls[0]?.[1]?.signal?.reason).toMatchObject({
      name: "TimeoutError",
    });
  });
});
