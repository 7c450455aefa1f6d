import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlipway } from "../src/slipway/create-slipway.ts";
import type { SlipwayOptions } from "../src/slipway/create-slipway.ts";
import type { RateOptions } from "../src/slipway/rate-options.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import type { RateBucket } from "../src/pacing/rates.ts";
import { startEc2 } from "../testing/ec2/index.ts";
import type { Ec2Region, Ec2Fake } from "../testing/ec2/index.ts";

export const REGION = "us-east-1";
const ACCOUNT = "000000000000";

/** Never empty, and refilled so slowly that the refill is negligible. */
const UNBOUNDED: RateBucket = {
  capacity: 1e9,
  refill: 1_000,
  everyMilliseconds: 1,
  pace: "continuous",
};

/** The cost of a spawn is measured, not its waiting time. */
const UNPACED: RateOptions = {
  AWS: {
    RunInstances: { requests: UNBOUNDED, resources: UNBOUNDED },
    TerminateInstances: { requests: UNBOUNDED, resources: UNBOUNDED },
    "DescribeInstances by id": { requests: UNBOUNDED, resources: null },
  },
};

/** A fake that answers at once, and a workspace `bench` for it. */
export interface Ec2World extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly region: Ec2Region;
  readonly subnet: string;
  readonly slipway: Slipway;
  readonly database: string;
  readonly environment: Readonly<Record<string, string>>;
  /** For another Slipway with the same pacing. */
  readonly rates: RateOptions;
}

/**
 * @param pace `published`: the fake throttles calls beyond EC2's published rates, and Slipway respects them
 * @param ports as for `createSlipway`
 */
export async function ec2World(
  pace: "published" | "off" = "off",
  ports: SlipwayOptions["ports"] = {},
): Promise<Ec2World> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const database = join(folder, "slipway.db");
  const ec2 = await startEc2({ rates: pace, timing: { pendingMs: 0, endingMs: 0 } });
  const region = ec2.region(REGION);
  const [zone = ""] = region.zones;
  const subnet = region.subnets[zone] ?? "";
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "bench",
  };
  const rates = pace === "off" ? UNPACED : {};
  const slipway = await createSlipway({ database, environment, rates, ports });
  const { catalog } = slipway;
  await catalog.set("image", {
    name: "machine",
    architecture: "ARCHITECTURE_AMD64",
    aws: { amiIds: { [REGION]: region.images.x86_64 } },
  });
  await catalog.set("placement", {
    name: "here",
    substrate: "AWS",
    target: { aws: { accountId: ACCOUNT, region: REGION, subnetIds: [subnet] } },
  });
  await catalog.set("workspace", { name: "bench", imageRef: "machine", placement: "here" });
  return {
    ec2,
    region,
    subnet,
    slipway,
    database,
    environment,
    rates,
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await ec2.close();
      await rm(folder, { recursive: true });
    },
  };
}
