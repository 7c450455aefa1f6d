import type { CloudFault } from "../../../testing/server/cloud-fault-grammar.ts";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { recordWorkspace } from "./fault-substrate.ts";
import type { FaultSubstrate } from "./fault-substrate.ts";

const ACCOUNT = "000000000000";
const PROJECT = "fault-project";

export interface CloudOptions {
  readonly zones?: number;
  /** EC2 only. Default on demand. */
  readonly market?: "SPOT" | "SPOT_THEN_ON_DEMAND";
}

export async function faultsOnEc2({ zones = 2, market }: CloudOptions = {}): Promise<
  FaultSubstrate<CloudFault>
> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 5, endingMs: 5 } });
  const region = ec2.region("us-east-1");
  const places = region.zones.slice(0, zones);
  const subnetIds = places.map((zone) => region.subnets[zone] ?? "");
  return {
    environment: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
    },
    prepare: (slipway) =>
      recordWorkspace(slipway, {
        image: { aws: { amiIds: { "us-east-1": region.images.x86_64 } } },
        placement: {
          substrate: "AWS",
          target: {
            aws: {
              accountId: ACCOUNT,
              region: "us-east-1",
              subnetIds,
              ...(market === undefined ? {} : { market }),
            },
          },
        },
      }),
    inject: (rule) => {
      const fault = ec2.fault({
        ...firstPlace(places),
        dryRun: false,
        ...rule,
        action: "RunInstances",
      });
      return () => fault.remove();
    },
    launchRequests: () =>
      ec2.requests.filter(({ action, isDryRun }) => action === "RunInstances" && !isDryRun).length,
    machines: async () =>
      region
        .instances()
        .filter(({ state }) => state === "pending" || state === "running")
        .map(({ id }) => id),
    [Symbol.asyncDispose]: () => ec2.close(),
  };
}

export async function faultsOnGce({ zones = 2 }: Pick<CloudOptions, "zones"> = {}): Promise<
  FaultSubstrate<CloudFault>
> {
  const gce = await startGce({
    rates: () => null,
    timing: { provisioningMs: 1, stagingMs: 1, endingMs: 1, otherMs: 1 },
  });
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent" });
  const places = ["us-central1-a", "us-central1-b", "us-central1-c"].slice(0, zones);
  return {
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "test",
    },
    prepare: (slipway) =>
      recordWorkspace(slipway, {
        image: { gce: { selfLink: `projects/${PROJECT}/global/images/family/agent` } },
        placement: {
          substrate: "GCP",
          target: { gcp: { project: PROJECT, zones: places, subnet: "default" } },
        },
      }),
    inject: (rule) => {
      const fault = gce.fault({ ...firstPlace(places), ...rule, action: "instances.insert" });
      return () => fault.remove();
    },
    launchRequests: () => gce.requests.filter(({ call }) => call === "instances.insert").length,
    machines: async () =>
      gce
        .instances(PROJECT)
        .map(({ zone, name }) => `projects/${PROJECT}/zones/${zone}/instances/${name}`),
    [Symbol.asyncDispose]: () => gce.close(),
  };
}

/** Faults affect only the first place by default, so that a launch elsewhere succeeds visibly. */
function firstPlace([zone]: readonly string[]): { readonly zone?: string } {
  return zone === undefined ? {} : { zone };
}
