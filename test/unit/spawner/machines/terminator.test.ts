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

describe("a machine ender", () => {
  it("asks once for all that are wanted gone together, each once, and tells each its own", async () => {
    const { rounds, answers, end } = ending();
    const ended = Promise.all(["a", "kept", "lost", "a"].map((id) => end(id)));
    await Promise.resolve();
    await Promise.resolve();
    expect(rounds).toEqual([["a", "kept", "lost"]]);
    answers[0]?.resolve();
    const outcomes = (await ended).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["terminated", "failed", "unknown", "terminated"]);
  });

  it("waits for no call that is under way", async () => {
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

  it("asks for nobody who has left, and lets nobody go who stays", async () => {
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

  it("tells all of a call of its failure, and goes on for the next", async () => {
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
