import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

function notFound(spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "SPAWN_NOT_FOUND",
    message: `spawn ${spawnId} is not known`,
    remedy: "List them.",
  });
}

describe("logs", () => {
  it("prints the machine's bytes unchanged", async () => {
    const logs = vi.fn<Slipway["logs"]>(async function* () {
      yield await Promise.resolve(Buffer.from("\u001b[31mred\u001b[0m\n"));
      yield Buffer.from("more");
    });
    const argv = ["logs", "one", "--follow", "--tail", "0"];
    const ran = await runInMemory(argv, { slipway: fakeSlipway({ logs }) });
    expect(logs.mock.calls[0]).toMatchObject(["one", { follow: true, tail: 0 }]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "", stdout: "\u001b[31mred\u001b[0m\nmore" });
  });

  it("ends quietly when the reader closes standard output", async () => {
    const reader = new AbortController();
    let pieces = 0;
    const logs: Slipway["logs"] = async function* () {
      while (pieces < 100) {
        pieces += 1;
        if (pieces === 3) reader.abort();
        yield await Promise.resolve(Buffer.from("line\n"));
      }
    };
    const ran = await runInMemory(["logs", "one", "--follow"], {
      slipway: fakeSlipway({ logs }),
      reader: reader.signal,
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "", stdout: "line\nline\n" });
    expect(pieces).toBe(3);
  });

  it("ends quietly too if closing standard output cancels the stream", async () => {
    const reader = new AbortController();
    const cancelled = new SlipwayError({ code: "CANCELLED", reason: "INTERRUPTED", message: "x" });
    const logs: Slipway["logs"] = () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          reader.abort();
          return Promise.reject(cancelled);
        },
      }),
    });
    const ran = await runInMemory(["logs", "one"], {
      slipway: fakeSlipway({ logs }),
      reader: reader.signal,
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("exits quietly with 130 when --follow is interrupted", async () => {
    const interrupt = new AbortController();
    const logs: Slipway["logs"] = async function* () {
      yield await Promise.resolve(Buffer.from("line\n"));
      interrupt.abort();
      throw new SlipwayError({ code: "CANCELLED", reason: "INTERRUPTED", message: "reading" });
    };
    const ran = await runInMemory(["logs", "one", "--follow"], {
      slipway: fakeSlipway({ logs }),
      interrupt: interrupt.signal,
    });
    expect(ran).toMatchObject({ exitCode: 130, stdout: "line\n", stderr: "" });
  });

  it.each([
    { argv: ["logs", "one", "--follow"], exitCode: 130, stderr: "" },
    { argv: ["logs", "one"], exitCode: 130, stderr: "slipway: CANCELLED: the command was inter" },
  ])(
    "exits with $exitCode when interrupted even if the stream ends normally: $argv",
    async (given) => {
      const interrupt = new AbortController();
      const logs: Slipway["logs"] = async function* () {
        yield await Promise.resolve(Buffer.from("line\n"));
        interrupt.abort();
      };
      const ran = await runInMemory(given.argv, {
        slipway: fakeSlipway({ logs }),
        interrupt: interrupt.signal,
      });
      expect(ran).toMatchObject({ exitCode: given.exitCode, stdout: "line\n" });
      expect(ran.stderr.slice(0, 41)).toBe(given.stderr);
    },
  );

  it("reports a failure even if it was interrupted", async () => {
    const interrupt = new AbortController();
    const logs: Slipway["logs"] = async function* () {
      yield await Promise.resolve(Buffer.from("line\n"));
      interrupt.abort();
      throw notFound("one");
    };
    const ran = await runInMemory(["logs", "one", "--follow"], {
      slipway: fakeSlipway({ logs }),
      interrupt: interrupt.signal,
    });
    expect(ran.exitCode).toBe(4);
  });
});

describe("logs on a terminal", () => {
  it.each([
    [["up\n", "more"], "up\nmore\n"],
    [["up\n", "more\n"], "up\nmore\n"],
    [["more", ""], "more\n"],
    [[], ""],
  ])("end with a newline: %j", async (pieces, stdout) => {
    const logs: Slipway["logs"] = () => outputOf(...pieces);
    const ran = await runInMemory(["logs", "one"], {
      slipway: fakeSlipway({ logs }),
      stdoutIsTerminal: true,
    });
    expect(ran.stdout).toBe(stdout);
  });
});

