import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { singleFlight } from "../../../src/async/single-flight.ts";

const never = new AbortController().signal;

/** Work whose runs end when the test says so. */
function createWork() {
  const runs: (PromiseWithResolvers<string> & { readonly signal: AbortSignal })[] = [];
  const run = (signal: AbortSignal): Promise<string> => {
    const run = { ...Promise.withResolvers<string>(), signal };
    runs.push(run);
    return run.promise;
  };
  return { runs, run };
}

function caller(key: string, signal = never) {
  return { key, signal, what: "the read" };
}

describe("singleFlight", () => {
  it("shares one run among concurrent callers with the same key, and starts another later", async () => {
    const join = singleFlight<string>();
    const { runs, run } = createWork();
    const both = Promise.all([join(caller("a"), run), join(caller("a"), run)]);
    const other = join(caller("b"), run);
    runs[0]?.resolve("one");
    runs[1]?.resolve("other");
    expect(await both).toEqual(["one", "one"]);
    expect(await other).toBe("other");
    const later = join(caller("a"), run);
    runs[2]?.resolve("two");
    expect(await later).toBe("two");
  });

  it("keeps a result for the given time and no longer", async () => {
    let now = 0;
    const join = singleFlight<string>({ milliseconds: 1_000, now: () => now });
    let count = 0;
    const run = async () => `result ${(count += 1)}`;
    expect(await join(caller("a"), run)).toBe("result 1");
    now = 999;
    expect(await join(caller("a"), run)).toBe("result 1");
    now = 1_000;
    expect(await join(caller("a"), run)).toBe("result 2");
  });

  it("keeps at most 500 results, the latest ones", async () => {
    const join = singleFlight<string>({ milliseconds: 1_000, now: () => 0 });
    const runs: string[] = [];
    const ask = async (key: string) =>
      await join(caller(key), async () => {
        runs.push(key);
        return key;
      });
    for (let index = 0; index <= 500; index += 1) await ask(`${index}`);
    await ask("1");
    expect(runs).toHaveLength(501);
    await ask("0");
    expect(runs).toHaveLength(502);
  });

  it("does not keep a failure", async () => {
    const join = singleFlight<string>({ milliseconds: 1_000, now: () => 0 });
    const { runs, run } = createWork();
    const first = join(caller("a"), run);
    runs[0]?.reject(new Error("lost"));
    await expect(first).rejects.toThrow("lost");
    const second = join(caller("a"), run);
    runs[1]?.resolve("found");
    expect(await second).toBe("found");
  });

  it("does not keep the result of a run that every caller has left", async () => {
    const join = singleFlight<string>({ milliseconds: 1_000, now: () => 0 });
    const { runs, run } = createWork();
    const leaving = new AbortController();
    const left = join(caller("a", leaving.signal), run);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "CANCELLED" });
    const staying = join(caller("a"), run);
    runs[1]?.resolve("new");
    runs[0]?.resolve("old");
    expect(await staying).toBe("new");
    expect(await join(caller("a"), run)).toBe("new");
  });

  it("does not start a run for a caller that has left already", async () => {
    const join = singleFlight<string>();
    const { runs, run } = createWork();
    await expect(join(caller("a", AbortSignal.abort()), run)).rejects.toMatchObject({
      code: "CANCELLED",
      message: "the read was cancelled",
    });
    expect(runs).toEqual([]);
  });

  it("passes on what the run throws before it returns a promise, and starts another", async () => {
    const join = singleFlight<string>();
    const broken = () => {
      throw new RangeError("broken");
    };
    await expect(join(caller("a"), broken)).rejects.toThrow("broken");
    expect(await join(caller("a"), async () => "whole")).toBe("whole");
  });

  it("has one run while callers wait, and aborts it with the last of them", async () => {
    const act = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "join" as const, at: 0 }) },
      fc.record({ kind: fc.constant("leave" as const), at: fc.nat({ max: 7 }) }),
      fc.record({ kind: fc.constant("succeed" as const), at: fc.constant(0) }),
      fc.record({ kind: fc.constant("fail" as const), at: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const join = singleFlight<string>();
        const { runs, run } = createWork();
        const seen: unknown[] = [];
        const expected: unknown[] = [];
        let starts = 0;
        let waiting: { readonly leave: () => void; readonly outcome: Promise<string> }[] = [];
        for (const { kind, at } of acts) {
          const flying = runs.at(-1);
          const leaving = kind === "leave" ? waiting[at] : undefined;
          if (kind === "join") {
            if (waiting.length === 0) starts += 1;
            const controller = new AbortController();
            const outcome = join(caller("a", controller.signal), run);
            waiting.push({
              leave: () => controller.abort(),
              outcome: outcome.catch((error: Error) => error.message),
            });
            seen.push(runs.length);
            expected.push(starts);
          } else if (leaving !== undefined) {
            waiting = waiting.filter((each) => each !== leaving);
            leaving.leave();
            seen.push(await leaving.outcome, flying?.signal.aborted);
            expected.push("the read was cancelled", waiting.length === 0);
          } else if (kind !== "leave" && waiting.length > 0) {
            const name = `${kind} ${runs.length}`;
            if (kind === "succeed") flying?.resolve(name);
            else flying?.reject(new Error(name));
            for (const { outcome } of waiting) {
              seen.push(await outcome, flying?.signal.aborted);
              expected.push(name, false);
            }
            waiting = [];
          }
        }
        expect(seen).toEqual(expected);
      }),
    );
  });
});
