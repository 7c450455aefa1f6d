import { describe, expect, it, vi } from "vitest";
import type { Catalog } from "../../../src/catalog/catalog.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway } from "./support/fake-slipway.ts";

function withCatalog(catalog: Partial<Catalog>) {
  return { slipway: fakeSlipway({ catalog }) };
}

describe("every command", () => {
  it("opens Slipway with the flags, the environment and the working directory", async () => {
    const environment = { HOME: "/nowhere", SLIPWAY_TENANT: "env" };
    const ran = await runInMemory(["get", "image", "--tenant", "acme", "--database=x.db"], {
      ...withCatalog({ list: vi.fn().mockResolvedValue([]) }),
      environment,
      workingDirectory: "/work",
    });
    expect(ran.opened).toEqual([
      {
        environment,
        workingDirectory: "/work",
        chosen: null,
        onWarning: expect.any(Function),
        onlyExisting: false,
        flags: {
          output: null,
          query: null,
          context: null,
          tenant: "acme",
          database: "x.db",
          keyFile: null,
          quiet: false,
          verbose: false,
        },
      },
    ]);
  });

  it("closes Slipway after success and after failure", async () => {
    const dispose = vi.fn().mockResolvedValue(undefined);
    for (const list of [vi.fn().mockResolvedValue([]), vi.fn().mockRejectedValue(new Error("x"))]) {
      const slipway = fakeSlipway({ catalog: { list }, [Symbol.asyncDispose]: dispose });
      await runInMemory(["get", "image"], { slipway });
    }
    expect(dispose).toHaveBeenCalledTimes(2);
  });

  it("reports an unexpected exception as INTERNAL, without a stack", async () => {
    const list = vi.fn().mockRejectedValue(new TypeError("x is not a function"));
    const ran = await runInMemory(["get", "image"], withCatalog({ list }));
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^slipway: INTERNAL: unexpected failure: x is not a function\n/);
    expect(ran.stderr).not.toContain("    at ");
  });
});

describe("a command that hangs", () => {
  it("is abandoned when its grace period after an interrupt has ended", async () => {
    const interrupt = new AbortController();
    const listSpawns = vi.fn(() => {
      interrupt.abort();
      return new Promise<never>(() => undefined);
    });
    const ran = await runInMemory(["list", "-o", "json"], {
      slipway: fakeSlipway({ listSpawns }),
      interrupt: interrupt.signal,
      gracePeriod: 1,
    });
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: "CANCELLED", reason: "INTERRUPTED" },
    });
  });

  it("ends at once if it waits for standard input", async () => {
    const interrupt = new AbortController();
    const stdin = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          interrupt.abort();
          return new Promise<never>(() => undefined);
        },
      }),
    };
    const ran = await runInMemory(["set", "image", "a"], { stdin, interrupt: interrupt.signal });
    expect(ran).toMatchObject({ exitCode: 130, stdout: "", opened: [] });
  });

  it("keeps its result if it ends within the grace period", async () => {
    const interrupt = new AbortController();
    const listSpawns = vi.fn(() => {
      interrupt.abort();
      return Promise.resolve([]);
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const ran = await runInMemory(["list"], {
      slipway: fakeSlipway({ listSpawns }),
      interrupt: interrupt.signal,
    });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "[]\n", stderr: "" });
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
