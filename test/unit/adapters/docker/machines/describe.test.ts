import { describe, expect, it } from "vitest";
import { knownMachine } from "../../../../../src/substrate/contract.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";
import {
  calls,
  frame,
  gone,
  LABELS,
  onEngine,
  running,
} from "../../../../support/engine-adapter.ts";
import { containerAnswer } from "../../../../support/fake-engine.ts";
import type { EngineHandler, FakeEngine } from "../../../../support/fake-engine.ts";

const { signal } = new AbortController();

function listing(...items: readonly object[]): EngineHandler {
  return ({ reply }) =>
    reply(
      200,
      items.map((item) => ({ Labels: LABELS, State: "running", Status: "Up", ...item })),
    );
}

describe("describe", () => {
  it("inspects one", async () => {
    const prepare = (engine: FakeEngine) => engine.on("GET /containers/c1/json", running);
    await onEngine(prepare, async (adapter, engine) => {
      const machines = await adapter.describe(["c1"], signal);
      expect(machines).toMatchObject([{ id: "c1", place: "engine-host", state: "running" }]);
      expect(calls(engine)).toEqual(["GET /containers/c1/json"]);
    });
  });

  it("asks for many at once, and again for those that have ended", async () => {
    const filters: unknown[] = [];
    await onEngine(
      (engine) => {
        engine.on("GET /containers/json", (exchange) => {
          filters.push(exchange.query);
          listing(
            { Id: "c3", State: "exited", Status: "Exited (1) 2 hours ago" },
            { Id: "c1" },
          )(exchange);
        });
        engine.on("GET /containers/c3/json", ({ reply }) => {
          const State = { Status: "exited", ExitCode: 137, OOMKilled: true };
          reply(200, containerAnswer({ Id: "c3", Labels: LABELS, State }));
        });
      },
      async (adapter, engine) => {
        const machines = await adapter.describe(["c1", "c2", "c3", "c1"], signal);
        expect(machines).toMatchObject([
          { id: "c1" },
          null,
          { id: "c3", end: { exitCode: 137, message: "killed: out of memory" } },
          { id: "c1" },
        ]);
        expect(calls(engine)).toEqual(["GET /containers/json", "GET /containers/c3/json"]);
        expect(filters).toEqual([{ all: "true", filters: '{"id":["c1","c2","c3"]}' }]);
      },
    );
  });

  it("asks for very many in few requests", async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `${index}`.padStart(64, "0"));
    const prepare = (engine: FakeEngine) =>
      engine.on("GET /containers/json", listing({ Id: ids[249] }));
    await onEngine(prepare, async (adapter, engine) => {
      const machines = await adapter.describe(ids, signal);
      expect(machines.filter((machine) => machine !== null)).toMatchObject([{ id: ids[249] }]);
      expect(calls(engine)).toHaveLength(3);
    });
  });

  it("asks nothing about what can be no container's id", async () => {
    await onEngine(
      () => undefined,
      async (adapter, engine) => {
        const ids = ["", "../info", "a/b", "%2e", "x".repeat(300)];
        expect(await adapter.describe(ids, signal)).toEqual(ids.map(() => null));
        expect(engine.requests).toEqual([]);
      },
    );
  });

  it.each([
    [
      "exec /machine: exec format error\n",
      "exec format error: the engine cannot run programs for arm64, or the command is a script without an interpreter line",
      "PLATFORM_UNSUPPORTED",
    ],
    [
      "standard_init_linux.go:228: exec user process caused: exec format error\n",
      "exec format error: the engine cannot run programs for arm64, or the command is a script without an interpreter line",
      "PLATFORM_UNSUPPORTED",
    ],
    [
      "exec /entrypoint.sh: no such file or directory\n",
      "exec /entrypoint.sh: no such file or directory",
      undefined,
    ],
    ["/bin/sh: exec: line 1: /app: exec format error\n", "exited with code 1", undefined],
    ["some other words\n", "exited with code 1", undefined],
  ])("reads in the log what the engine does not say: %s", async (log, message, reason) => {
    await onEngine(
      (engine) => {
        engine.on("GET /containers/c1/json", ({ reply }) => {
          const State = { Status: "exited", ExitCode: 1 };
          reply(200, containerAnswer({ Id: "c1", Labels: LABELS, State }));
        });
        engine.on("GET /containers/c1/logs", ({ stream }) => {
          const answer = stream();
          answer.write(frame(2, log));
          answer.end();
        });
      },
      async (adapter) => {
        const [machine] = await adapter.describe(["c1"], signal);
        expect(machine).toMatchObject({ state: "ended", end: { exitCode: 1, message } });
        expect(knownMachine(machine)?.end?.reason).toBe(reason);
      },
    );
  });

  it("does without a log that cannot be read", async () => {
    await onEngine(
      (engine) => {
        engine.on("GET /containers/c1/json", ({ reply }) => {
          const State = { Status: "exited", ExitCode: 1 };
          reply(200, containerAnswer({ Id: "c1", Labels: LABELS, State }));
        });
        engine.on("GET /containers/c1/logs", ({ reply }) =>
          reply(501, { message: "configured logging driver does not support reading" }),
        );
      },
      async (adapter) => {
        expect(await adapter.describe(["c1"], signal)).toMatchObject([
          { state: "ended", end: { exitCode: 1, message: "exited with code 1" } },
        ]);
      },
    );
  });

  it("fails where the engine does, with its address", async () => {
    const adapter = adapterOf({ host: "unix:///nonexistent/engine.sock" });
    const attempts = [
      adapter.describe(["c1"], signal),
      adapter.describe(["c1", "c2"], signal),
      adapter.list("ledger-1", signal),
    ];
    for (const result of await Promise.allSettled(attempts))
      expect(result).toMatchObject({
        status: "rejected",
        reason: { name: "SlipwayError", code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE" },
      });
    await adapter.close();
  });
});

