import type { Clock } from "../../src/host/clock.ts";
import type { JsonObject } from "../../src/errors.ts";
import { type CloudAnswer, exchange } from "../server/cloud-exchange.ts";
import type { CloudFaults, FaultSubject } from "../server/cloud-faults.ts";
import type { RequestLog } from "../server/request-log.ts";
import type { Call, Context, Timing } from "./context.ts";
import { GceFailure, errorBody } from "./failure.ts";
import { badToken, failureOf, subjectOf, takeOperationFault } from "./faults.ts";
import type { MachineType } from "./machine-types.ts";
import { requireProject } from "./projects.ts";
import { selectFields } from "./query/fields.ts";
import { type RateCounts, type RateTable, takeRate } from "./rate-limits.ts";
import type { GceRequest, OpenRequest } from "./request-entry.ts";
import { type Route, requireKnownQuery } from "./route.ts";
import { findRoute } from "./router.ts";
import { type World, forgetEnded } from "./world.ts";

/** What one answer was, for whoever watches. */
export interface Exchange {
  /** `instances.insert` */
  readonly call: string;
  readonly status: number;
  /** The whole body, before `fields` chose from it. */
  readonly document: JsonObject;
}

/** The state behind a running stand-in. */
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
  /** Keeps the state, where it is kept. */
  readonly save: () => void;
}

/** A request as it came over the wire, alone or as a part of a batch. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** What is answered; null where a fault loses the reply. */
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
  if (match === null) return finish(entry, refused(authorized(request, notOffered(request))));
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
  return reply === null ? null : finish(entry, reply);
}

interface Visit {
  readonly request: WireRequest;
  readonly route: Route;
  readonly call: Call;
  readonly subject: FaultSubject;
}

async function answerRoute(cloud: Cloud, visit: Visit): Promise<CloudAnswer> {
  const { request, route } = visit;
  try {
    const document = await perform(cloud, visit);
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
  { request, route, call, subject }: Visit,
): Promise<JsonObject> {
  const { world, clock, timing, machineTypes, faults } = cloud;
  const now = clock.now();
  requireToken(request);
  requireKnownQuery(route, request.query);
  const project = requireProject(world, call.part("project"));
  takeRate(cloud.rateCounts, cloud.rates(route), { project: project.id, now });
  forgetEnded(world, now);
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

/** Without a token nobody learns what there is. */
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
  return new GceFailure("notImplemented", `the stand-in does not offer ${method} ${path}`, 501);
}

export function refused(failure: GceFailure): CloudAnswer {
  return { status: failure.status, body: JSON.stringify(errorBody(failure), null, 2) };
}

function finish(entry: OpenRequest, reply: CloudAnswer): CloudAnswer {
  entry.status = reply.status;
  return reply;
}
