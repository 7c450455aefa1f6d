import { describe, expect, it } from "vitest";
import { createLockWait } from "../../../src/storage/lock-wait.ts";

function busy(): Error {
  return Object.assign(new Error("database is locked"), { errcode: 5 });
}

function fakePause() {
  const clock = { time: 0, turns: 0, waits: [] as number[] };
  const pause = {
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.waits.push(milliseconds);
      clock.time += milliseconds;
      await Promise.resolve();
    },
    turn: async () => {
      clock.turns += 1;
      await Promise.resolve();
    },
    random: () => 1,
  };
  return { clock, wait: createLockWait(pause) };
}

describe("createLockWait", () => {
  it("waits longer after each attempt, up to 40 ms, until the lock is free", async () => {
    const { clock, wait } = fakePause();
    let left = 6;
    const result = await wait(() => {
      left -= 1;
      if (left > 0) throw busy();
      return "done";
    });
    expect(result).toBe("done");
    expect(clock.waits).toEqual([8, 16, 32, 40, 40]);
  });

  it("passes every other failure on at once", async () => {
    const { clock, wait } = fakePause();
    const failure = Object.assign(new Error("disk is full"), { errcode: 13 });
    await expect(
      wait(() => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(clock.waits).toEqual([]);
  });

  it("treats an extended result code like its primary one", async () => {
    const { wait } = fakePause();
    let rounds = 0;
    await wait(() => {
      rounds += 1;
      if (rounds === 1) throw Object.assign(new Error("busy in recovery"), { errcode: 261 });
    });
    expect(rounds).toBe(2);
  });

  it("gives the event loop a turn after attempts have blocked it for 10 ms", async () => {
    const clock = { time: 0 };
    const order: string[] = [];
    const wait = createLockWait({
      now: () => clock.time,
      sleep: () => Promise.resolve(),
      turn: () =>
        new Promise((resolve) => {
          setImmediate(() => {
            order.push("turn");
            resolve();
          });
        }),
      random: () => 0,
    });
    const attempts = ["a", "b", "c", "d"].map((name) =>
      wait(() => {
        order.push(name);
        clock.time += 6;
      }),
    );
    await Promise.all(attempts);
    expect(order.join(" ")).toBe("a b turn c d");
  });
});
