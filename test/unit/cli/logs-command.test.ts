import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway } from "./support/fake-slipway.ts";

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
