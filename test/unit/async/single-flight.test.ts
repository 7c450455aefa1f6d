import { describe, expect, it } from "vitest";
import { sharedReads } from "../../../src/async/single-flight.ts";

const { signal } = new AbortController();

/** A load that counts its calls and ends when it is told to. */
function slowLoad() {
  const calls: {
    signal: AbortSignal;
    resolve: (value: string) => void;
    reject: (error: Error) => void;
  }[] = [];
  const load = (stop: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    calls.push({ signal: stop, resolve, reject });
    return promise;
  };
  return { calls, load };
}

describe("shared reads", () => {
  it("are one for callers at the same time, and another afterwards", async () => {
    const reads = sharedReads<string>({ what: "a read", keepMilliseconds: 0, now: () => 0 });
    const { calls, load } = slowLoad();
    const both = Promise.all([reads.read("a", load, signal), reads.read("a", load, signal)]);
    const other = reads.read("b", load, signal);
    calls[0]?.resolve("one");
    calls[1]?.resolve("other");
    expect(await both).toEqual(["one", "one"]);
    expect(await other).toBe("other");
    const later = reads.read("a", load, signal);
    calls[2]?.resolve("two");
    expect(await later).toBe("two");
  });

  it("are kept for so long, and no longer", async () => {
    let now = 0;
    const reads = sharedReads<string>({ what: "a read", keepMilliseconds: 1000, now: () => now });
    let count = 0;
    const load = async () => `answer ${(count += 1)}`;
    expect(await reads.read("a", load, signal)).toBe("answer 1");
    now = 999;
    expect(await reads.read("a", load, signal)).toBe("answer 1");
    now = 1000;
    expect(await reads.read("a", load, signal)).toBe("answer 2");
  });

  it("keep no failure", async () => {
    const reads = sharedReads<string>({ what: "a read", keepMilliseconds: 1000, now: () => 0 });
    const { calls, load } = slowLoad();
    const first = reads.read("a", load, signal);
    calls[0]?.reject(new Error("lost"));
    await expect(first).rejects.toThrow("lost");
    const second = reads.read("a", load, signal);
    calls[1]?.resolve("found");
    expect(await second).toBe("found");
  });

  it("go on for the others when one stops waiting, and end with the last", async () => {
    const reads = sharedReads<string>({ what: "a read", keepMilliseconds: 0, now: () => 0 });
    const { calls, load } = slowLoad();
    const impatient = new AbortController();
    const leaving = reads.read("a", load, impatient.signal);
    const patient = new AbortController();
    const staying = reads.read("a", load, patient.signal);
    impatient.abort();
    await expect(leaving).rejects.toMatchObject({ code: "CANCELLED" });
    expect(calls[0]?.signal.aborted).toBe(false);
    patient.abort();
    await expect(staying).rejects.toMatchObject({ code: "CANCELLED" });
    expect(calls[0]?.signal.aborted).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it("are not begun for who has stopped already", async () => {
    const reads = sharedReads<string>({ what: "a read", keepMilliseconds: 0, now: () => 0 });
    const { calls, load } = slowLoad();
    await expect(reads.read("a", load, AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(calls).toEqual([]);
  });
});
