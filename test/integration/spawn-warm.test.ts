import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { removeImagesOf } from "../support/engine-client.ts";
import { describeWithEngine } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";

describeWithEngine("spawning on a real engine what was just resolved", (engine) => {
  it("asks the registry once for a workspace, and not again for its plan", async () => {
    using folder = scratchFolder();
    await using registry = await startRegistry({
      auth: { kind: "basic", users: { robot: "warm-password" } },
    });
    registry.add("warm/agent", "v1", tinyImage("amd64", { program: { line: randomUUID() } }));
    await using slipway = await createSlipway({
      database: join(folder.path, "slipway.db"),
      environment: { DOCKER_HOST: engine.host, DOCKER_CONFIG: folder.path, HOME: folder.path },
    });
    const { catalog } = slipway;
    await catalog.setDocument("secret", { name: "LOGIN", plaintext_value: "robot:warm-password" });
    await catalog.set("image", {
      name: "agent",
      architecture: "ARCHITECTURE_AMD64",
      docker: { imageRef: `${registry.host}/warm/agent:v1`, pullCredentialSecret: "LOGIN" },
    });
    await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
    await catalog.set("workspace", { name: "warm", imageRef: "agent", placement: "here" });
    const asked = async (work: () => Promise<unknown>) => {
      const before = registry.requests.length;
      await work();
      return registry.requests.slice(before).map(({ method, target }) => `${method} ${target}`);
    };

    const first = await slipway.spawnWorkspace("warm", { spawnId: "first" });
    expect(first.state).toBe("running");
    expect(await asked(() => slipway.spawnWorkspace("warm", { spawnId: "second" }))).toEqual([
      "GET manifest",
    ]);
    const plan = await slipway.resolveWorkspace("warm");
    expect(await asked(() => slipway.spawnWorkspace(plan, { spawnId: "third" }))).toEqual([]);
    for (const id of ["first", "second", "third"]) await slipway.terminateSpawn(id);
    await removeImagesOf(engine, registry.host);
  });
});
