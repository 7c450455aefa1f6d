import { SecretValue } from "../../src/secret-value.ts";
import type { AdapterSubject } from "../../testing/contract/subject.ts";
import { createFakeAdapter } from "../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { FAKE_ARTIFACT, FAKE_IMAGE, fakePlan } from "./launch.ts";

const PRINTS = ["hello\n", "ready\n"] as const;

/** The fake substrate as a subject of the adapter contract. */
export function fakeSubject(maximumBatch: number): AdapterSubject {
  const adapter = createFakeAdapter({
    clock: createFakeClock(),
    images: [
      {
        reference: FAKE_IMAGE,
        artifact: FAKE_ARTIFACT,
        architecture: "amd64",
        prints: PRINTS.join(""),
      },
    ],
    capabilities: {
      batch: {
        maximum: maximumBatch,
        longestSpawnId: null,
        idleMilliseconds: 0,
        longestMilliseconds: 0,
      },
    },
  });
  return {
    adapter,
    open: () => Promise.resolve(adapter.reopen()),
    owner: "ledger-1",
    image: { substrate: "DOCKER", imageRef: FAKE_IMAGE, credential: null },
    absentImage: { substrate: "DOCKER", imageRef: "registry.test/none:1", credential: null },
    imageTarget: { imageName: "agent-base", architecture: "amd64" },
    plan: fakePlan(),
    facts: {},
    secrets: {
      credential: null,
      environment: { TOKEN: new SecretValue("contract-secret") },
      files: [],
    },
    unknownId: "fake-999999",
    prints: PRINTS,
    [Symbol.asyncDispose]: () => adapter.close(),
  };
}
