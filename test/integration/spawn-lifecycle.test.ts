import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinyImage } from "../../testing/registry/index.ts";
import type { SpawnEvent } from "../../src/ledger/spawn-record.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { caughtError } from "../support/caught.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { logsUntil } from "../support/world-logs.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry } from "../support/world-registry.ts";

describeWithEngineAndRegistry("a spawn", (engine, peer) => {
  const stack = new AsyncDisposableStack();
  const docker = new Docker({ socketPath: engine.socketPath });
  let registry: PrivateRegistry;
  let world: World;
  let steady: string;
  beforeAll(async () => {
    registry = stack.use(await startPrivateRegistry(peer, "htpasswd"));
    world = stack.use(await openWorld({ engine, registry }));
    steady = await workspaceOf(await registry.push(tinyImage("amd64")));
  });
  afterAll(() => stack.disposeAsync());

  const workspaceOf = ({ reference }: { readonly reference: string }) =>
    world.workspace({ imageRef: reference });
  /** A workspace whose machine runs a script. */
  const scripted = async (script: string) => {
    const config = { Cmd: ["sh", "-c", script] };
    return workspaceOf(
      await registry.push(await busyboxImage(engine, { architecture: "amd64", config })),
    );
  };
  const spawned = (workspace: string, spawnId = uniqueName()) =>
    world.slipway.spawnWorkspace(workspace, { spawnId });

  it("fails where its machine ends while it is watched, and keeps how and with which words", async () => {
    const workspace = await scripted(
      "for i in $(echo 1 2 3 4 5 6 7 8 9); do echo line $i-a; echo line $i-b; echo line $i-c; done; exit 42",
    );
    const spawnId = uniqueName();
    const spawn = await world.slipway.spawnWorkspace(workspace, { spawnId, wait: "watched" });
    const lines = "123456789"
      .split("")
      .flatMap((i) => ["a", "b", "c"].map((x) => `line ${i}-${x}`));
    expect(spawn).toMatchObject({
      state: "failed",
      attempts: [{ outcome: "accepted", reason: "MACHINE_EXITED" }],
      error: {
        code: "FAILED_PRECONDITION",
        reason: "MACHINE_EXITED",
        message: expect.stringContaining("42"),
        remedy: expect.stringContaining("last lines of its log"),
        metadata: { exit_code: 42, log: lines.slice(-20) },
      },
    });
    const { events } = await world.slipway.describeSpawn(spawnId);
    expect(events.map(({ state }) => state)).toEqual([
      "pending",
      "launching",
      "booting",
      "terminating",
      "failed",
    ]);
    expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);
    expect(await spawned(workspace, spawnId)).toEqual(spawn);
    expect(await caughtError(() => logsUntil(world.slipway, spawnId, () => true))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_NOT_STARTED",
    });
  });

  it("is not watched where running is enough", async () => {
    const workspace = await scripted("sleep 0.3; exit 42");
    const spawn = await spawned(workspace);
    expect(spawn).toMatchObject({ state: "running", error: null });
    const container = docker.getContainer(spawn.machine?.id ?? "");
    await container.wait();
    expect(await world.slipway.describeSpawn(spawn.spawnId)).toMatchObject({ state: "running" });
  });

  it(
    "prints what its machine prints, as it prints it, to its end",
    { timeout: 60_000 },
    async () => {
      const workspace = await scripted(
        "trap 'echo bye; exit 0' TERM; echo one; echo two >&2; while true; do sleep 0.05; done",
      );
      const { spawnId, machine } = await spawned(workspace);
      const container = docker.getContainer(machine?.id ?? "");
      let printed = "";
      for await (const piece of world.slipway.logs(spawnId, { follow: true })) {
        printed += Buffer.from(piece).toString();
        // Both outputs appear; their order is up to the engine.
        if (printed.length === "one\ntwo\n".length) await container.kill({ signal: "SIGTERM" });
      }
      expect(printed).toMatch(/^(one\ntwo|two\none)\nbye\n$/);
      const ran = await world.commands.must(["logs", spawnId, "--tail", "1"]);
      expect(ran).toMatchObject({ stdout: "bye\n", stderr: "" });
    },
  );

  it("ends its log where it is terminated", async () => {
    const { spawnId } = await spawned(steady);
    let printed = "";
    for await (const piece of world.slipway.logs(spawnId, { follow: true })) {
      printed += Buffer.from(piece).toString();
      await world.slipway.terminateSpawn(spawnId);
    }
    expect(printed).toBe("slipway demo machine is up\n");
  });

  it("is terminated once, however often it is asked for", async () => {
    const { spawnId, machine } = await spawned(steady);
    const [first, second] = await Promise.all([
      world.slipway.terminateSpawn(spawnId),
      world.slipway.terminateSpawn(spawnId),
    ]);
    expect(first).toMatchObject({ spawnId, state: "terminated", machine: { id: machine?.id } });
    expect(second).toEqual(first);
    expect(await world.slipway.terminateSpawn(spawnId)).toEqual(first);
    const { events } = await world.slipway.describeSpawn(spawnId);
    expect(events.filter(({ state }) => state === "terminated")).toHaveLength(1);
    expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);
  });

  it("is terminated if another client has removed its machine", async () => {
    const { spawnId, machine } = await spawned(steady);
    await docker.getContainer(machine?.id ?? "").remove({ force: true });
    expect(await world.slipway.terminateSpawn(spawnId)).toMatchObject({ state: "terminated" });
  });

  it("is watched from its first event until it has settled", async () => {
    const { spawnId } = await spawned(steady);
    const seen: SpawnEvent[] = [];
    for await (const event of world.slipway.watch([spawnId])) seen.push(event);
    expect(seen.map(({ state }) => state)).toEqual(["pending", "launching", "running"]);
    expect(seen.every((event) => event.spawnId === spawnId)).toBe(true);
    await world.slipway.terminateSpawn(spawnId);
    const ran = await world.commands.must([
      "watch",
      spawnId,
      "--since",
      "all",
      "--until",
      "settled",
      "-o",
      "json",
    ]);
    const states = ran.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).state);
    expect(states.slice(-3)).toEqual(["running", "terminating", "terminated"]);
  });

  it("is watched by another process while it comes about", async () => {
    const spawnId = uniqueName();
    const begun = Promise.withResolvers<void>();
    const spawning = world.slipway.spawnWorkspace(steady, {
      spawnId,
      wait: "watched",
      onEvent: () => begun.resolve(),
    });
    await begun.promise;
    const [ran] = await Promise.all([
      world.commands.runProcess([
        "watch",
        spawnId,
        "--since",
        "all",
        "--until",
        "settled",
        "-o",
        "json",
      ]),
      spawning,
    ]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    const states = ran.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).state);
    expect(states).toEqual(["pending", "launching", "booting", "running"]);
  });

  it("is listed by workspace and by state, newest first", async () => {
    const workspace = await workspaceOf(await registry.push(tinyImage("amd64")));
    const ids = [uniqueName(), uniqueName(), uniqueName()];
    for (const id of ids) await spawned(workspace, id);
    const [first = "", second = "", third = ""] = ids;
    await world.slipway.terminateSpawn(second);
    const listed = async (filter: Parameters<typeof world.slipway.listSpawns>[0]) =>
      (await world.slipway.listSpawns(filter)).map(({ spawnId }) => spawnId);
    expect(await listed({ workspace })).toEqual([third, second, first]);
    expect(await listed({ workspace, state: "running" })).toEqual([third, first]);
    expect(await listed({ state: "terminated" })).toContain(second);
    expect(await listed({ workspace: "nobody" })).toEqual([]);
    expect(
      await world.json("list", "--workspace", workspace, "--state", "terminated"),
    ).toMatchObject([{ spawn_id: second, workspace, state: "terminated" }]);
  });
});