describe("list", () => {
  it("asks for the owner's label, running or not", async () => {
    const queries: unknown[] = [];
    await onEngine(
      (engine) =>
        engine.on("GET /containers/json", (exchange) => {
          queries.push(exchange.query);
          listing({ Id: "c1" }, { Id: "c2", State: "exited", Status: "Exited (0) now" })(exchange);
        }),
      async (adapter) => {
        expect(await adapter.list('ledger"1', signal)).toMatchObject([
          { id: "c1", state: "running", ownership: { owner: "ledger-1" } },
          { id: "c2", state: "ended", end: { exitCode: 0 } },
        ]);
        const filters = JSON.stringify({ label: ['dev.slipway.owner=ledger"1'] });
        expect(queries).toEqual([{ all: "true", filters }]);
      },
    );
  });

  it("throws rather than leave one out that it cannot read", async () => {
    const prepare = (engine: FakeEngine) =>
      engine.on("GET /containers/json", listing({ Id: "c1" }, { Id: "" }));
    await onEngine(prepare, async (adapter) => {
      await expect(adapter.list("ledger-1", signal)).rejects.toMatchObject({
        reason: "ENGINE_UNSUPPORTED",
      });
    });
  });
});

describe("terminate", () => {
  const BUSY: EngineHandler = ({ reply }) =>
    reply(409, { message: "removal of container c1 is already in progress" });

  it("removes by force, with the anonymous volumes", async () => {
    const queries: unknown[] = [];
    await onEngine(
      (engine) =>
        engine.on("DELETE /containers/c1", ({ query, reply }) => {
          queries.push(query);
          reply(204);
        }),
      async (adapter) => {
        expect(await adapter.terminate(["c1"], signal)).toEqual([
          { id: "c1", outcome: "terminated" },
        ]);
        expect(queries).toEqual([{ force: "true", v: "true" }]);
      },
    );
  });

  it("waits for a removal that is under way", async () => {
    await onEngine(
      (engine) => {
        engine.on("DELETE /containers/c1", BUSY);
        engine.on("GET /containers/c1/json", running, gone);
      },
      async (adapter, engine) => {
        const outcomes = await adapter.terminate(["c1"], signal);
        expect(outcomes).toEqual([{ id: "c1", outcome: "terminated" }]);
        expect(calls(engine)).toEqual([
          "DELETE /containers/c1",
          "GET /containers/c1/json",
          "GET /containers/c1/json",
        ]);
      },
    );
  });

  it("answers for each: gone is success, and one failure is its own", async () => {
    await onEngine(
      (engine) => {
        engine.on("DELETE /containers/c1", gone);
        engine.on("DELETE /containers/c2", ({ reply }) => reply(500, { message: "busy" }));
        engine.on("DELETE /containers/c3", (exchange) => exchange.hangUp());
        engine.on("DELETE /containers/c4", ({ reply }) => reply(204));
      },
      async (adapter) => {
        const outcomes = await adapter.terminate(["c1", "c2", "../c", "c3", "c4"], signal);
        expect(outcomes).toMatchObject([
          { id: "c1", outcome: "terminated" },
          { id: "c2", outcome: "failed", error: { reason: "ENGINE_ERROR" } },
          { id: "../c", outcome: "terminated" },
          { id: "c3", outcome: "failed", error: { retry: "same-token" } },
          { id: "c4", outcome: "terminated" },
        ]);
      },
    );
  });
});
