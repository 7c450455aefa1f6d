import { describe, expect, it } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import type { SpawnState } from "../../../src/ledger/spawn-record.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

/** A Slipway whose spawn ends up in this state, with or without an event before. */
function ending(state: SpawnState, hasEvent: boolean) {
  const spawnWorkspace: Slipway["spawnWorkspace"] = (_subject, options) => {
    const event = { spawnId: "one", at: "2026-11-22T04:00:00.000Z", message: "in engine-1" };
    if (hasEvent) options?.onEvent?.({ kind: "event", event: { ...event, state: "launching" } });
    return Promise.resolve(sampleSpawn({ state }));
  };
  return fakeSlipway({ spawnWorkspace });
}

describe("a spawn that another process terminates while the command waits", () => {
  it.each([
    ["terminated", []],
    ["terminating", []],
    ["terminated", ["--count", "1"]],
  ] as const)("is printed and makes the command fail: %s %j", async (state, more) => {
    const argv = ["spawn", "agent-dev", ...more, "-o", "json"];
    const ran = await runInMemory(argv, { slipway: ending(state, true) });
    expect(ran.exitCode).toBe(8);
    expect(ran.stdout).toContain(`"state": "${state}"`);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "ABORTED",
        reason: "SPAWN_TERMINATED",
        message: "spawn one was terminated by another process while this command waited for it",
        metadata: { spawn_id: "one" },
      },
    });
  });

  it("does not make the command fail if it had ended before", async () => {
    const argv = ["spawn", "agent-dev", "--id", "one", "-o", "json"];
    const ran = await runInMemory(argv, { slipway: ending("terminated", false) });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it.each(["terminated", "terminating"] as const)(
    "is a warning if it was %s before: the command has launched nothing",
    async (state) => {
      const argv = ["spawn", "agent-dev", "--id", "one"];
      const ran = await runInMemory(argv, { slipway: ending(state, false) });
      expect(ran.exitCode).toBe(0);
      expect(ran.stderr).toContain(
        `slipway: warning: spawn one is ${state}, so this command launched nothing\n` +
          "  If you need a machine, spawn again with another id.\n",
      );
    },
  );
});
