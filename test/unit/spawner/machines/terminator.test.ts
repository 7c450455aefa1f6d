import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import { createMachineTerminator } from "../../../../src/spawner/machines/terminator.ts";
import type { TerminateOutcome } from "../../../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../../testing/fake-clock.ts";

const REFUSED = new SlipwayError({
  code: "PERMISSION_DENIED",
  reason: "CLOUD_PERMISSION_DENIED",
  message: "not this one",
});

function ending() {
  const rounds: (readonly string[])[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const adapter = {
    ...createFakeAdapter({ clock: createFakeClock(), images: [] }),
    async terminate(ids: readonly string[]): Promise<readonly TerminateOutcome[]> {
      rounds.push(ids);
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      await answer.promise;
      return ids.map((id) =>
        id === "kept"
          ? { id, outcome: "failed", error: REFUSED }
          : { id, outcome: id === "lost" ? "unknown" : "terminated" },
      );
    },
  };
  const ender = createMachineTerminator(adapter);
  const never = new AbortController().signal;
  return {
    rounds,
    answers,
    end: (id: string, signal: AbortSignal = never) => ender.terminate(id, signal),
  };
}

describe("a machine terminator", () => {
  it("makes one call for all machines that are requested together, and returns each outcome to its caller", async () => {
    const { rounds, answers, end } = ending();
    const ended = Promise.all(["a", "kept", "lost", "a"].map((id) => end(id)));
    await Promise.resolve();
    await Promise.resolve();
    expect(rounds).toEqual([["a", "kept", "lost"]]);
    answers[0]?.resolve();
    const outcomes = (await ended).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["terminated", "failed", "unknown", "terminated"]);
  });

  it("does not wait for a call under way", async () => {
    const { rounds, answers, end } = ending();
    const slow = end("slow");
    await Promise.resolve();
    await Promise.resolve();
    const quick = end("quick");
    await Promise.resolve();
    await Promise.resolve();
    answers[1]?.resolve();
    expect((await quick).outcome).toBe("terminated");
    answers[0]?.resolve();
    await slow;
    expect(rounds).toEqual([["slow"], ["quick"]]);
  });

  it("makes no call for a caller that has left, and serves the others", async () => {
    const { rounds, answers, end } = ending();
    const leaving = new AbortController();
    const gone = end("gone", leaving.signal);
    const stays = end("stays");
    leaving.abort(new Error("left"));
    await expect(gone).rejects.toThrow("left");
    await Promise.resolve();
    answers[0]?.resolve();
    expect((await stays).outcome).toBe("terminated");
    expect(rounds).toEqual([["stays"]]);
    await expect(end("late", leaving.signal)).rejects.toThrow("left");
  });

  it("passes a call's failure to all its callers, and continues with the next", async () => {
    const { answers, end } = ending();
    const both = Promise.allSettled([end("a"), end("b")]);
    await Promise.resolve();
    await Promise.resolve();
    answers[0]?.reject(new Error("no answer"));
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const next = end("c");
    await Promise.resolve();
    await Promise.resolve();
    answers[1]?.resolve();
    expect((await next).outcome).toBe("terminated");
  });
});
