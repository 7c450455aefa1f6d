import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ExecRequest, SubstrateAdapter } from "../../../../../src/substrate/contract.ts";
import { SecretValue } from "../../../../../src/secret-value.ts";
import { frame, onEngine } from "../../../../support/engine-adapter.ts";
import type { EngineExchange, EngineHandler, FakeEngine } from "../../../../support/fake-engine.ts";

const { signal } = new AbortController();

const PLAIN: ExecRequest = {
  command: ["true"],
  env: {},
  user: null,
  workingDirectory: null,
  input: null,
  terminal: null,
  onOutput: async () => undefined,
};

function exec(adapter: SubstrateAdapter, request: Partial<ExecRequest> = {}, stop = signal) {
  const { access } = adapter;
  if (access?.kind !== "exec") throw new Error("the adapter runs no commands");
  return access.exec("c1", { ...PLAIN, ...request }, stop);
}

interface Played {
  /** What the engine does with the stream of the command. Default: ends it. */
  readonly play?: (stream: Duplex, exchange: EngineExchange) => void;
  /** The engine's answers about the command, the last one repeated. Default: ended with 0. */
  readonly states?: readonly object[];
}

/** An engine with one command. */
function playExec(engine: FakeEngine, { play = endStream, states = [ended(0)] }: Played = {}) {
  engine.on("POST /containers/c1/exec", ({ reply }) => reply(201, { Id: "e1" }));
  engine.on("POST /exec/e1/start", (exchange) => play(exchange.upgrade(), exchange));
  const [first, ...others] = states.map(
    (state): EngineHandler =>
      ({ reply }) =>
        reply(200, state),
  );
  if (first !== undefined) engine.on("GET /exec/e1/json", first, ...others);
}

function endStream(stream: Duplex): void {
  stream.end();
}

function ended(ExitCode: number): object {
  return { Running: false, ExitCode };
}

