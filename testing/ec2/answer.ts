import type { Action, Context, Timing, TokenAfterTermination } from "./action.ts";
import { ACTIONS } from "./actions/all.ts";
import { accountOf } from "./credentials.ts";
import { Ec2Failure } from "./failure.ts";
import type { CloudFaults, FaultSubject } from "../server/cloud-faults.ts";
import { pruneExpired } from "./prune.ts";
import type { InstanceType } from "./instance-types.ts";
import { parameterTree, parseQuery, type QueryRequest } from "./query.ts";
import { type Buckets, type RateTable, rateLimiter } from "./rate-limits.ts";
import type { OpenRequest } from "./request-entry.ts";
import type { Signature } from "./signature.ts";
import { type Region, type World, newRequestId } from "./world.ts";
import { type ServiceName, xmlFailure, xmlReply } from "./xml.ts";

/** State and settings of a running fake. */
export interface Ec2 {
  readonly world: World;
  readonly types: ReadonlyMap<string, InstanceType>;
  readonly accounts: ReadonlyMap<string, string>;
  readonly timing: Timing;
  readonly rates: RateTable;
  readonly buckets: Buckets;
  readonly tokenAfterTermination: TokenAfterTermination;
  readonly faults: CloudFaults;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Persists the world if a state file is configured. */
  readonly save: () => void;
}

/** An answer as data. */
export interface Answer {
  readonly status: number;
  /** The error code; null for a success. */
  readonly code: string | null;
  readonly body: string;
}

const VERSIONS: Readonly<Record<ServiceName, string>> = { ec2: "2016-11-15", sts: "2011-06-15" };

/** A parsed and authenticated request. */
export interface AdmittedRequest {
  readonly query: QueryRequest;
  readonly signature: Signature;
  readonly service: ServiceName;
  readonly action: Action | null;
  readonly region: Region;
  readonly account: string;
  readonly subject: FaultSubject;
}

/**
 * Parses a request and determines its caller, service and region; records them in `entry`.
 *
 * @throws Ec2Failure
 */
export function admit(
  ec2: Ec2,
  text: string,
  signature: Signature,
  entry: OpenRequest,
): AdmittedRequest {
  entry.region = signature.region;
  entry.accessKeyId = signature.accessKeyId;
  const service = serviceOf(signature);
  entry.service = service;
  const query = parseQuery(text);
  entry.action = query.action;
  entry.parameters = Object.fromEntries(query.parameters);
  entry.isDryRun = query.parameters.get("DryRun") === "true";
  const action = ACTIONS.get(`${service}:${query.action}`) ?? null;
  entry.isRead = action?.isRead ?? false;
  const account = accountOf(signature, {
    sessions: ec2.world.sessions,
    accounts: ec2.accounts,
    now: ec2.now(),
  });
  entry.account = account;
  const region = regionOf(ec2.world, signature, service);
  const subject = subjectOf(query, entry, region);
  return { query, signature, service, action, region, account, subject };
}

function serviceOf({ service }: Signature): ServiceName {
  if (service === "ec2" || service === "sts") return service;
  throw new Ec2Failure(
    "SignatureDoesNotMatch",
    `Credential should be scoped to correct service: 'ec2' or 'sts', not '${service}'.`,
  );
}

/** STS answers in every region; EC2 answers only in the fake's regions, otherwise as in a region that is not enabled. */
function regionOf(world: World, signature: Signature, service: ServiceName): Region {
  const [first] = world.regions.values();
  const region = world.regions.get(signature.region) ?? (service === "sts" ? first : undefined);
  if (region === undefined) throw new Ec2Failure("AuthFailure");
  return region;
}

function subjectOf(
  { action, parameters }: QueryRequest,
  entry: OpenRequest,
  region: Region,
): FaultSubject {
  const subnetId = parameters.get("SubnetId") ?? parameters.get("NetworkInterface.1.SubnetId");
  const isSpot = parameters.get("InstanceMarketOptions.MarketType") === "spot";
  return {
    action,
    region: region.name,
    account: entry.account,
    project: null,
    isLaunch: !entry.isDryRun && (action === "RunInstances" || action === "StartInstances"),
    zone:
      region.subnets.get(subnetId ?? "")?.zone ??
      parameters.get("Placement.AvailabilityZone") ??
      null,
    subnet: subnetId ?? null,
    instanceType: parameters.get("InstanceType") ?? null,
    market: action === "RunInstances" ? (isSpot ? "spot" : "on-demand") : null,
    dryRun: entry.isDryRun,
  };
}

/**
 * Executes the request and returns its answer. It is synchronous: each request completes, and is persisted, before the
 * next one begins and before its answer is sent.
 */
export function perform(ec2: Ec2, admitted: AdmittedRequest): Answer {
  const { query, service, action, region, account, signature } = admitted;
  return answerOrFailure(ec2, service, (requestId) => {
    if (action === null)
      throw new Ec2Failure(
        "InvalidAction",
        `The action ${query.action} is not valid for this web service.`,
      );
    if (query.version !== VERSIONS[service])
      throw new Ec2Failure(
        "NoSuchVersion",
        `The requested version (${query.version}) of service ${service} does not exist`,
      );
    const now = ec2.now();
    const scope = `${account} ${region.name}`;
    const limiter = rateLimiter(ec2.buckets, ec2.rates, { scope, now });
    if (service === "ec2")
      limiter.takeRequest({
        action: action.name,
        isRead: action.isRead,
        isNarrowed: isNarrowed(query),
      });
    const seenAt = now - ec2.timing.describeLagMs;
    const context: Context = { ...ec2, region, account, signature, now, seenAt, limiter };
    if (!action.isRead) pruneExpired(ec2.world, now);
    const fields = action.answer(context, parameterTree(query.parameters));
    if (!action.isRead) ec2.save();
    return xmlReply(query.action, fields, { service, requestId });
  });
}

/** The answer that `work` returns, or the failure that it throws. */
export function answerOrFailure(
  ec2: Ec2,
  service: ServiceName,
  work: (requestId: string) => string,
): Answer {
  const requestId = newRequestId(ec2.world);
  try {
    return { status: 200, code: null, body: work(requestId) };
  } catch (caught) {
    const failure = caught instanceof Ec2Failure ? caught : defectOf(caught);
    const { status, code } = failure;
    return { status, code, body: xmlFailure(failure, { service, requestId }) };
  }
}

/** A defect of the fake itself: report it to the client, since there is no other place to report it. */
function defectOf(caught: unknown): Ec2Failure {
  const message = caught instanceof Error ? (caught.stack ?? caught.message) : String(caught);
  return new Ec2Failure("InternalError", `This fake has a defect: ${message}`);
}

function isNarrowed({ parameters }: QueryRequest): boolean {
  if (parameters.has("MaxResults")) return true;
  for (const name of parameters.keys()) if (name.startsWith("Filter.")) return true;
  return false;
}