describe("logs since a time", () => {
  it.each([
    ["5m", "2026-11-25T03:55:00.000Z"],
    ["2026-11-24T00:00:00Z", "2026-11-24T00:00:00.000Z"],
  ])("%s", async (since, time) => {
    const logs = vi.fn<Slipway["logs"]>().mockReturnValue(outputOf());
    await runInMemory(["logs", "one", "-f", "--since", since], { slipway: fakeSlipway({ logs }) });
    expect(logs.mock.calls[0]?.[1]).toMatchObject({ follow: true, since: time });
  });
});

describe("logs of several spawns", () => {
  const outputs = new Map<string, AsyncIterable<Uint8Array>>();
  const logs: Slipway["logs"] = (spawnId) => {
    const output = outputs.get(spawnId);
    if (output === undefined) throw notFound(spawnId);
    return output;
  };

  it("are printed by whole lines with the spawn's id, and keep the order of each", async () => {
    const turns = { one: ["a1\na", "2", "\n"], "spawn-two": ["b1", "\nb2\nb3"] };
    const all: Slipway["logs"] = (spawnId) =>
      outputOf(...(spawnId === "one" ? turns.one : turns["spawn-two"]));
    const ran = await runInMemory(["logs", "one", "spawn-two", "one"], {
      slipway: fakeSlipway({ logs: all }),
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = ran.stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("one"))).toEqual([
      "one       | a1",
      "one       | a2",
    ]);
    expect(lines.filter((line) => line.startsWith("spawn-two"))).toEqual([
      "spawn-two | b1",
      "spawn-two | b2",
      "spawn-two | b3",
    ]);
    expect(lines).toHaveLength(6);
  });

  it.each([
    [{}, "\u001b[36mone | \u001b[39mup\n"],
    [{ NO_COLOR: "1" }, "one | up\n"],
  ])("have colors on a terminal with %j", async (environment, stdout) => {
    const ran = await runInMemory(["logs", "--workspace", "w"], {
      slipway: fakeSlipway({
        logs: () => outputOf("up\n"),
        listSpawns: async () => [sampleSpawn()],
      }),
      stdoutIsTerminal: true,
      environment,
    });
    expect(ran.stdout).toBe(stdout);
  });

  it("are those of live spawns that the flags select", async () => {
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue([]);
    const argv = ["logs", "--workspace", "w", "--label", "task=7", "--label", "a=b"];
    const ran = await runInMemory(argv, { slipway: fakeSlipway({ listSpawns }) });
    expect(listSpawns).toHaveBeenCalledExactlyOnceWith({
      live: true,
      workspace: "w",
      labels: { task: "7", a: "b" },
    });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "" });
    expect(ran.stderr).toContain("no live spawn matches");
  });

  it.each([
    ["-f", 40],
    ["--tail=5", 16],
  ])("are read at the same time, with %s up to %i", async (flag, most) => {
    let open = 0;
    let seen = 0;
    const { promise: full, resolve } = Promise.withResolvers<void>();
    const all: Slipway["logs"] = async function* () {
      open += 1;
      seen = Math.max(seen, open);
      if (open === most) resolve();
      yield Buffer.from("up\n");
      await full;
      open -= 1;
    };
    const ids = Array.from({ length: 40 }, (_, index) => `s-${index}`);
    const ran = await runInMemory(["logs", flag, ...ids], { slipway: fakeSlipway({ logs: all }) });
    expect(ran.stdout.match(/up/g)).toHaveLength(40);
    expect(seen).toBe(most);
  });

  it("are printed although one cannot be read, which is reported at the end", async () => {
    outputs.set("one", outputOf("up\n"));
    const ran = await runInMemory(["logs", "gone", "one"], { slipway: fakeSlipway({ logs }) });
    expect(ran).toMatchObject({ exitCode: 4, stdout: "one  | up\n" });
    expect(ran.stderr).toContain("1 of 2 logs could not be read");
    expect(ran.stderr).toContain("gone: NOT_FOUND");
  });

  it.each([
    [["logs"], "SPAWN_ID is missing"],
    [["logs", "one", "--workspace", "w"], "mutually exclusive"],
    [["logs", "-f", ...Array.from({ length: 101 }, (_, index) => `s-${index}`)], "101 spawns"],
  ])("are refused: %#", async (argv, words) => {
    const ran = await runInMemory(argv, { slipway: fakeSlipway({}) });
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(words);
  });
});

async function* outputOf(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}
