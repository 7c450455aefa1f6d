import { createHash } from "node:crypto";
import { createAwsAdapter } from "../../adapters/aws/index.ts";
import { planSettings } from "../../adapters/aws/settings.ts";
import type { InstanceSettings } from "../../adapters/aws/settings.ts";
import { freezePlan } from "../../src/plan/plan.ts";
import type { AwsTarget, Candidate, LaunchPlan } from "../../src/plan/plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch, LaunchOutcome, SubstrateAdapter } from "../../src/substrate/contract.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Options, Ec2Region, Ec2Fake } from "../../testing/ec2/index.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import type { FakeClock } from "../../testing/fake-clock.ts";

export const EC2_ACCOUNT = "123456789012";
const REGION = "us-east-1";
const ZONE = "us-east-1a";

export function awsTarget(change: Partial<AwsTarget> = {}): AwsTarget {
  return {
    substrate: "AWS",
    accountId: EC2_ACCOUNT,
    region: REGION,
    vpcId: null,
    subnetIds: [],
    securityGroupId: null,
    instanceProfileArn: null,
    roleArn: null,
    readonlyRoleArn: null,
    tags: {},
    assignPublicIp: false,
    market: "ON_DEMAND",
    ...change,
  };
}

export interface Ec2PlanChange {
  readonly settings?: Partial<InstanceSettings>;
  readonly plan?: Partial<Omit<LaunchPlan, "planId">>;
}

/** A complete plan of an instance in the first zone, with the given changes. */
export function ec2Plan(
  { images, subnets, securityGroupId }: Pick<Ec2Region, "images" | "subnets" | "securityGroupId">,
  { settings, plan }: Ec2PlanChange = {},
): LaunchPlan {
  const subnet = subnets[ZONE] ?? "";
  const machineType = settings?.instanceType ?? "t3.micro";
  return freezePlan({
    workspace: "agent-dev",
    tenant: "acme",
    substrate: "AWS",
    architecture: "amd64",
    artifact: { id: images.x86_64, requested: images.x86_64, pinned: true },
    machineType,
    shape: { record: null, vcpus: 2, memoryGb: 1, diskSizeGb: 0, diskType: null },
    target: awsTarget({ subnetIds: [subnet], securityGroupId }),
    candidates: [candidate(subnet)],
    credential: null,
    guest: {
      repos: [],
      ports: [],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "cloud-init",
    },
    settings: planSettings({
      instanceType: machineType,
      rootDeviceName: "/dev/xvda",
      rootVolume: { sizeGb: null, type: null },
      volumes: [],
      ipv6OnlySubnets: [],
      securityGroupIds: [securityGroupId],
      instanceProfileArn: null,
      assignPublicIp: false,
      tags: {},
      ...settings,
    }),
    checks: [],
    sources: {},
    records: [],
    floatingReads: [],
    ...plan,
  });
}

export function candidate(subnet: string, change: Partial<Candidate> = {}): Candidate {
  return { place: ZONE, subnet, verdict: "eligible", reason: null, ...change };
}

/** A launch of that plan. Its token is a hash of `name`, so that another name makes another launch. */
export function ec2Launch(
  plan: LaunchPlan,
  name = "spawn-1",
  change: Partial<Launch> & { readonly count?: number } = {},
): Launch {
  const { count = 1, ...rest } = change;
  const token = createHash("sha256").update(name).digest("hex");
  const [place] = plan.candidates;
  if (place === undefined) throw new Error("the plan has no candidate");
  return {
    token,
    plan,
    place,
    ownership: {
      owner: "ledger-1",
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: token.slice(0, 32),
    },
    members: Array.from({ length: count }, (_, index) => ({
      spawnId: count === 1 ? name : `${name}-${index}`,
      ...NO_INPUT,
      bootDocument: "#cloud-config\n{}\n",
    })),
    userData: "#cloud-config\n{}\n",
    secrets: { credential: null, environment: {}, files: [] },
    ...rest,
  };
}

interface Ec2Caller {
  readonly url?: string;
  readonly account?: string;
}

/** An EC2 fake on a clock of its own, with an adapter that sleeps on that clock. */
export interface Ec2World extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly clock: FakeClock;
  readonly region: Ec2Region;
  readonly adapter: SubstrateAdapter;
  /** Another adapter, as another process would open it. */
  open(change?: Ec2Caller): SubstrateAdapter;
  /** The requests of an action so far. */
  sent(action: string): readonly Ec2Fake["requests"][number][];
}

export async function ec2World(options: Ec2Options = {}): Promise<Ec2World> {
  const clock = createFakeClock();
  const ec2 = await startEc2({ clock, seed: "test", rates: "off", ...options });
  const adapters: SubstrateAdapter[] = [];
  const open = ({ url = ec2.url, account = EC2_ACCOUNT }: Ec2Caller = {}): SubstrateAdapter => {
    const adapter = ec2Adapter({ url, account, clock });
    adapters.push(adapter);
    return adapter;
  };
  return {
    ec2,
    clock,
    region: ec2.region(REGION, EC2_ACCOUNT),
    adapter: open(),
    open,
    sent: (action) => ec2.requests.filter((request) => request.action === action),
    async [Symbol.asyncDispose]() {
      for (const adapter of adapters) await adapter.close();
      await ec2.close();
    },
  };
}

/** The adapter with test credentials. Its pauses advance the clock. */
function ec2Adapter({
  url,
  account,
  clock,
}: Required<Ec2Caller> & { readonly clock: FakeClock }): SubstrateAdapter {
  return createAwsAdapter({
    target: awsTarget(),
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "test",
    },
    home: "/nonexistent",
    now: () => clock.now(),
    async sleep(milliseconds, signal) {
      signal.throwIfAborted();
      await clock.advance(milliseconds);
    },
  });
}

/** Each outcome in a few words: the machine's id, or the outcome with its reason and retry verdict. */
export function summary(outcomes: readonly LaunchOutcome[]): readonly string[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine.id;
    return `${one.outcome} ${one.error.reason} ${one.error.retry}`;
  });
}
