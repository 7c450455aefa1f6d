import { expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { launchOf } from "../support/docker-plan.ts";
import { adapterOf, ownerOn, resolveOn } from "../support/docker-subject.ts";
import { startOwnEngine } from "../support/engines.ts";
import { describeWithOwnEngines } from "../support/peers.ts";

describeWithOwnEngines("an engine whose host cannot start containers", (peer) => {
  it("is at fault, and not the image", async () => {
    await using engine = await startOwnEngine(peer, {
      configuration: {
        "default-runtime": "absent",
        runtimes: { absent: { path: "/nonexistent/runc" } },
      },
    });
    await using registry = await startRegistry();
    const { reference: imageRef } = registry.add("team/agent", "1", tinyImage("amd64"));
    const adapter = adapterOf(engine);
    await using owned = ownerOn(adapter);
    const { plan } = await resolveOn(adapter, { imageRef });
    const launch = launchOf(plan);
    const ownership = { ...launch.ownership, owner: owned.owner };
    const { signal } = new AbortController();
    const [outcome] = await adapter.launch({ ...launch, ownership }, signal);
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: {
        code: "FAILED_PRECONDITION",
        reason: "ENGINE_HOST_FAULT",
        blastRadius: "zone",
        message: expect.stringContaining("/nonexistent/runc"),
        remedy: expect.stringContaining("engine's host"),
      },
    });
    expect(await adapter.list(owned.owner, signal)).toEqual([]);
    await adapter.close();
  });
});
