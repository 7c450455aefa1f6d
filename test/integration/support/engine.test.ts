import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { expect, it } from "vitest";
import { pushImage } from "../../../testing/registry/index.ts";
import { busyboxImage } from "../../support/busybox-image.ts";
import { describeWithEngineAndRegistry } from "../../support/peers.ts";
import { startRealRegistry } from "../../support/real-registry.ts";

describeWithEngineAndRegistry("the engine of the tests", (peer, registryPeer) => {
  it.each([
    ["amd64", "x86_64"],
    ["arm64", "aarch64"],
  ] as const)("runs %s containers on a %s machine", async (architecture, machine) => {
    await using registry = await startRealRegistry(registryPeer, { kind: "none" });
    const { pinned: reference } = await pushImage({
      url: `http://${registry.host}`,
      repository: `machine-${randomUUID()}`,
      tag: "1",
      image: await busyboxImage(peer, { architecture }),
    });
    const docker = new Docker({ socketPath: peer.socketPath });
    await text(await docker.pull(reference));
    const container = await docker.createContainer({ Image: reference, Cmd: ["uname", "-m"] });
    try {
      await container.start();
      await container.wait();
      const log = await container.logs({ stdout: true });
      expect(log.toString()).toContain(`${machine}\n`);
    } finally {
      await container.remove({ force: true });
      await docker.getImage(reference).remove();
    }
  });
});
