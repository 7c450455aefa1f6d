import { describe, expect, it } from "vitest";
import { sharedRead } from "../../../src/async/shared-read.ts";
import { caughtError } from "../../support/caught.ts";

interface Request {
  readonly project: string;
  readonly zone: string;
}
const question: Request = { project: "p", zone: "z" };

function scene(keep: number) {
  let time = 1_000;
  const asked: { readonly signal: AbortSignal; readonly gate: PromiseWithResolvers<string> }[] = [];
  const read = sharedRead({
    keep,
    now: () => time,
    ask: (_request: Request, signal: AbortSignal) => {
      const gate = Promise.withResolvers<string>();
      asked.push({ signal, gate });
      return gate.promise;
    },
  });
  const answer = (text: string) => asked.at(-1)?.gate.resolve(text);
  return { read, asked, answer, pass: (milliseconds: number) => (time += milliseconds) };
}
const never = new AbortController().signal;

describe("a shared read", () => {
  it("is sent once for all who ask at the same time, in whatever order they write it", async () => {
    const { read, asked, answer } = scene(0);
    const both = Promise.all([read(question, never), read({ zone: "z", project: "p" }, never)]);
    answer("one");
    expect(await both).toEqual(["one", "one"]);
    expect(asked).toHaveLength(1);
  });

  it("is another one for another question, and later", async () => {
    const { read, asked, answer } = scene(0);
    const first = read(question, never);
    answer("one");
    await first;
    const second = read(question, never);
    answer("two");
    expect(await second).toBe("two");
    void read({ ...question, zone: "y" }, never);
    expect(asked).toHaveLength(3);
  });

  it("keeps its answer as long as it is good", async () => {
    const { read, asked, answer, pass } = scene(60);
    const first = read(question, never);
    answer("one");
    await first;
    pass(59);
    expect(await read(question, never)).toBe("one");
    pass(1);
    const again = read(question, never);
    answer("two");
    expect(await again).toBe("two");
    expect(asked).toHaveLength(2);
  });

  it("keeps no failure", async () => {
    const { read, asked, answer } = scene(60);
    const first = read(question, never);
    asked[0]?.gate.reject(new Error("no"));
    await expect(first).rejects.toThrow("no");
    const second = read(question, never);
    answer("one");
    expect(await second).toBe("one");
  });

  it("goes on for others when one leaves, and ends with the last", async () => {
    const { read, asked, answer } = scene(0);
    const [one, other, last] = [0, 1, 2].map(() => new AbortController());
    const first = read(question, one?.signal ?? never);
    const second = read(question, other?.signal ?? never);
    one?.abort();
    expect(await caughtError(() => first)).toMatchObject({ code: "CANCELLED" });
    expect(asked[0]?.signal.aborted).toBe(false);
    answer("one");
    expect(await second).toBe("one");
    const third = read(question, last?.signal ?? never);
    last?.abort();
    expect(await caughtError(() => third)).toMatchObject({ code: "CANCELLED" });
    expect(asked[1]?.signal.aborted).toBe(true);
    const fresh = read(question, never);
    answer("two");
    expect(await fresh).toBe("two");
  });

  it("is not sent for who has left already", async () => {
    const { read, asked } = scene(0);
    expect(await caughtError(() => read(question, AbortSignal.abort()))).toMatchObject({
      code: "CANCELLED",
    });
    expect(asked).toHaveLength(0);
  });
});
