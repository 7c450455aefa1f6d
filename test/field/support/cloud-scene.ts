import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseEc2Faults, startEc2 } from "../../../testing/ec2/index.ts";
import type { Ec2Fake } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import type { GceFake } from "../../../testing/gce/index.ts";
import { scratchCatalog } from "../../cli/support/scratch-catalog.ts";
import type { ScratchCatalog } from "../../cli/support/scratch-catalog.ts";
import type { CommandResult } from "../../cli/support/command-line.ts";
import type { ProcessOptions, ProcessResult } from "../../cli/support/slipway-process.ts";
import { fixtureFolder, readFixture, setRecords } from "./fixtures.ts";
import { startRelay } from "./relay.ts";
import type { Relay, RelayRules } from "./relay.ts";

const REGION = "us-east-1";
/** Ids in the fixtures, which the fake's own replace. */
const FIXTURE_IDS = {
  imageId: "ami-08100ad9a34fb849e",
  subnetIds: ["subnet-08568874ca2e2ea59", "subnet-0515b6d86c4c10d83"],
} as const;

/** The command line on the records of a case, and the relay between it and a fake of the cloud. */
interface CloudScene extends AsyncDisposable {
  readonly catalog: ScratchCatalog;
  readonly relay: Relay;
  readonly run: (...argv: readonly string[]) => Promise<CommandResult>;
  /** Runs a command in a process of its own. */
  readonly runProcess: (
    argv: readonly string[],
    options?: Pick<ProcessOptions, "nodeArguments" | "environment">,
  ) => Promise<ProcessResult>;
}

export interface Ec2CaseScene extends CloudScene {
  readonly ec2: Ec2Fake;
}

export interface GceCaseScene extends CloudScene {
  readonly gce: GceFake;
}

export interface SceneOptions extends RelayRules {
  /** Replacements in the records, beside the fake's ids. Gets the fake. */
  readonly replace?: (ec2: Ec2Fake) => Promise<Readonly<Record<string, string>>>;
  /** False: the process finds its credentials elsewhere. Default true. */
  readonly credentials?: boolean;
}

/** Plays a case of EC2, with the faults of its `faults.yaml`. */
export async function ec2Case(name: string, options: SceneOptions = {}): Promise<Ec2CaseScene> {
  await using opened = new AsyncDisposableStack();
  const ec2 = opened.use(await startEc2({ timing: { pendingMs: 20, endingMs: 20 } }));
  if (existsSync(join(fixtureFolder(name), "faults.yaml")))
    for (const fault of parseEc2Faults(parse(readFixture(name, "faults.yaml")))) ec2.fault(fault);
  const relay = opened.use(await startRelay(ec2.url, options));
  const { images, subnets } = ec2.region(REGION);
  const [first, second] = FIXTURE_IDS.subnetIds;
  const replacements = {
    [FIXTURE_IDS.imageId]: images.x86_64,
    [first]: subnets[`${REGION}a`] ?? "",
    [second]: subnets[`${REGION}b`] ?? "",
    ...(await options.replace?.(ec2)),
  };
  const keys = { AWS_ACCESS_KEY_ID: "000000000000", AWS_SECRET_ACCESS_KEY: "x" };
  const environment = {
    AWS_ENDPOINT_URL: relay.url,
    AWS_EC2_METADATA_DISABLED: "true",
    ...(options.credentials === false ? {} : keys),
  };
  return { ec2, ...(await commandLine({ name, opened, relay, environment, replacements })) };
}

/** Plays a case of Compute Engine. */
export async function gceCase(name: string, options: SceneOptions = {}): Promise<GceCaseScene> {
  await using opened = new AsyncDisposableStack();
  const gce = opened.use(await startGce());
  const relay = opened.use(await startRelay(gce.url, options));
  const token = { CLOUDSDK_AUTH_ACCESS_TOKEN: "anything" };
  const environment = {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${relay.url}/compute/v1/`,
    ...(options.credentials === false ? {} : token),
  };
  return { gce, ...(await commandLine({ name, opened, relay, environment, replacements: {} })) };
}

async function commandLine(scene: {
  readonly name: string;
  readonly opened: AsyncDisposableStack;
  readonly relay: Relay;
  readonly environment: Readonly<Record<string, string>>;
  readonly replacements: Readonly<Record<string, string>>;
}): Promise<CloudScene> {
  const { name, opened, relay, environment, replacements } = scene;
  const catalog = opened.use(scratchCatalog());
  await setRecords(catalog, name, replacements);
  const owned = opened.move();
  return {
    catalog,
    relay,
    run: (...argv) => catalog.run(argv, { environment }),
    runProcess: (argv, more = {}) =>
      catalog.runProcess(argv, { ...more, environment: { ...environment, ...more.environment } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
