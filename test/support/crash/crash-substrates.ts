import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { startRegistry } from "../../../testing/registry/index.ts";
import { busyboxImage } from "../busybox-image.ts";
import type { EnginePeer } from "../peers.ts";
import { recordWorkspace } from "../faults/fault-substrate.ts";
import { viewEngine } from "../world-engine.ts";
import { uniqueName } from "../world.ts";
import { receivedInputs, receivedVariables } from "./crash-input.ts";
import type { CrashSubstrate } from "./crash-scene.ts";

const ACCOUNT = "000000000000";
const PROJECT = "crash-project";
const LABEL = "com.example.crash";

export interface CrashOptions {
  /** Capacity of its first zone, in machines. Default 0: each spawn launches twice. */
  readonly room?: number;
  /** Whether calls beyond the published rates are throttled. Default false. */
  readonly isPaced?: boolean;
  /** Whether the workspace names two machine types, of which its second zone has none of the first. Default false. */
  readonly hasTwoTypes?: boolean;
}

/** The EC2 fake, outside the process that is killed. */
export async function crashOnEc2(options: CrashOptions = {}): Promise<CrashSubstrate> {
  const { room = 0, isPaced = false, hasTwoTypes = false } = options;
  const ec2 = await startEc2({
    rates: isPaced ? "published" : "off",
    timing: { pendingMs: 20, endingMs: 20 },
  });
  const region = ec2.region("us-east-1");
  const [full = "", open = ""] = region.zones;
  const instanceTypes = ["m7i.large", "m6i.large", "m6a.large"];
  for (const instanceType of hasTwoTypes ? ["m7i.large"] : instanceTypes)
    region.setCapacity({ instanceType, zone: full }, room);
  if (hasTwoTypes) region.setCapacity({ instanceType: "m7i.large", zone: open }, 0);
  const subnetIds = [full, open].map((zone) => region.subnets[zone] ?? "");
  return {
    name: "EC2",
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
          target: { aws: { accountId: ACCOUNT, region: "us-east-1", subnetIds } },
        },
        machineType: hasTwoTypes ? { aws: { instanceTypes } } : null,
      }),
    machines: async () =>
      region
        .instances()
        .filter(({ state }) => state === "pending" || state === "running")
        .map(({ id }) => id),
    async received(machineId) {
      const instance = region.instances().find(({ id }) => id === machineId);
      const userData = Buffer.from(instance?.userData ?? "", "base64").toString("utf8");
      return receivedInputs(userData)[instance?.launchIndex ?? -1] ?? null;
    },
    requests: () =>
      ec2.requests.map(({ action, isDryRun, status }) => ({
        call: isDryRun ? "dry run" : (action ?? ""),
        isThrottled: status === 503,
      })),
    [Symbol.asyncDispose]: () => ec2.close(),
  };
}

/** The Compute Engine fake, whose rate limits are always on. */
export async function crashOnGce({
  room = 0,
  hasTwoTypes = false,
}: CrashOptions = {}): Promise<CrashSubstrate> {
  const gce = await startGce({
    timing: { provisioningMs: 5, stagingMs: 20, endingMs: 20, otherMs: 5 },
  });
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent" });
  const zones = ["us-central1-a", "us-central1-b"] as const;
  const machineTypes = ["n2-standard-2", "e2-standard-2"];
  for (const machineType of hasTwoTypes ? ["n2-standard-2"] : machineTypes)
    gce.setCapacity({ zone: zones[0], machineType, machines: room });
  if (hasTwoTypes) gce.setCapacity({ zone: zones[1], machineType: "n2-standard-2", machines: 0 });
  return {
    name: "Compute Engine",
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "test",
    },
    prepare: (slipway) =>
      recordWorkspace(slipway, {
        image: { gce: { selfLink: `projects/${PROJECT}/global/images/family/agent` } },
        placement: {
          substrate: "GCP",
          target: { gcp: { project: PROJECT, zones, subnet: "default" } },
        },
        machineType: hasTwoTypes ? { gce: { machineTypes } } : null,
      }),
    // A machine that is being deleted is still listed for a moment.
    machines: async () =>
      gce
        .instances(PROJECT)
        .filter(({ goneAt }) => goneAt === null)
        .map(linkOf),
    async received(machineId) {
      const instance = gce.instances(PROJECT).find((one) => linkOf(one) === machineId);
      const item = instance?.metadata.find(({ key }) => key === "user-data");
      // A name is its spawn's id and 16 digits.
      const spawnId = instance?.name.slice(0, -17);
      return receivedInputs(item?.value ?? "").find((one) => one.spawnId === spawnId) ?? null;
    },
    requests: () =>
      gce.requests.map(({ call, status }) => ({
        call: call ?? "",
        isThrottled: status === 403,
      })),
    [Symbol.asyncDispose]: () => gce.close(),
  };
}

/** This machine's engine, with an image that it has to pull once. */
export async function crashOnDocker(engine: EnginePeer): Promise<CrashSubstrate> {
  const registry = await startRegistry();
  registry.add(
    "crash/steady",
    "v1",
    await busyboxImage(engine, {
      architecture: "amd64",
      config: { Cmd: ["sleep", "3600"] },
    }),
  );
  const view = viewEngine(engine);
  const label = `${LABEL}=${uniqueName()}`;
  return {
    name: "a Docker engine",
    environment: { DOCKER_HOST: engine.host },
    prepare: (slipway) =>
      recordWorkspace(slipway, {
        image: { docker: { imageRef: `${registry.host}/crash/steady:v1` } },
        placement: {
          substrate: "DOCKER",
          target: { docker: { labels: { [LABEL]: label.slice(LABEL.length + 1) } } },
        },
      }),
    machines: () => view.containers(label),
    received: async (machineId) => receivedVariables((await view.inspect(machineId)).Config.Env),
    requests: () => [],
    async [Symbol.asyncDispose]() {
      await view.removeContainers(label);
      await view.removeImages(registry.host);
      await registry.close();
    },
  };
}

function linkOf({ zone, name }: { readonly zone: string; readonly name: string }): string {
  return `projects/${PROJECT}/zones/${zone}/instances/${name}`;
}
