import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startRegistry } from "../../testing/registry/index.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { removeImagesOf } from "../support/engine-client.ts";
import { describeWithEngine } from "../support/peers.ts";
import { ROOT } from "./support/documents.ts";
import { playDocument } from "./support/play-document.ts";
import { openTerminalSession } from "./support/terminal-session.ts";

const NAME = "docs/tour.md";

describeWithEngine(NAME, (engine) => {
  it("prints what it shows", { timeout: 180_000 }, async () => {
    await using registry = await startRegistry();
    const config = { Cmd: ["sh", "-c", "echo hello; sleep 600"] };
    const image = await busyboxImage(engine, { architecture: "amd64", config });
    const { reference } = registry.add("examples/hello", "v1", image);
    const address = reference.slice(0, reference.indexOf("/"));
    await using session = openTerminalSession({ DOCKER_HOST: engine.host }, [
      { actual: address, shown: "127.0.0.1:5000" },
      { actual: engine.socketPath, shown: "/var/run/docker.sock" },
      // The engine's place.
      { actual: hostname(), shown: "vm" },
    ]);
    try {
      const { text, commands } = await playDocument(NAME, session);
      await expect(text).toMatchFileSnapshot(join(ROOT, NAME));
      expect(commands.length).toBeGreaterThan(25);
    } finally {
      await session.play("slipway terminate hello-1", "");
      await removeImagesOf(engine, address);
    }
  });
});
