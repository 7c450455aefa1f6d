import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExecOptions } from "../../src/slipway/slipway.ts";
import { startRegistry } from "../../testing/registry/index.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { caughtError } from "../support/caught.ts";
import { askEngine } from "../support/engine-client.ts";
import { describeWithEngine, describeWithPodman } from "../support/peers.ts";
import { startPodman } from "../support/podman.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";

const PODMAN_MILLISECONDS = 60_000;
const MEGABYTE = 1024 * 1024;

type Engine = Parameters<typeof openWorld>[0]["engine"];

/** What engines do differently. */
interface Habits {
  /** The exit code for a program that the container does not have, and where the engine says so. */
  readonly notFound: number;
  readonly notFoundOn: "stdout" | "stderr";
  /** What is left of the output of a command that ends without reading its input. */
  readonly lostOutput: readonly string[];
}

describeWithEngine("exec", (engine) => {
  describe("on Docker", () => {
    execDuties(async () => ({ ...engine, async [Symbol.asyncDispose]() {} }), {
      notFound: 126,
      notFoundOn: "stdout",
      lostOutput: [],
    });
  });
  describeWithPodman("on Podman", (peer) => {
    // Podman loses the last output of a command that leaves input unread.
    execDuties(() => startPodman(peer), {
      notFound: 127,
      notFoundOn: "stderr",
      lostOutput: [""],
    });
  });

  function execDuties(start: () => Promise<Engine & AsyncDisposable>, habits: Habits): void {
    const stack = new AsyncDisposableStack();
    let world: World;
    let own: Engine;
    let spawnId: string;
    beforeAll(async () => {
      own = stack.use(await start());
      const registry = await startRegistry();
      stack.defer(() => registry.close());
      const config = {
        Cmd: ["sh", "-c", "echo started; sleep 1000 & wait"],
        User: "1234:99",
        WorkingDir: "/bin",
        Env: ["PATH=/bin", "OWN=of the image"],
      };
      const image = await busyboxImage(engine, { architecture: "amd64", config });
      const { reference } = registry.add("exec/agent", "1", image);
      world = stack.use(await openWorld({ engine: own, others: [registry] }));
      const workspace = await world.workspace({ imageRef: reference, secret: null });
      spawnId = uniqueName();
      await world.slipway.spawnWorkspace(workspace, { spawnId });
    }, PODMAN_MILLISECONDS);
    afterAll(() => stack.disposeAsync(), PODMAN_MILLISECONDS);

    const run = async (command: readonly string[], options: ExecOptions = {}) => {
      const printed: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
      const code = await world.slipway.exec(spawnId, {
        command,
        onOutput: (stream, bytes) => void printed[stream].push(Buffer.from(bytes)),
        ...options,
      });
      const [stdout, stderr] = [Buffer.concat(printed.stdout), Buffer.concat(printed.stderr)];
      return { code, stdout: stdout.toString("latin1"), stderr: stderr.toString("latin1") };
    };

    it("keeps the outputs apart, and returns the command's exit code", async () => {
      expect(await run(["sh", "-c", "echo out; echo err >&2; exit 42"])).toEqual({
        code: 42,
        stdout: "out\n",
        stderr: "err\n",
      });
      expect(await run(["sh", "-c", "kill -9 $$"])).toMatchObject({ code: 137 });
    });

    it("runs as the container's user, in its folder, with its variables", async () => {
      const script = 'echo "$(id -u):$(id -g) $(pwd) $OWN $MORE"';
      expect(await run(["sh", "-c", script], { env: { MORE: "a=b c" } })).toMatchObject({
        code: 0,
        stdout: "1234:99 /bin of the image a=b c\n",
      });
      const other = { user: "0:0", workingDirectory: "/" };
      expect(await run(["sh", "-c", script], other)).toMatchObject({
        stdout: "0:0 / of the image \n",
      });
    });

    it("passes every byte of the input on, and its end", async () => {
      const bytes = Buffer.from(Array.from({ length: 3 * MEGABYTE }, (_, index) => index % 251));
      const input = async function* () {
        for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
      };
      const { code, stdout } = await run(["cat"], { input: input() });
      expect(code).toBe(0);
      expect(Buffer.from(stdout, "latin1").equals(bytes)).toBe(true);
    });

    it("ends with the command, although more input could come", async () => {
      const endless = async function* () {
        for (;;) yield Buffer.alloc(65_536, "x\n");
      };
      const { code, stdout } = await run(["sh", "-c", "read line; echo got $line; exit 3"], {
        input: endless(),
      });
      expect(code).toBe(3);
      expect(["got x\n", ...habits.lostOutput]).toContain(stdout);
    });

    it("waits for a command that has closed its output", async () => {
      expect(await run(["sh", "-c", "exec >&- 2>&-; sleep 0.4; exit 9"])).toMatchObject({
        code: 9,
      });
    });

    it("gives the command a terminal with the caller's size, and each later one", async () => {
      const until = (columns: number) =>
        `until size=$(busybox stty size 2>&1) && [ "\${size#* }" = ${columns} ]; do :; done; echo $size`;
      let columns = 101;
      const listeners = new Set<() => void>();
      let printed = "";
      const code = await world.slipway.exec(spawnId, {
        command: ["sh", "-c", `${until(101)}; ${until(55)}; exit 5`],
        input: neverEnding(),
        terminal: {
          size: () => ({ columns, rows: 33 }),
          onResize: (listener) => {
            listeners.add(listener);
            return { [Symbol.dispose]: () => void listeners.delete(listener) };
          },
        },
        onOutput: (stream, bytes) => {
          expect(stream).toBe("stdout");
          const before = printed.includes("33 101");
          printed += Buffer.from(bytes).toString();
          if (before || !printed.includes("33 101")) return;
          columns = 55;
          for (const listener of listeners) listener();
        },
      });
      expect({ code, printed }).toEqual({ code: 5, printed: "33 101\r\n33 55\r\n" });
      expect(listeners.size).toBe(0);
    });

    it("sends Ctrl-C and Ctrl-P to the command on a terminal", async () => {
      const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
      const keys = async function* () {
        await ready;
        yield Buffer.from("\u0010\u0003");
        yield* neverEnding();
      };
      const terminal = {
        size: () => ({ columns: 80, rows: 24 }),
        onResize: () => ({ [Symbol.dispose]() {} }),
      };
      const script = `trap 'exit 77' INT; echo ready; ${idle}`;
      const onOutput = (): void => setReady();
      expect(await run(["sh", "-c", script], { input: keys(), terminal, onOutput })).toMatchObject({
        code: 77,
      });
    });

    it("has the engine's own code and words for a program that is not there", async () => {
      const { code, ...printed } = await run(["no-such-program"]);
      expect(code).toBe(habits.notFound);
      expect(printed[habits.notFoundOn]).toContain('exec: "no-such-program": executable file not');
    });

    it("opens the container's shell if no command is given", async () => {
      const input = async function* () {
        yield Buffer.from("echo shell of $(id -u); exit 6\n");
      };
      let printed = "";
      const code = await world.slipway.exec(spawnId, {
        input: input(),
        onOutput: (_stream, bytes) => void (printed += Buffer.from(bytes).toString()),
      });
      expect({ code, printed }).toEqual({ code: 6, printed: "shell of 1234\n" });
    });

    it("knows when the container has printed what", async () => {
      const read = async (milliseconds: number) => {
        const since = new Date(Date.now() + milliseconds).toISOString();
        return Buffer.concat(
          await Array.fromAsync(world.slipway.logs(spawnId, { since })),
        ).toString();
      };
      expect(await read(-3_600_000)).toBe("started\n");
      expect(await read(0)).toBe("");
    });

    it("leaves a command running whose caller goes away, as docker exec does", async () => {
      const controller = new AbortController();
      const script = "echo ready; exec sleep 98765";
      const left = run(["sh", "-c", script], {
        signal: controller.signal,
        onOutput: () => controller.abort(),
      });
      expect(await caughtError(() => left)).toMatchObject({ code: "CANCELLED" });
      const find = 'busybox grep -l "9876[5]" /proc/[0-9]*/cmdline';
      expect(await run(["sh", "-c", find])).toMatchObject({ code: 0 });
    });

    it("refuses a container that does not run, and one that is gone", async () => {
      const { machine } = await world.slipway.describeSpawn(spawnId);
      const container = `/containers/${machine?.id ?? ""}`;
      const attempt = () => caughtError(() => run(["true"]));
      await askEngine(own, "POST", `${container}/pause`);
      expect(await attempt()).toMatchObject({ reason: "MACHINE_NOT_RUNNING" });
      await askEngine(own, "POST", `${container}/unpause`);
      // A command ends with its container, with the code of the signal.
      const killed = await run(["sh", "-c", `echo ready; ${idle}`], {
        onOutput: () => void askEngine(own, "POST", `${container}/kill`),
      });
      expect(killed.code).toBe(137);
      await askEngine(own, "POST", `${container}/wait`);
      expect(await attempt()).toMatchObject({ reason: "MACHINE_NOT_RUNNING" });
      await askEngine(own, "DELETE", `${container}?force=1`);
      expect(await attempt()).toMatchObject({ reason: "MACHINE_NOT_FOUND" });
    });
  }
});

const idle = "while :; do sleep 0.1; done";

/** Input that a person could still type. */
async function* neverEnding(): AsyncGenerator<Uint8Array> {
  yield await new Promise<never>(() => undefined);
}
