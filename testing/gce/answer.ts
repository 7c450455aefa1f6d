import type { Clock } from "../../src/host/clock.ts";
import type { JsonObject } from "../../src/errors.ts";
import { type CloudAnswer, exchange } from "../server/cloud-exchange.ts";
import type { CloudFaults, FaultSubject } from "../server/cloud-faults.ts";
import type { RequestLog } from "../server/request-log.ts";
import type { Call, Context, Timing } from "./context.ts";
import { GceFailure, errorBody } from "./failure.ts";
import { badToken, failureOf, subjectOf, takeOperationFault } from "./faults.ts";
import type { MachineType } from "./machine-types.ts";
import { requireOpenZone } from "./policies.ts";
import { requireProject } from "./projects.ts";
import { selectFields } from "./query/fields.ts";
import { type RateCounts, type RateTable, takeRate } from "./rate-limits.ts";
import type { GceRequest, OpenRequest } from "./request-entry.ts";
import { type Route, requireKnownQuery } from "./route.ts";
import { findRoute } from "./router.ts";
import { type World, pruneOperations } from "./world.ts";

/** One answer, as passed to the `observe` option. */
export interface Exchange {
  /** `instances.insert` */
  readonly call: string;
  readonly status: number;
  /** The complete body, before the `fields` parameter was applied. */
  readonly document: JsonObject;
}

/** State and settings of a running fake. */
export interface Cloud {
  readonly world: World;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly machineTypes: readonly MachineType[];
  readonly rates: RateTable;
  readonly rateCounts: RateCounts;
  readonly faults: CloudFaults;
  readonly log: RequestLog<GceRequest>;
  readonly observe: (exchange: Exchange) => void;
  /** Persists the state if a state file is configured. */
  readonly save: () => void;
}

/** A request as received, on its own or as part of a batch. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** The answer; null if a fault drops the reply. */
export async function answer(cloud: Cloud, request: WireRequest): Promise<CloudAnswer | null> {
  const { method, path, query } = request;
  const match = findRoute(method, path, query);
  const entry: OpenRequest = {
    method,
    path,
    call: match?.route.id ?? null,
    isMutation: match?.route.isMutation ?? false,
    project: match?.call.part("project") ?? null,
    zone: match?.call.zone ?? null,
    requestId: query.get("requestId"),
    at: cloud.clock.now(),
    status: null,
  };
  cloud.log.add(entry);
  if (match === null) return recordAnswer(entry, refused(authorized(request, notOffered(request))));
  const { route, call } = match;
  const subject = subjectOf(
    { call: route.id, project: call.part("project"), region: call.region, zone: call.zone },
    request.body,
  );
  const reply = await exchange<CloudAnswer>({
    faults: cloud.faults,
    subject,
    clock: cloud.clock,
    signal: request.signal,
    refusal(fault) {
      const failure = failureOf(fault);
      return failure === null ? null : refused(failure);
    },
    perform: () => answerRoute(cloud, { request, route, call, subject }),
  });
  return reply === null ? null : recordAnswer(entry, reply);
}

interface RoutedRequest {
  readonly request: WireRequest;
  readonly route: Route;
  readonly call: Call;
  readonly subject: FaultSubject;
}

async function answerRoute(cloud: Cloud, routed: RoutedRequest): Promise<CloudAnswer> {
  const { request, route } = routed;
  try {
    const document = await perform(cloud, routed);
    if (route.isMutation) cloud.save();
    cloud.observe({ call: route.id, status: 200, document });
    const chosen = selectFields(document, request.query.get("fields"));
    return { status: 200, body: JSON.stringify(chosen, null, 2) };
  } catch (caught) {
    if (caught instanceof GceFailure) return refused(caught);
    throw caught;
  }
}

async function perform(
  cloud: Cloud,
  { request, route, call, subject }: RoutedRequest,
): Promise<JsonObject> {
  const { world, clock, timing, machineTypes, faults } = cloud;
  const now = clock.now();
  requireToken(request);
  requireKnownQuery(route, request.query);
  const project = requireProject(world, call.part("project"));
  requireOpenZone(world, project.id, call.zone);
  takeRate(cloud.rateCounts, cloud.rates(route), { project: project.id, now });
  pruneOperations(world, now);
  const context: Context = {
    world,
    project,
    now,
    clock,
    timing,
    machineTypes,
    user: `caller@${project.id}.iam.gserviceaccount.com`,
    takeOperationFault: () => takeOperationFault(faults, subject),
    signal: request.signal,
  };
  return route.answer(context, call, request.body);
}

function requireToken({ authorization }: WireRequest): void {
  if (authorization === undefined || !/^Bearer \S+$/i.test(authorization)) throw badToken();
}

/** Without a token a caller must not learn which resources exist. */
function authorized(request: WireRequest, failure: GceFailure): GceFailure {
  try {
    requireToken(request);
  } catch (caught) {
    if (caught instanceof GceFailure) return caught;
    throw caught;
  }
  return failure;
}

function notOffered({ method, path }: WireRequest): GceFailure {
  return new GceFailure("notImplemented", `the fake does not implement ${method} ${path}`, 501);
}

export function refused(failure: GceFailure): CloudAnswer {
  return { status: failure.status, body: JSON.stringify(errorBody(failure), null, 2) };
}

function recordAnswer(entry: OpenRequest, reply: CloudAnswer): CloudAnswer {
  entry.status = reply.status;
  return reply;
}
