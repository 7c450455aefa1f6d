import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { recordWorkspace } from "../faults/fault-substrate.ts";
import type { Guest } from "./guest.ts";

const PROJECT = "guest-project";
/** In the order in which they are tried, each in both zones. */
const TYPES = {
  ec2: ["m7i.large", "m6i.large"],
  gce: ["n2-standard-2", "n2d-standard-2"],
} as const;

/** A fake cloud with two zones, for guests of launched machines. */
export interface GuestCloud extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** Records a workspace and returns its name. */
  readonly prepare: (slipway: Slipway, options?: { readonly userData?: string }) => Promise<string>;
  readonly launchCalls: () => number;
  /** Leaves room for so many machines of the first type in each of the two zones. */
  readonly limitFirstType: (machines: readonly [number, number]) => void;
  /** The guest of a launched machine. */
  readonly guestOf: (machineId: string) => Promise<Guest>;
}

/** EC2, whose metadata have the hardware addresses of its machines. */
export interface Ec2GuestCloud extends GuestCloud {
  readonly macAddressOf: (instanceId: string) => string;
}

export async function guestsOnEc2(): Promise<Ec2GuestCloud> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 5, endingMs: 5 } });
  const region = ec2.region("us-east-1");
  const [first = "", second = ""] = region.zones;
  return {
    environment: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: "000000000000",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    prepare: (slipway, options) =>
      recordWorkspace(slipway, {
        ...options,
        machineType: { aws: { instanceTypes: [...TYPES.ec2] } },
        image: { aws: { amiIds: { "us-east-1": region.images.x86_64 } } },
        placement: {
          substrate: "AWS",
          target: {
            aws: {
              accountId: "000000000000",
              region: "us-east-1",
              subnetIds: [first, second].map((zone) => region.subnets[zone] ?? ""),
              // No guest may depend on its tags.
              metadataOptions: { instanceMetadataTags: "disabled" },
            },
          },
        },
      }),
    launchCalls: () =>
      ec2.requests.filter(({ action, isDryRun }) => action === "RunInstances" && !isDryRun).length,
    macAddressOf: (instanceId) =>
      region.interfaces().find((one) => one.instanceId === instanceId)?.macAddress ?? "",
    limitFirstType: (machines) => {
      const [instanceType] = TYPES.ec2;
      for (const [index, zone] of [first, second].entries())
        region.setCapacity({ instanceType, zone }, machines[index] ?? 0);
    },
    guestOf: async (machineId) => ({ cloud: "ec2", url: (await ec2.metadata(machineId)).url }),
    [Symbol.asyncDispose]: () => ec2.close(),
  };
}

export async function guestsOnGce(): Promise<GuestCloud> {
  const gce = await startGce({
    rates: () => null,
    timing: { provisioningMs: 1, stagingMs: 1, endingMs: 1, otherMs: 1 },
  });
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent" });
  const zones = ["us-central1-a", "us-central1-b"];
  return {
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "test",
    },
    prepare: (slipway, options) =>
      recordWorkspace(slipway, {
        ...options,
        machineType: { gce: { machineTypes: [...TYPES.gce] } },
        image: { gce: { selfLink: `projects/${PROJECT}/global/images/family/agent` } },
        placement: {
          substrate: "GCP",
          target: { gcp: { project: PROJECT, zones, subnet: "default" } },
        },
      }),
    launchCalls: () =>
      gce.requests.filter(
        ({ call }) => call === "instances.insert" || call === "instances.bulkInsert",
      ).length,
    limitFirstType: (machines) => {
      const [machineType] = TYPES.gce;
      for (const [index, zone] of zones.entries())
        gce.setCapacity({ machineType, zone, machines: machines[index] ?? 0 });
    },
    guestOf: async (machineId) => {
      const [, project = "", zone = "", name = ""] =
        /^projects\/(.+)\/zones\/(.+)\/instances\/(.+)$/.exec(machineId) ?? [];
      return { cloud: "gce", url: (await gce.metadata({ project, zone, name })).url };
    },
    [Symbol.asyncDispose]: () => gce.close(),
  };
}
