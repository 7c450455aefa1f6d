import { afterAll, beforeAll, expect, it } from "vitest";
import { buildIndex } from "../../testing/registry/index.ts";
import type { BuiltImage, MediaTypeFamily } from "../../testing/registry/index.ts";
import type { Architecture } from "../../src/plan/plan.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { firstLine } from "../support/world-logs.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry, RegistryAuthKind } from "../support/world-registry.ts";

const LOCKS = ["htpasswd", "token"] as const;
const FAMILIES = ["oci", "docker"] as const;
const NAMES = ["tag", "digest"] as const;
const DOCUMENTS = ["manifest", "index"] as const;
const ARCHITECTURES = ["amd64", "arm64"] as const;
const MACHINES = { amd64: "x86_64", arm64: "aarch64" } as const;

interface Case {
  readonly lock: RegistryAuthKind;
  readonly family: MediaTypeFamily;
  readonly name: (typeof NAMES)[number];
  readonly document: (typeof DOCUMENTS)[number];
  readonly architecture: Architecture;
}

/** Half of all combinations, so chosen that any four of the five occur in all of theirs. */
const CASES: readonly Case[] = FAMILIES.flatMap((family, a) =>
  NAMES.flatMap((name, b) =>
    DOCUMENTS.flatMap((document, c) =>
      ARCHITECTURES.map((architecture, d): Case => {
        const lock = LOCKS[(a + b + c + d) % 2] ?? "htpasswd";
        return { lock, family, name, document, architecture };
      }),
    ),
  ),
);

describeWithEngineAndRegistry("a spawn from a private registry", (engine, peer) => {
  const registries = new Map<RegistryAuthKind, PrivateRegistry>();
  const worlds = new Map<RegistryAuthKind, World>();
  const images = new Map<string, BuiltImage>();

  beforeAll(async () => {
    const config = { Cmd: ["sh", "-c", "uname -m; exec sleep 600"] };
    for (const mediaTypes of FAMILIES)
      for (const architecture of ARCHITECTURES) {
        const image = await busyboxImage(engine, { architecture, mediaTypes, config });
        images.set(`${mediaTypes} ${architecture}`, image);
      }
    for (const lock of LOCKS) {
      const registry = await startPrivateRegistry(peer, lock);
      registries.set(lock, registry);
      worlds.set(lock, await openWorld({ engine, registry }));
    }
  });
  afterAll(async () => {
    for (const opened of [...worlds.values(), ...registries.values()])
      await opened[Symbol.asyncDispose]();
  });

  it.each(CASES)(
    "runs what was planned: $lock, $family $document by $name, $architecture",
    async ({ lock, family, name, document, architecture }) => {
      const world = present(worlds.get(lock));
      const image = present(images.get(`${family} ${architecture}`));
      const both = ARCHITECTURES.map((each) => present(images.get(`${family} ${each}`)));
      const pushed = await present(registries.get(lock)).push(
        document === "manifest" ? image : buildIndex(both),
      );
      const workspace = await world.workspace({
        imageRef: name === "tag" ? pushed.reference : pushed.pinned,
        architecture,
      });
      const plan = await world.slipway.resolveWorkspace(workspace);
      const spawn = await world.slipway.spawnWorkspace(plan, { spawnId: uniqueName() });

      const repository = pushed.pinned.split("@")[0];
      expect(plan.artifact).toMatchObject({
        id: `${repository}@${image.manifest.digest}`,
        indexDigest: document === "index" ? pushed.digest : null,
        imageId: image.config.digest,
      });
      expect(spawn).toMatchObject({ state: "running", machine: { architecture } });
      const id = spawn.machine?.id ?? "";
      const container = await world.engine.inspect(id);
      expect(container.Config.Image).toBe(plan.artifact.id);
      expect(container.Image).toBe(image.config.digest);
      expect(container.State.Running).toBe(true);
      expect(await firstLine(world.slipway, spawn.spawnId)).toBe(MACHINES[architecture]);
      expect(await world.engine.containers(`dev.slipway.spawn=${spawn.spawnId}`)).toEqual([id]);
    },
  );
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the world was not made");
  return value;
}
