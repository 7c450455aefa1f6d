import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterContract } from "../../testing/contract/adapter-contract.ts";
import type { AdapterSubject } from "../../testing/contract/subject.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { AddedImage, TestRegistry } from "../../testing/registry/index.ts";
import { SecretValue } from "../../src/secret-value.ts";
import {
  adapterOf,
  NO_LAUNCH_SECRETS,
  removeMachinesOf,
  resolveOn,
} from "../support/docker-subject.ts";
import { removeImagesOf } from "../support/engine-client.ts";
import { describeWithEngine, describeWithPodman } from "../support/peers.ts";
import type { EnginePeer } from "../support/peers.ts";
import { startPodman } from "../support/podman.ts";
import type { PodmanEngine } from "../support/podman.ts";

const PODMAN_MILLISECONDS = 60_000;
const PRINTS = ["hello\n", "ready\n"] as const;

describeWithEngine("a Docker engine", (engine) => {
  const image = useImage();
  afterAll(() => removeImagesOf(engine, image.registry()));
  contractOn("docker", () => engine, image);
});

describeWithPodman("Podman", (peer) => {
  const image = useImage();
  let podman: PodmanEngine | null = null;
  beforeAll(async () => {
    podman = await startPodman(peer);
  }, PODMAN_MILLISECONDS);
  afterAll(() => podman?.[Symbol.asyncDispose](), PODMAN_MILLISECONDS);
  contractOn("podman", () => podman, image);
});

/** An image in a registry of this suite. */
function useImage() {
  let registry: TestRegistry | null = null;
  let image: AddedImage | null = null;
  beforeAll(async () => {
    registry = await startRegistry();
    const program = { line: PRINTS.join("") };
    image = registry.add("contract/agent", "1", tinyImage("amd64", { program }));
  });
  afterAll(() => registry?.close());
  return { registry: () => registry?.host ?? "", reference: () => image?.reference ?? "" };
}

type Image = ReturnType<typeof useImage>;
type Engine = Pick<EnginePeer, "host">;

function contractOn(name: string, engine: () => Engine | null, image: Image): void {
  adapterContract({
    name,
    subject: () => subjectOn(engine() ?? { host: "" }, image),
    runner: { describe, it, expect },
  });
}

async function subjectOn(engine: Engine, image: Image): Promise<AdapterSubject> {
  const imageRef = image.reference();
  const adapter = adapterOf(engine);
  const owner = `contract-${randomUUID()}`;
  const { plan, inspection } = await resolveOn(adapter, { imageRef });
  return {
    adapter,
    open: () => Promise.resolve(adapterOf(engine)),
    owner,
    image: { substrate: "DOCKER", imageRef, credential: null },
    absentImage: {
      substrate: "DOCKER",
      imageRef: `${image.registry()}/contract/none:1`,
      credential: null,
    },
    imageTarget: { imageName: "agent-base", architecture: "amd64" },
    plan,
    facts: inspection.facts,
    secrets: { ...NO_LAUNCH_SECRETS, environment: { TOKEN: new SecretValue("contract-secret") } },
    unknownId: "f".repeat(64),
    prints: PRINTS,
    async [Symbol.asyncDispose]() {
      await removeMachinesOf(adapter, owner);
      await adapter.close();
    },
  };
}