describe("exec", () => {
  it("asks for the command as it is, and for no stream or terminal that it does not use", async () => {
    const bodies: unknown[] = [];
    await onEngine(
      (engine) => {
        playExec(engine, { play: (stream, { json }) => stream.end(() => bodies.push(json())) });
        engine.on("POST /containers/c1/exec", ({ reply, json }) => {
          bodies.push(json());
          reply(201, { Id: "e1" });
        });
      },
      (adapter) =>
        exec(adapter, {
          command: ["echo", "$A; ls"],
          env: { A: new SecretValue("1=2") },
          user: "me:us",
          workingDirectory: "/srv",
        }),
    );
    expect(bodies).toEqual([
      {
        AttachStdin: false,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        Cmd: ["echo", "$A; ls"],
        Env: ["A=1=2"],
        DetachKeys: expect.stringMatching(/^(?:ctrl-\^,){15}ctrl-\^$/),
        User: "me:us",
        WorkingDir: "/srv",
      },
      { Detach: false, Tty: false },
    ]);
  });

  it("delivers one piece after the other, and reads no further in the meantime", async () => {
    const whole = 8 * 1024 * 1024;
    let delivered = 0;
    let isBusy = false;
    let unread = 0;
    let unreadBytes = (): number => 0;
    await onEngine(
      (engine) =>
        playExec(engine, {
          play: (stream) => {
            const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
            header.writeUInt32BE(whole, 4);
            stream.write(header);
            stream.end(Buffer.alloc(whole));
            unreadBytes = () => stream.writableLength;
          },
        }),
      (adapter) =>
        exec(adapter, {
          onOutput: async (_stream, bytes) => {
            expect(isBusy).toBe(false);
            isBusy = true;
            if (delivered === 0) for (let turn = 0; turn < 50; turn += 1) await setImmediate();
            if (delivered === 0) unread = unreadBytes();
            delivered += bytes.length;
            isBusy = false;
          },
        }),
    );
    expect(delivered).toBe(whole);
    expect(unread).toBeGreaterThan(whole / 2);
  });

  it("asks for the exit code until the command has ended", async () => {
    const code = await onEngine(
      (engine) => playExec(engine, { states: [{ Running: true, ExitCode: null }, ended(9)] }),
      (adapter) => exec(adapter),
    );
    expect(code).toBe(9);
  });

  it("has the exit code of a command whose connection the engine resets", async () => {
    const unread = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536);
    };
    const code = await onEngine(
      (engine) =>
        playExec(engine, {
          // The system resets a connection that is closed with bytes to read.
          play: (stream) => stream.once("readable", () => stream.destroy()),
          states: [ended(3)],
        }),
      (adapter) => exec(adapter, { input: unread() }),
    );
    expect(code).toBe(3);
  });

  it.each<readonly [string, Played, object]>([
    [
      "the output breaks off inside a frame",
      { play: (stream) => stream.end(frame(1, "cut").subarray(0, 9)) },
      {
        code: "UNAVAILABLE",
        reason: "ENGINE_UNAVAILABLE",
        message: expect.stringContaining("may still be running"),
      },
    ],
    [
      "the engine has forgotten how it ended",
      { states: [{ Running: false, ExitCode: null }] },
      { reason: "ENGINE_UNAVAILABLE", message: expect.stringContaining("exit code") },
    ],
  ])("fails if %s", async (_case, played, error) => {
    await onEngine(
      (engine) => playExec(engine, played),
      (adapter) => expect(exec(adapter)).rejects.toMatchObject(error),
    );
  });

  it("fails if the engine dies while the command runs", async () => {
    await onEngine(
      (engine) => {
        playExec(engine, { play: (stream) => stream.destroy() });
        engine.on("GET /exec/e1/json", ({ hangUp }) => hangUp());
      },
      (adapter) =>
        expect(exec(adapter)).rejects.toMatchObject({
          code: "UNAVAILABLE",
          reason: "ENGINE_UNAVAILABLE",
          message: expect.stringContaining("the command had started and may still be running"),
        }),
    );
  });

  it.each<readonly [string, number, string, object]>([
    [
      "Docker, stopped",
      409,
      "Container c1 is not running",
      { code: "FAILED_PRECONDITION", reason: "MACHINE_NOT_RUNNING" },
    ],
    [
      "Docker, paused",
      409,
      "Container c1 is paused, unpause the container before exec",
      { reason: "MACHINE_NOT_RUNNING" },
    ],
    [
      "Podman, stopped",
      500,
      "can only create exec sessions on running containers: container state improper",
      { reason: "MACHINE_NOT_RUNNING" },
    ],
    ["gone", 404, "No such container: c1", { code: "NOT_FOUND", reason: "MACHINE_NOT_FOUND" }],
  ])("refuses a container: %s", async (_case, status, message, error) => {
    await onEngine(
      (engine) => engine.on("POST /containers/c1/exec", ({ reply }) => reply(status, { message })),
      (adapter) =>
        expect(exec(adapter)).rejects.toMatchObject({
          ...error,
          message: `running a command in container c1: ${message}`,
        }),
    );
  });

  it.each<readonly [string, (exchange: EngineExchange) => void, object]>([
    [
      "an unknown user, as Podman does",
      ({ reply }) =>
        reply(500, { message: "unable to find user me: no matching entries in passwd file" }),
      { code: "FAILED_PRECONDITION", reason: "RESOURCE_VALUE_REFUSED" },
    ],
    [
      "an upgrade, as proxies do",
      ({ stream }) => void stream(),
      {
        code: "FAILED_PRECONDITION",
        reason: "ENGINE_UNSUPPORTED",
        remedy: expect.stringContaining("proxy"),
      },
    ],
    ["the connection", ({ hangUp }) => hangUp(), { reason: "ENGINE_UNAVAILABLE" }],
  ])("reports an engine that refuses %s", async (_case, start, error) => {
    await onEngine(
      (engine) => {
        playExec(engine);
        engine.on("POST /exec/e1/start", start);
      },
      (adapter) => expect(exec(adapter)).rejects.toMatchObject(error),
    );
  });

  it("fails with the caller's own failure to take the output, or to give the input", async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error("the input broke"));
    };
    const failing: readonly (readonly [string, Partial<ExecRequest>])[] = [
      ["the output broke", { onOutput: () => Promise.reject(new Error("the output broke")) }],
      ["the input broke", { input: broken() }],
    ];
    for (const [words, request] of failing)
      await onEngine(
        (engine) => playExec(engine, { play: (stream) => void stream.write(frame(1, "out")) }),
        (adapter) =>
          expect(exec(adapter, request)).rejects.toMatchObject({
            code: "INTERNAL",
            message: `unexpected failure: ${words}`,
          }),
      );
  });

  it("closes the stream when it is aborted, and does not wait for input", async () => {
    const controller = new AbortController();
    const waiting = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("typed");
      await new Promise(() => undefined);
    };
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    await onEngine(
      (engine) =>
        playExec(engine, {
          play: (stream) => {
            stream.once("close", () => leave());
            stream.once("data", () => controller.abort());
          },
        }),
      (adapter) =>
        expect(exec(adapter, { input: waiting() }, controller.signal)).rejects.toMatchObject({
          code: "CANCELLED",
        }),
    );
    await left;
  });

  it("repeats the first size until the command has started, and sends each later one", async () => {
    const sizes: unknown[] = [];
    let columns = 100;
    let resized = (): void => undefined;
    await onEngine(
      (engine) => {
        let stream: Duplex | null = null;
        playExec(engine, { play: (opened) => void (stream = opened) });
        engine.on(
          "POST /exec/e1/resize",
          ({ reply }) => reply(500, { message: "not running yet" }),
          ({ reply, query }) => {
            sizes.push(query);
            reply(200);
            columns = 60;
            resized();
          },
          ({ reply, query }) => {
            sizes.push(query);
            reply(200);
            stream?.end();
          },
        );
      },
      (adapter) =>
        exec(adapter, {
          terminal: {
            size: () => ({ columns, rows: 30 }),
            onResize: (listener) => {
              resized = listener;
              return { [Symbol.dispose]: () => (resized = () => undefined) };
            },
          },
        }),
    );
    expect(sizes).toEqual([
      { w: "100", h: "30" },
      { w: "60", h: "30" },
    ]);
  });

  it("gives up a size that a later one has replaced", async () => {
    let resized = (): void => undefined;
    const code = await onEngine(
      (engine) => {
        let command: Duplex | null = null;
        playExec(engine, { play: (opened) => void (command = opened) });
        engine.on(
          "POST /exec/e1/resize",
          ({ stream }) => {
            // Without an end, the answer would hold the first size back for as long as it likes.
            void stream().abandoned.then(() => command?.end());
            resized();
          },
          ({ reply }) => reply(200),
        );
      },
      (adapter) =>
        exec(adapter, {
          terminal: {
            size: () => ({ columns: 80, rows: 24 }),
            onResize: (listener) => {
              resized = listener;
              return { [Symbol.dispose]: () => undefined };
            },
          },
        }),
    );
    expect(code).toBe(0);
  });
});
