import { randomUUID } from "node:crypto";
import { freezePlan } from "../../src/plan/plan.ts";
import type { PlanDraft } from "../../src/plan/plan.ts";
import type { ImageSource } from "../../src/substrate/contract.ts";
import { SecretValue } from "../../src/secret-value.ts";
import type { AdapterSubject } from "../../testing/contract/subject.ts";
import { startGce } from "../../testing/gce/index.ts";
import type { GceFake } from "../../testing/gce/index.ts";
import { gcePlan } from "./gce-launches.ts";
import { gceAdapter, PROJECT, ZONE } from "./gce-scene.ts";

const PRINTS = ["hello\n", "ready\n"] as const;
const IMAGE = "agent-base-v1";
const FAMILY = "agent-base";

/** The Compute Engine fake as a subject of the adapter contract, with a plan that was resolved from a family. */
export async function gceSubject(): Promise<AdapterSubject> {
  const gce = await startGce({
    timing: { provisioningMs: 5, stagingMs: 5, endingMs: 5, otherMs: 5 },
    // The machine's first output, as if its image printed it.
    observe: () => speak(gce),
  });
  gce.addImage(PROJECT, { name: IMAGE, family: FAMILY });
  const adapter = gceAdapter(gce);
  const image = imageSource(`projects/${PROJECT}/global/images/family/${FAMILY}`);
  const imageTarget = { imageName: "agent-base", architecture: "amd64" } as const;
  const { signal } = new AbortController();
  const { artifact, facts } = await adapter.inspectImage(image, imageTarget, signal);
  if (artifact === null) throw new Error("the fake's own image was not found");
  const { planId: _planId, checks: _checks, settings: _settings, ...rest } = gcePlan({ artifact });
  const draft: PlanDraft = { ...rest, machineType: "e2-standard-2" };
  const { machineType, candidates, settings, checks } = await adapter.preflight(
    draft,
    facts,
    signal,
  );
  return {
    adapter,
    open: () => Promise.resolve(gceAdapter(gce)),
    owner: `contract-${randomUUID()}`,
    image,
    absentImage: imageSource(`projects/${PROJECT}/global/images/none`),
    imageTarget,
    plan: freezePlan({ ...draft, machineType, candidates, settings, checks }),
    facts,
    secrets: {
      credential: null,
      environment: { TOKEN: new SecretValue("contract-secret") },
      files: [],
    },
    unknownId: `projects/${PROJECT}/zones/${ZONE}/instances/none`,
    prints: PRINTS,
    async [Symbol.asyncDispose]() {
      await adapter.close();
      await gce.close();
    },
  };
}

function imageSource(selfLink: string): ImageSource {
  return { substrate: "GCP", selfLink };
}

function speak(gce: GceFake): void {
  for (const { zone, name, serialOutput } of gce.instances(PROJECT))
    if (serialOutput === null) gce.print(PROJECT, zone, name, PRINTS.join(""));
}
