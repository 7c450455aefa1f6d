import { randomUUID } from "node:crypto";
import type { Clock } from "../../src/host/clock.ts";
import { systemClock } from "../../src/host/system-clock.ts";
import type { Timing, TokenAfterTermination } from "./action.ts";
import { type Ec2Account, accountHandle } from "./account-handle.ts";
import type { Ec2 } from "./answer.ts";
import { DEFAULT_ACCOUNT } from "./credentials.ts";
import { type CloudFault } from "../server/cloud-fault-grammar.ts";
import { addCloudFault, cloudFaults } from "../server/cloud-faults.ts";
import { type CloudOptions, serveCloud } from "../server/cloud-server.ts";
import type { FaultHandle } from "../server/fault-board.ts";
import type { ListeningOptions } from "../server/http-server.ts";
import { type MetadataServer, metadataServers } from "../server/metadata.ts";
import { requestLog } from "../server/request-log.ts";
import { readStateFile, writeStateFile } from "../server/state-file.ts";
import { EC2_FAULTS } from "./faults.ts";
import { type Ec2Region, regionHandle } from "./handle.ts";
import { addBuiltInImages } from "./images.ts";
import { metadataService } from "./metadata/metadata-service.ts";
import { BUILT_IN_TYPES, type InstanceType } from "./instance-types.ts";
import { type RateTable, noRates, publishedRates } from "./rate-limits.ts";
import type { Ec2Request } from "./request-entry.ts";
import { ec2Api } from "./wire.ts";
import { worldDocument, worldSchema } from "./world-document.ts";
import { DEFAULT_REGIONS, type World, emptyRegion, emptyWorld } from "./world.ts";

export interface Ec2Options extends CloudOptions {
  /** Regions by name, each with the letters of its zones. Default: us-east-1, us-west-2 and eu-west-1. */
  readonly regions?: Readonly<Record<string, string>>;
  /** Account ids by access key. Any other key belongs to 000000000000, unless it is itself an account id. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Default: 250 ms for pending and ending, 500 ms for imaging, and describes without lag. */
  readonly timing?: Partial<Timing>;
  /** Rate limits. Default: the published ones; `off` disables them. */
  readonly rates?: "published" | "off" | RateTable;
  /** Instance types in addition to the built-in ones. */
  readonly instanceTypes?: readonly InstanceType[];
  /** Answer to a client token whose machines were terminated. Default `refuse`. */
  readonly tokenAfterTermination?: TokenAfterTermination;
  /** Seed of the generated ids. Default: random. */
  readonly seed?: string;
}

export interface MetadataOptions extends ListeningOptions {
  readonly hops?: number;
}

/** A running fake. Ends with `close()` or `await using`. */
export interface Ec2Fake extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: the endpoint of EC2 and STS for all regions and accounts. */
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly Ec2Request[];
  /** A region from the viewpoint of an account. Default account 000000000000. */
  region(name: string, account?: string): Ec2Region;
  /** An account's agreements and its part of IAM. Default account 000000000000. */
  account(id?: string): Ec2Account;
  /** Injects a fault from now on. */
  fault(fault: CloudFault): FaultHandle;
  /**
   * Opens the metadata service of an instance at an address of its own. `hops` is the number of network hops between the
   * instance and the program that asks (default 1): beyond the instance's hop limit a token never arrives.
   */
  metadata(instanceId: string, options?: MetadataOptions): Promise<MetadataServer>;
  /** Denies an action, such as `ec2:RunInstances`, `iam:PassRole` or `sts:AssumeRole`. */
  deny(action: string, account?: string): void;
  /** Allows a denied action again. */
  allow(action: string, account?: string): void;
  close(): Promise<void>;
}

const DEFAULT_TIMING: Timing = { pendingMs: 250, endingMs: 250, imagingMs: 500, describeLagMs: 0 };

/**
 * Starts a strict fake of EC2 and STS in this process. Any client of the Query protocol works with it: the AWS SDKs, the
 * `aws` command, and Slipway itself. It rejects the requests that EC2 rejects.
 *
 * @throws SlipwayError `PORT_UNAVAILABLE`; `INVALID_INPUT` for an invalid state file
 */
export async function startEc2(options: Ec2Options = {}): Promise<Ec2Fake> {
  const clock = options.clock ?? systemClock;
  const ec2 = await makeEc2(options, clock);
  const log = requestLog<Ec2Request>(options.maximumRequests);
  const metadata = metadataService(ec2.world, ec2.now);
  const api = ec2Api({ ec2, clock, log, metadata });
  const { url, close: closeApi } = await serveCloud(api, options, ec2.save);
  const servers = metadataServers(api.defect);
  const close = async (): Promise<void> => {
    await Promise.all([closeApi(), servers.closeAll()]);
  };
  const { denials } = ec2.world;
  const isSame = (account: string, action: string) => (denial: (typeof denials)[number]) =>
    denial.account === account && denial.action === action;
  const allow = (action: string, account = DEFAULT_ACCOUNT): void => {
    const index = denials.findIndex(isSame(account, action));
    if (index >= 0) denials.splice(index, 1);
    ec2.save();
  };
  return {
    url,
    requests: log.entries,
    region: (name, account = DEFAULT_ACCOUNT) => regionHandle(ec2, name, account),
    account: (id = DEFAULT_ACCOUNT) => accountHandle(ec2, id),
    fault: (fault) => addCloudFault(ec2.faults, fault),
    metadata: async (instanceId, { hops = 1, ...listening } = {}) =>
      await servers.open(metadata.of(instanceId, hops), listening),
    deny(action, account = DEFAULT_ACCOUNT) {
      if (!denials.some(isSame(account, action))) denials.push({ account, action });
      ec2.save();
    },
    allow,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function makeEc2(options: Ec2Options, clock: Clock): Promise<Ec2> {
  const { stateFile, rates = "published" } = options;
  const world =
    (stateFile === undefined ? null : await readStateFile(stateFile, worldSchema, "EC2")) ??
    newWorld(options.seed ?? randomUUID(), options.regions ?? DEFAULT_REGIONS);
  const types = [...BUILT_IN_TYPES, ...(options.instanceTypes ?? [])];
  return {
    world,
    types: new Map(types.map((type) => [type.name, type])),
    accounts: new Map(Object.entries(options.accounts ?? {})),
    timing: { ...DEFAULT_TIMING, ...options.timing },
    rates: rates === "published" ? publishedRates : rates === "off" ? noRates : rates,
    buckets: new Map(),
    tokenAfterTermination: options.tokenAfterTermination ?? "refuse",
    faults: cloudFaults(EC2_FAULTS, options.faults),
    now: () => clock.now(),
    save: () => {
      if (stateFile !== undefined) writeStateFile(stateFile, worldDocument(world));
    },
  };
}

function newWorld(seed: string, regions: Readonly<Record<string, string>>): World {
  const world = emptyWorld(seed);
  for (const [name, zoneLetters] of Object.entries(regions)) {
    const region = emptyRegion(name, zoneLetters);
    addBuiltInImages(world, region);
    world.regions.set(name, region);
  }
  return world;
}
