import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { expect, it } from "vitest";
import {
  type BuiltImage,
  buildImage,
  buildLayer,
  startRegistry,
  tinyImage,
} from "../../../testing/registry/index.ts";
import { isRunning } from "../../support/engine-leftovers.ts";
import { startOwnEngine } from "../../support/engines.ts";
import { describeWithOwnEngines } from "../../support/peers.ts";

const MEBIBYTE = 1024 * 1024;

function imageOfSize(bytes: number): BuiltImage {
  const entries = [{ type: "file", path: "large", content: randomBytes(bytes) }] as const;
  const layer = buildLayer(entries, { compression: "none" });
  return buildImage({ platform: { os: "linux", architecture: "amd64" }, layers: [layer] });
}

describeWithOwnEngines("an engine of a test's own", (peer) => {
  it("pulls from 127.0.0.1 and runs containers beside another engine", async () => {
    await using registry = await startRegistry();
    const { pinned: Image } = registry.add("tiny", null, tinyImage("amd64"));
    await using first = await startOwnEngine(peer);
    await using second = await startOwnEngine(peer);
    for (const engine of [first, second]) {
      const docker = new Docker({ socketPath: engine.socketPath });
      await text(await docker.pull(Image));
      const container = await docker.createContainer({ Image });
      await container.start();
      const { State, NetworkSettings } = await container.inspect();
      expect(State.Running).toBe(true);
      expect(NetworkSettings.Networks["bridge"]?.IPAddress).toMatch(/^10\.215\./);
    }
    expect(second.host).not.toBe(first.host);
  });

  it("runs out of disk when it is given little", async () => {
    await using registry = await startRegistry();
    const { pinned } = registry.add("large", null, imageOfSize(6 * MEBIBYTE));
    await using engine = await startOwnEngine(peer, { diskBytes: 4 * MEBIBYTE });
    const docker = new Docker({ socketPath: engine.socketPath });
    const progress = await text(await docker.pull(pinned));
    expect(progress).toContain("no space left on device");
  });

  it("dies in the middle of a pull and comes back without the image", async () => {
    await using registry = await startRegistry();
    const image = imageOfSize(MEBIBYTE);
    const { pinned } = registry.add("large", null, image);
    const stall = registry.fault({
      fault: { kind: "stall", afterBytes: MEBIBYTE / 2 },
      target: "blob",
      reference: image.layers[0]?.digest ?? "",
    });
    await using engine = await startOwnEngine(peer);
    const docker = new Docker({ socketPath: engine.socketPath });
    const progress = await docker.pull(pinned);
    const end = text(progress).then(
      () => "complete",
      (error: unknown) => String(error),
    );
    await stall.reached;
    await engine.kill();
    expect(await end).toBe("Error: aborted");
    await expect(docker.ping()).rejects.toThrow("connect ECONNREFUSED");
    await engine.restart();
    expect(await docker.listImages()).toEqual([]);
  });

  it("leaves nothing behind, though it was killed with a container running", async () => {
    await using registry = await startRegistry();
    const { pinned: Image } = registry.add("tiny", null, tinyImage("amd64"));
    const engine = await startOwnEngine(peer, { diskBytes: 16 * MEBIBYTE });
    const docker = new Docker({ socketPath: engine.socketPath });
    await text(await docker.pull(Image));
    const container = await docker.createContainer({ Image });
    await container.start();
    const { State } = await container.inspect();
    await engine.kill();
    expect(await isRunning(State.Pid)).toBe(true);
    await engine.stop();
    expect(await isRunning(State.Pid)).toBe(false);
    expect(await readFile("/proc/self/mounts", "utf8")).not.toContain(dirname(engine.socketPath));
  });
});
