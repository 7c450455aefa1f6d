import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRegistry } from "../../testing/registry/index.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { describeWithEngine, describeWithTerminal } from "../support/peers.ts";
import { KEYS } from "../support/pty.ts";
import { scratchFolder } from "../support/scratch.ts";
import { askEngine } from "../support/engine-client.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";

/** A terminal that was left as it was found. */
const RESTORED = { signal: null, echo: true, lines: true };

describeWithEngine("a command in a container, on a terminal,", (engine) => {
  describeWithTerminal("", (terminal) => {
    const stack = new AsyncDisposableStack();
    let world: World;
    let relay: Awaited<ReturnType<typeof startRelay>>;
    let workspace: string;
    let spawnId: string;
    beforeAll(async () => {
      const registry = await startRegistry();
      stack.defer(() => registry.close());
      const config = { Cmd: ["sh", "-c", "sleep 1000 & wait"] };
      const image = await busyboxImage(engine, { architecture: "amd64", config });
      const { reference } = registry.add("exec/terminal", "1", image);
      relay = stack.use(await startRelay(engine.socketPath));
      world = stack.use(
        await openWorld({ engine: { ...engine, host: relay.host }, others: [registry] }),
      );
      workspace = await world.workspace({ imageRef: reference, secret: null });
      spawnId = await spawned();
    });
    afterAll(() => stack.disposeAsync());

    const spawned = async (): Promise<string> =>
      (await world.slipway.spawnWorkspace(workspace, { spawnId: uniqueName() })).spawnId;
    const run = (script: string, id = spawnId) =>
      world.commands.runOnTerminal(terminal, ["exec", "-it", id, "--", "sh", "-c", script], {
        columns: 101,
        rows: 33,
      });

    it("has its size and each later one, gets Ctrl-C, and gives its exit code", async () => {
      const until = (columns: number) =>
        `until size=$(busybox stty size 2>&1) && [ "\${size#* }" = ${columns} ]; do :; done; echo "$size"`;
      await using pty = run(
        `test -t 0 && ${until(101)}; ${until(40)}; trap 'exit 55' INT; echo ready; while :; do sleep 0.1; done`,
      );
      await pty.waitFor("33 101");
      pty.resize(40, 10);
      await pty.waitFor("10 40");
      await pty.waitFor("ready");
      pty.type(KEYS.ctrlC);
      expect(await pty.ended).toMatchObject({ ...RESTORED, exitCode: 55 });
    });

    it("is a shell that echoes and edits what is typed itself", async () => {
      await using pty = world.commands.runOnTerminal(terminal, ["shell", spawnId]);
      await pty.waitFor("# ");
      pty.type(`echo $((40 + 3))x${KEYS.backspace}${KEYS.enter}`);
      await pty.waitFor("\n43\r\n");
      // Between two prompts the kernel reads whole lines, and would take Ctrl-D for the end of one.
      await pty.waitFor("# ");
      pty.type(KEYS.ctrlD);
      expect(await pty.ended).toMatchObject({ ...RESTORED, exitCode: 0 });
    });

    it("leaves the terminal as it was when it is terminated", async () => {
      await using pty = run("echo ready; sleep 1000");
      await pty.waitFor("ready");
      pty.kill("SIGTERM");
      const end = await pty.ended;
      expect(end).toMatchObject({ ...RESTORED, exitCode: 130 });
      expect(end.output).toContain("may still be running");
    });

    it("leaves the terminal as it was when the container ends", async () => {
      const id = await spawned();
      const { machine } = await world.slipway.describeSpawn(id);
      await using pty = run("echo ready; sleep 1000", id);
      await pty.waitFor("ready");
      await askEngine(engine, "POST", `/containers/${machine?.id ?? ""}/kill`);
      expect(await pty.ended).toMatchObject({ ...RESTORED, exitCode: 137 });
    });

    it("leaves the terminal as it was when the engine is gone", async () => {
      await using pty = run("echo ready; sleep 1000");
      await pty.waitFor("ready");
      await relay.stop();
      const end = await pty.ended;
      expect(end).toMatchObject({ ...RESTORED, exitCode: 7 });
      expect(end.output.replaceAll(/\s+/g, " ")).toContain(
        "the command had started and may still be running",
      );
      await relay.start();
    });
  });
});

/** A socket in front of an engine that can go away with all its connections, as the engine's does. */
async function startRelay(upstream: string) {
  const folder = scratchFolder();
  const socketPath = join(folder.path, "relay.sock");
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: upstream, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  const start = async (): Promise<void> => {
    await once(server.listen(socketPath), "listening");
  };
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await start();
  return {
    host: `unix://${socketPath}`,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      folder[Symbol.dispose]();
    },
  };
}
