import { createAwsAdapter } from "../../adapters/aws/index.ts";
import type { AwsEnvironment } from "../../adapters/aws/index.ts";
import type { AwsTarget, Candidate, Check, MachineShape, PlanDraft } from "../../src/plan/plan.ts";
import type {
  ImageInspection,
  PreflightReport,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Options, Ec2Region, Ec2Fake } from "../../testing/ec2/index.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import type { FakeClock } from "../../testing/fake-clock.ts";
import { awsTarget, EC2_ACCOUNT } from "./ec2-launch.ts";

/** The input of a resolution. Members that are left out fit the fake's first region. */
export interface ResolveParameters {
  /** AMI ids by region. Default: the fake's x86_64 image in us-east-1. */
  readonly amiIds?: Readonly<Record<string, string>>;
  readonly architecture?: PlanDraft["architecture"];
  readonly machineType?: string;
  readonly shape?: Partial<MachineShape>;
  readonly userData?: string;
  readonly target?: Partial<AwsTarget>;
  readonly markets?: readonly NonNullable<Candidate["market"]>[];
  /** In addition to the endpoint and the account's keys. */
  readonly environment?: AwsEnvironment;
}

export interface Ec2Answer {
  readonly inspection: ImageInspection;
  readonly report: PreflightReport;
  readonly checks: readonly Check[];
}

export interface Ec2Scene extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly clock: FakeClock;
  readonly region: Ec2Region;
  /** Inspects the image and runs preflight, as a resolution does, with a new adapter. */
  resolve(question?: ResolveParameters): Promise<Ec2Answer>;
  /** Opens an adapter of the first region with this environment. */
  open(question?: ResolveParameters): SubstrateAdapter;
}

export const REGION = "us-east-1";

/** The fake's clock advances only when the adapter pauses. */
export async function ec2Scene(options: Ec2Options = {}): Promise<Ec2Scene> {
  const clock = createFakeClock();
  const ec2 = await startEc2({ clock, seed: "resolve", rates: "off", ...options });
  const adapters: SubstrateAdapter[] = [];
  const open = ({ target = {}, environment = {} }: ResolveParameters = {}): SubstrateAdapter => {
    const adapter = createAwsAdapter({
      target: awsTarget(target),
      environment: {
        AWS_ENDPOINT_URL: ec2.url,
        AWS_ACCESS_KEY_ID: EC2_ACCOUNT,
        AWS_SECRET_ACCESS_KEY: "test",
        ...environment,
      },
      home: "/nowhere",
      now: () => clock.now(),
      async sleep(milliseconds, signal) {
        signal.throwIfAborted();
        await clock.advance(milliseconds);
      },
    });
    adapters.push(adapter);
    return adapter;
  };
  const region = ec2.region(REGION, EC2_ACCOUNT);
  return {
    ec2,
    clock,
    region,
    open,
    resolve: async (question = {}) => await resolveOn(open(question), region, question),
    async [Symbol.asyncDispose]() {
      for (const adapter of adapters) await adapter.close();
      await ec2.close();
    },
  };
}

/** Inspects the image and runs preflight, as a resolution does. Defaults come from the fake's region. */
export async function resolveOn(
  adapter: SubstrateAdapter,
  region: Ec2Region,
  question: ResolveParameters = {},
): Promise<Ec2Answer> {
  const { signal } = new AbortController();
  const { architecture = "amd64" } = question;
  const amiIds = question.amiIds ?? { [region.name]: region.images.x86_64 };
  const source = { substrate: "AWS", amiIds, baked: false } as const;
  const imageTarget = { imageName: "agent-base", architecture };
  const inspection = await adapter.inspectImage(source, imageTarget, signal);
  const report = await adapter.preflight(
    draftOf(question, region, inspection),
    inspection.facts,
    signal,
  );
  return { inspection, report, checks: [...inspection.checks, ...report.checks] };
}

function draftOf(
  question: ResolveParameters,
  region: Ec2Region,
  inspection: ImageInspection,
): PlanDraft {
  const subnetIds = question.target?.subnetIds ?? Object.values(region.subnets).slice(0, 1);
  const target = awsTarget({ region: region.name, ...question.target, subnetIds });
  const { machineType = "m7i.large" } = question;
  const isDefault = machineType === "default";
  const unpinned = { id: "", requested: "", pinned: false };
  return {
    workspace: "agent-dev",
    tenant: "acme",
    substrate: "AWS",
    architecture: question.architecture ?? "amd64",
    artifact: inspection.artifact ?? unpinned,
    machineType,
    shape: {
      record: isDefault ? null : "large",
      vcpus: isDefault ? null : 2,
      memoryGb: isDefault ? null : 8,
      diskSizeGb: 0,
      diskType: null,
      ...question.shape,
    },
    target,
    candidates: (question.markets ?? ["on-demand"]).flatMap((market) =>
      subnetIds.map((subnet) => ({
        place: region.name,
        subnet,
        market,
        verdict: "eligible" as const,
        reason: null,
      })),
    ),
    credential: null,
    guest: {
      repos: [],
      ports: [],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: question.userData ?? null,
      bootDocument: "cloud-init",
    },
    sources: {},
    records: [],
    floatingReads: [],
  };
}

/** The reasons of the failed checks, by the checks' names. */
export function failures(checks: readonly Check[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    checks.flatMap(({ name, outcome, reason }) =>
      outcome === "failed" ? [[name, reason ?? ""] as const] : [],
    ),
  );
}

/** The actions sent to the fake that change something. */
export function changes({ requests }: Ec2Fake): readonly (string | null)[] {
  return requests
    .filter(({ isRead, isDryRun }) => !isRead && !isDryRun)
    .map(({ action }) => action);
}
