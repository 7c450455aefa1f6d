import { startRegistry, tinyImage } from "../../../testing/registry/index.ts";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { startFixtureEngine } from "../../field/support/fixture-engine.ts";
import { scratchCatalog } from "./scratch-catalog.ts";
import type { ProcessResult } from "./slipway-process.ts";

const ACCOUNT = "123456789012";
const PROJECT = "agents";

/** The command line on a provider that can be reached, with a running spawn `one` of the workspace `dev`. */
export interface ReachableCli extends AsyncDisposable {
  /** Runs a command that must succeed, and returns its parsed output. */
  readonly json: (...argv: readonly string[]) => Promise<unknown>;
  /** Runs a command in a process of its own, whose provider is at this address (`http://host:port`). */
  readonly runAt: (
    address: string,
    ...argv: readonly string[]
  ) => Promise<ProcessResult & { readonly milliseconds: number }>;
}

interface Provider {
  readonly address: string;
  readonly records: Readonly<Record<"image" | "placement", object>>;
  readonly environmentAt: (address: string) => Readonly<Record<string, string>>;
}

async function openEc2(opened: AsyncDisposableStack): Promise<Provider> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  opened.defer(() => ec2.close());
  const region = ec2.region("us-east-1", ACCOUNT);
  const aws = {
    account_id: ACCOUNT,
    region: "us-east-1",
    subnet_ids: [region.subnets["us-east-1a"]],
    security_group_id: region.securityGroupId,
  };
  return {
    address: ec2.url,
    records: {
      image: { aws: { ami_ids: { "us-east-1": region.images.x86_64 } } },
      placement: { substrate: "AWS", target: { aws } },
    },
    environmentAt: (address) => ({
      AWS_ENDPOINT_URL: address,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
    }),
  };
}

async function openGce(opened: AsyncDisposableStack): Promise<Provider> {
  const gce = await startGce({ timing: { provisioningMs: 10, stagingMs: 10, endingMs: 10 } });
  opened.defer(() => gce.close());
  gce.addImage(PROJECT, { name: "base-v1", family: "base", createdAt: 1_000 });
  const gcp = { project: PROJECT, zones: ["us-central1-a"], subnet: "default" };
  return {
    address: gce.url,
    records: {
      image: { gce: { self_link: `projects/${PROJECT}/global/images/family/base` } },
      placement: { substrate: "GCP", target: { gcp } },
    },
    environmentAt: (address) => ({
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${address}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
    }),
  };
}

async function openDocker(opened: AsyncDisposableStack): Promise<Provider> {
  const registry = opened.use(await startRegistry());
  const engine = opened.use(await startFixtureEngine());
  const { reference } = registry.add("team/app", "1", tinyImage("amd64"));
  return {
    address: engine.host,
    records: {
      image: { docker: { image_ref: reference } },
      placement: { substrate: "DOCKER", target: { docker: {} } },
    },
    environmentAt: (address) => ({ DOCKER_HOST: address.replace("http:", "tcp:") }),
  };
}

export const PROVIDERS = {
  EC2: openEc2,
  "Compute Engine": openGce,
  Docker: openDocker,
} as const;

/** @param program the command line that runs in processes of its own */
export async function reachableCli(
  name: keyof typeof PROVIDERS,
  program: string,
): Promise<ReachableCli> {
  await using opened = new AsyncDisposableStack();
  const { address, records, environmentAt } = await PROVIDERS[name](opened);
  const catalog = opened.use(scratchCatalog());
  const environmentOf = (of: string) => ({ NO_PROXY: "*", ...environmentAt(of) });
  const json = async (...argv: readonly string[]): Promise<unknown> => {
    const environment = environmentOf(address);
    return JSON.parse((await catalog.must([...argv, "-o", "json"], { environment })).stdout);
  };
  const set = async (kind: string, name: string, record: object) =>
    await catalog.must(["set", kind, name], { stdin: JSON.stringify({ name, ...record }) });
  await set("image", "base", { architecture: "ARCHITECTURE_AMD64", ...records.image });
  await set("placement", "there", records.placement);
  await set("workspace", "dev", { image_ref: "base", placement: "there" });
  await json("spawn", "dev", "--id", "one");
  const owned = opened.move();
  return {
    json,
    async runAt(other, ...argv) {
      const began = performance.now();
      const ran = await catalog.runProcess(argv, { program, environment: environmentOf(other) });
      return { ...ran, milliseconds: performance.now() - began };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
