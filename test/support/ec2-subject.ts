import { randomUUID } from "node:crypto";
import { freezePlan } from "../../src/plan/plan.ts";
import type { PlanDraft } from "../../src/plan/plan.ts";
import type { ImageSource, SubstrateAdapter } from "../../src/substrate/contract.ts";
import type { AdapterSubject } from "../../testing/contract/subject.ts";
import { awsTarget, ec2Plan, ec2World } from "./ec2-launch.ts";
import type { Ec2World } from "./ec2-launch.ts";

const PRINTS = ["hello\n", "ready\n"] as const;

/** The subject of the adapter contract for EC2, on the fake. */
export async function ec2Subject(): Promise<AdapterSubject> {
  const world = await ec2World();
  const { region } = world;
  const adapter = printing(world.adapter, world);
  const image: ImageSource = {
    substrate: "AWS",
    amiIds: { [region.name]: region.images.x86_64 },
    baked: false,
  };
  const imageTarget = { imageName: "agent-base", architecture: "amd64" } as const;
  const { signal } = new AbortController();
  const inspection = await adapter.inspectImage(image, imageTarget, signal);
  if (inspection.artifact === null) throw new Error(JSON.stringify(inspection.checks));
  const draft = draftOf(world, inspection.artifact);
  const report = await adapter.preflight(draft, inspection.facts, signal);
  const { machineType, candidates, settings } = report;
  const checks = [...inspection.checks, ...report.checks];
  const failure = checks.find(({ outcome }) => outcome === "failed");
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.message}`);
  return {
    adapter,
    open: () => Promise.resolve(printing(world.open(), world)),
    owner: `contract-${randomUUID()}`,
    image,
    absentImage: { ...image, amiIds: { [region.name]: "ami-0ffffffffffffffff" } },
    imageTarget,
    plan: freezePlan({ ...draft, machineType, candidates, settings, checks }),
    facts: inspection.facts,
    unknownId: "i-0ffffffffffffffff",
    prints: PRINTS,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A draft as the resolver makes it: it knows only the region of the candidates, not their zones. */
function draftOf({ region }: Ec2World, artifact: PlanDraft["artifact"]): PlanDraft {
  const { planId: _planId, checks: _checks, settings: _settings, ...plan } = ec2Plan(region);
  const subnetIds = ["us-east-1b", "us-east-1a"].map((zone) => region.subnets[zone] ?? "");
  return {
    ...plan,
    artifact,
    target: awsTarget({ vpcId: region.vpcId, subnetIds, securityGroupId: region.securityGroupId }),
    candidates: subnetIds.map((subnet) => ({
      place: region.name,
      subnet,
      market: "on-demand",
      verdict: "eligible",
      reason: null,
    })),
  };
}

/** Sets the console output of each launched machine, because the fake's machines print nothing by themselves. */
function printing(adapter: SubstrateAdapter, { region }: Ec2World): SubstrateAdapter {
  return {
    ...adapter,
    async launch(launch, signal) {
      const outcomes = await adapter.launch(launch, signal);
      for (const one of outcomes)
        if (one.outcome === "accepted") region.setConsole(one.machine.id, PRINTS.join(""));
      return outcomes;
    },
  };
}
