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
import { describeWithEngine } from "../support/peers.ts";
import type { EnginePeer } from "../support/peers.ts";

const PRINTS = ["hello\n", "ready\n"] as const;

describeWithEngine("a Docker engine", (engine) => {
  let registry: TestRegistry;
  let image: AddedImage;
  beforeAll(async () => {
    registry = await startRegistry();
    const program = { line: PRINTS.join("") };
    image = registry.add("contract/agent", "1", tinyImage("amd64", { program }));
  });
  afterAll(async () => {
    await removeImagesOf(engine, registry.host);
    await registry.close();
  });

  adapterContract({
    name: "docker",
    subject: () => subjectOn(engine, registry, image),
    runner: { describe, it, expect },
  });
});

async function subjectOn(
  engine: EnginePeer,
  registry: TestRegistry,
  { reference: imageRef }: AddedImage,
): Promise<AdapterSubject> {
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
      imageRef: `${registry.host}/contract/none:1`,
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
