import { describe, expect, it } from "vitest";
import { createMachineLister } from "../../../../src/spawner/machines/lister.ts";
import type { Machine } from "../../../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../../testing/fake-clock.ts";

function listing() {
  const asked: string[] = [];
  const answers: PromiseWithResolvers<readonly Machine[]>[] = [];
  const adapter = {
    ...createFakeAdapter({ clock: createFakeClock(), images: [] }),
    async list(owner: string): Promise<readonly Machine[]> {
      asked.push(owner);
      const answer = Promise.withResolvers<readonly Machine[]>();
      answers.push(answer);
      return await answer.promise;
    },
  };
  const lister = createMachineLister(adapter);
  const never = new AbortController().signal;
  return {
    asked,
    answers,
    list: (owner: string, signal: AbortSignal = never) => lister.list(owner, signal),
  };
}

/** Resolves when everything that is ready has run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe("a machine lister", () => {
  it("lists once for all callers that arrive together", async () => {
    const { asked, answers, list } = listing();
    const lists = Promise.all([list("one"), list("one"), list("one")]);
    await settle();
    answers[0]?.resolve([]);
    const [first, second] = await lists;
    expect(first).toBe(second);
    expect(asked).toEqual(["one"]);
  });

  it("gives no caller a listing that started before its call", async () => {
    const { asked, answers, list } = listing();
    const early = list("one");
    await settle();
    const later = Promise.all([list("one"), list("one")]);
    await settle();
    expect(asked).toHaveLength(1);
    const old: readonly Machine[] = [];
    answers[0]?.resolve(old);
    expect(await early).toBe(old);
    await settle();
    expect(asked).toHaveLength(2);
    answers[1]?.resolve([]);
    expect((await later)[0]).not.toBe(old);
  });

  it("lets one caller leave at once, passes a failure to the others, and continues", async () => {
    const { asked, answers, list } = listing();
    const leaving = new AbortController();
    const left = list("one", leaving.signal);
    const stays = list("one");
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    await settle();
    answers[0]?.reject(new Error("no answer"));
    await expect(stays).rejects.toThrow("no answer");
    const next = list("one");
    await settle();
    answers[1]?.resolve([]);
    expect(await next).toEqual([]);
    expect(asked).toHaveLength(2);
  });
});
