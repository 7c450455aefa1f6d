import { randomBytes, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { Launch, SubstrateAdapter } from "../../src/substrate/contract.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { AddedImage, BuiltImage } from "../../testing/registry/index.ts";
import { errorOf } from "../support/docker-launches.ts";
import { launchOf, memberOf } from "../support/docker-plan.ts";
import { adapterOf, ownerOn, resolveOn } from "../support/docker-subject.ts";
import { startOwnEngine } from "../support/engines.ts";
import { describeWithEngine, describeWithOwnEngines } from "../support/peers.ts";
import { usePulling } from "./support/pulling.ts";

const { signal } = new AbortController();
const MEBIBYTE = 2 ** 20;

/** An image of which the engine has no layer yet, with so much in it that does not compress. */
function heavyImage(bytes: number): BuiltImage {
  const content = randomBytes(bytes);
  return tinyImage("amd64", {
    program: { line: `${randomUUID()}\n` },
    files: [{ type: "file", path: "ballast", content }],
  });
}

async function launchFor(
  adapter: SubstrateAdapter,
  image: AddedImage,
  owner: string,
): Promise<(spawnId: string) => Launch> {
  const { plan } = await resolveOn(adapter, { imageRef: image.reference });
  return (spawnId) => {
    const base = launchOf(plan, { token: Buffer.from(spawnId.padEnd(32, "0")).toString("hex") });
    return {
      ...base,
      ownership: { ...base.ownership, owner },
      members: [memberOf(spawnId)],
    };
  };
}

describeWithEngine("many launches of an image that the engine lacks", (engine) => {
  const pulling = usePulling(engine);

  it("ask the registry for each blob once", async () => {
    const { registry, adapter } = pulling();
    await using owned = ownerOn(adapter);
    const built = heavyImage(64 * 1024);
    const launch = await launchFor(adapter, registry.add("team/many", "1", built), owned.owner);
    const from = registry.requests.length;
    const ids = Array.from({ length: 16 }, (_, index) => `spawn-${index}`);
    const outcomes = await Promise.all(ids.map((id) => adapter.launch(launch(id), signal)));
    expect(outcomes.flat().map(({ outcome }) => outcome)).toEqual(ids.map(() => "accepted"));
    const asked = registry.requests.slice(from).map(({ method, path }) => `${method} ${path}`);
    for (const digest of built.blobs.keys()) {
      const gets = asked.filter((name) => name.startsWith("GET ") && name.includes(digest));
      expect(gets).toHaveLength(1);
    }
  });

  it("fail alike, leave nothing, and can be repeated", async () => {
    const { registry, adapter } = pulling();
    await using owned = ownerOn(adapter);
    const added = registry.add("team/failing", "1", heavyImage(64 * 1024));
    const launch = await launchFor(adapter, added, owned.owner);
    const code = "TOOMANYREQUESTS" as const;
    const fault = registry.fault({ fault: { kind: "status", status: 429, code }, target: "blob" });
    const ids = ["spawn-0", "spawn-1"];
    const attempt = () => Promise.all(ids.map((id) => adapter.launch(launch(id), signal)));
    for (const [outcome] of await attempt())
      expect(errorOf(outcome)).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        reason: "REGISTRY_RATE_LIMITED",
        retry: "same-token",
      });
    expect(await adapter.list(owned.owner, signal)).toEqual([]);
    fault.remove();
    for (const [outcome] of await attempt()) expect(outcome?.outcome).toBe("accepted");
  });

  it("wait no longer than they may for a registry that sends nothing more", async () => {
    const { registry } = pulling();
    const pullTimeouts = { silenceMilliseconds: 500, overallMilliseconds: 60_000 };
    const impatient = adapterOf(engine, { pullTimeouts });
    await using owned = ownerOn(impatient);
    const added = registry.add("team/stalling", "1", heavyImage(MEBIBYTE));
    const launch = await launchFor(impatient, added, owned.owner);
    registry.fault({ fault: { kind: "stall", afterBytes: 512 * 1024 }, target: "blob" });
    const [outcome] = await impatient.launch(launch("spawn-0"), signal);
    expect(errorOf(outcome)).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "PULL_TIMED_OUT",
    });
    await impatient.close();
  });
});

describeWithOwnEngines("an engine that fails in the middle of a pull", (peer) => {
  it("dies: the launch says that the engine is gone", async () => {
    await using engine = await startOwnEngine(peer);
    await using registry = await startRegistry();
    const adapter = adapterOf(engine);
    const added = registry.add("team/stalling", "1", heavyImage(MEBIBYTE));
    const launch = await launchFor(adapter, added, "ledger-1");
    const fault = registry.fault({
      fault: { kind: "stall", afterBytes: 512 * 1024 },
      target: "blob",
    });
    const launched = adapter.launch(launch("spawn-0"), signal);
    await fault.reached;
    await engine.kill();
    const [outcome] = await launched;
    expect(outcome?.outcome).toBe("rejected");
    expect(errorOf(outcome)).toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
    });
    fault.release();
    await engine.restart();
    const [again] = await adapter.launch(launch("spawn-0"), signal);
    expect(again?.outcome).toBe("accepted");
    expect(await adapter.list("ledger-1", signal)).toHaveLength(1);
    await adapter.close();
  });

  it("has no space left: the launch says so, and leaves nothing", async () => {
    await using engine = await startOwnEngine(peer, { diskBytes: 8 * MEBIBYTE });
    await using registry = await startRegistry();
    const adapter = adapterOf(engine);
    const added = registry.add("team/heavy", "1", heavyImage(12 * MEBIBYTE));
    const launch = await launchFor(adapter, added, "ledger-1");
    const [outcome] = await adapter.launch(launch("spawn-0"), signal);
    expect(errorOf(outcome)).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "ENGINE_DISK_FULL",
    });
    expect(await adapter.list("ledger-1", signal)).toEqual([]);
    await adapter.close();
  });
});
