import { describe, expect, it } from "vitest";
import { frame, onEngine, running } from "../../../../support/engine-adapter.ts";
import { containerAnswer } from "../../../../support/fake-engine.ts";

const { signal } = new AbortController();

describe("logs", () => {
  async function read(tty: boolean, ...pieces: readonly Uint8Array[]) {
    const queries: unknown[] = [];
    const text = await onEngine(
      (engine) => {
        engine.on("GET /containers/c1/json", ({ reply }) =>
          reply(200, containerAnswer({ Tty: tty })),
        );
        engine.on("GET /containers/c1/logs", ({ query, stream }) => {
          queries.push(query);
          const answer = stream();
          for (const piece of pieces) answer.write(piece);
          answer.end();
        });
      },
      async (adapter) => {
        const parts: Uint8Array[] = [];
        for await (const part of adapter.logs("c1", { follow: true, tail: 5 }, signal))
          parts.push(part);
        return Buffer.concat(parts).toString();
      },
    );
    return { text, queries };
  }

  it("are both outputs as one, however their frames are cut", async () => {
    const bytes = Buffer.concat([
      frame(1, "one\n"),
      frame(2, ""),
      frame(2, "two\n"),
      frame(1, "ï"),
    ]);
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
    for (const cut of [[bytes], pieces]) {
      const { text, queries } = await read(false, ...cut);
      expect(text).toBe("one\ntwo\nï");
      expect(queries).toEqual([{ stdout: "true", stderr: "true", follow: "true", tail: "5" }]);
    }
  });

  it("are what a terminal shows where the container has one", async () => {
    const { text } = await read(true, Buffer.from([1, 0, 0, 0, 65]));
    expect(text).toBe("\u0001\0\0\0A");
  });

  it("begin at a time, to the millisecond", async () => {
    const queries: unknown[] = [];
    await onEngine(
      (engine) => {
        engine.on("GET /containers/c1/json", running);
        engine.on("GET /containers/c1/logs", ({ query, stream }) => {
          queries.push(query["since"]);
          stream().end();
        });
      },
      async (adapter) => {
        const since = Date.parse("2026-11-22T04:00:00.250Z");
        for await (const _part of adapter.logs("c1", { follow: false, tail: null, since }, signal));
      },
    );
    expect(queries).toEqual(["1795320000.25"]);
  });

  it("fail where the engine dies while they are followed", async () => {
    await onEngine(
      (engine) => {
        engine.on("GET /containers/c1/json", running);
        engine.on("GET /containers/c1/logs", ({ stream }) => {
          const answer = stream();
          answer.write(frame(1, "one"));
          setImmediate(() => answer.breakOff());
        });
      },
      async (adapter) => {
        const follow = async () => {
          for await (const _part of adapter.logs("c1", { follow: true, tail: null }, signal));
        };
        await expect(follow()).rejects.toMatchObject({ reason: "ENGINE_UNAVAILABLE" });
      },
    );
  });
});
