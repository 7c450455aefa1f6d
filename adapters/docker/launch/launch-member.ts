import { cancellation } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import { withRenewal } from "../../../src/oci/renewal.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import type { Launch, LaunchMember, Machine } from "../../../src/substrate/contract.ts";
import { UnknownOutcome } from "../../../src/substrate/launch-outcome.ts";
import type { ContainerRequest, EngineApi } from "../client/api.ts";
import { EngineConnectionFailure, oneLine } from "../errors/engine-failure.ts";
import { engineError, hasStatus, mayHaveHappened } from "../errors/errors.ts";
import type { EngineOperation } from "../errors/errors.ts";
import { isMemberOf } from "../labels.ts";
import { containerRequest } from "./launch-request.ts";
import { machineOf } from "../machine.ts";
import type { Puller } from "./pull.ts";
import type { ContainerReply } from "../client/replies.ts";
import { copySecretFiles } from "./secret-files.ts";
import { settingsOf } from "../settings.ts";

export interface MemberPorts {
  readonly api: EngineApi;
  readonly puller: Puller;
  /** The engine's address, for messages. */
  readonly engine: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface MemberContext extends MemberPorts {
  readonly launch: Launch;
  readonly member: LaunchMember;
  readonly signal: AbortSignal;
}

/**
 * While another process creates the same container, the engine reserves its name but does not find a container by it.
 * If that process fails, the engine releases the name. On a slow engine this takes seconds.
 */
const CREATE_ATTEMPTS = 35;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/**
 * Creates and starts one member's container, or adopts the one that an earlier try of this launch created.
 *
 * Throws `SlipwayError` if no container is left behind, `UnknownOutcome` if that is not known.
 */
export async function launchMember(context: MemberContext): Promise<Machine> {
  const request = containerRequest(context.launch, context.member);
  let isPulled = false;
  let pause = FIRST_PAUSE;
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt += 1) {
    const tried = await tryCreate(context, request, isPulled);
    if (tried.kind === "created") return await startCreated(context, request, tried.id);
    if (tried.kind === "found") return await startFound(context, request, tried.container);
    if (tried.kind === "image missing") {
      if (context.launch.isWanted === false) throw neverCreated(request);
      await pull(context, request);
      isPulled = true;
    } else {
      await context.sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
  throw unsettled(request, "the container name keeps being taken and released by another process");
}

/**
 * Finds the container of an earlier try for a launch that may no longer create one. A started container is adopted; a
 * container that was never started is removed.
 */
export async function adoptMember(context: MemberContext, reason: SlipwayError): Promise<Machine> {
  const request = containerRequest(context.launch, context.member);
  const existing = await inspectByName(context, request.name);
  if (existing === null || !isOurs(context, existing)) throw reason;
  if (existing.State.Status === "created")
    return await cleanUp(context, request, { id: existing.Id, caught: reason });
  return await startFound(context, request, existing);
}

type Tried =
  | { readonly kind: "created"; readonly id: string }
  | { readonly kind: "found"; readonly container: ContainerReply }
  | { readonly kind: "image missing" }
  | { readonly kind: "container name taken and released" };

/** Sends one create call, which also reports a missing image: asking first would cost every launch a round trip. */
async function tryCreate(
  context: MemberContext,
  request: ContainerRequest,
  isPulled: boolean,
): Promise<Tried> {
  if (context.signal.aborted) throw cancellation(context.signal, "the launch");
  try {
    const { id, warnings } = await context.api.createContainer(request);
    for (const warning of warnings)
      context.launch.onProgress?.({ message: `the engine warns: ${oneLine(warning)}` });
    return { kind: "created", id };
  } catch (caught) {
    const error = engineError(caught, callOf(context, "create", request));
    // A volume plugin that the engine does not have is a 404 too.
    const isAboutImage = hasStatus(caught, 404) && error.reason !== "HOST_RESOURCE_NOT_FOUND";
    if (isAboutImage && !isPulled) return { kind: "image missing" };
    if (mayHaveHappened(caught)) throw new UnknownOutcome(error);
    if (error.reason !== "NAME_CLASH") throw error;
    const container = await inspectByName(context, request.name);
    if (container === null) return { kind: "container name taken and released" };
    if (!isOurs(context, container)) throw error;
    return { kind: "found", container };
  }
}

async function pull(
  { puller, launch, signal }: MemberContext,
  { platform }: ContainerRequest,
): Promise<void> {
  await withRenewal(launch.secrets.credential, signal, (credential) =>
    puller.pull({
      reference: parseReference(launch.plan.artifact.id),
      platform,
      credential,
      onProgress: (message) => launch.onProgress?.({ message }),
      signal,
    }),
  );
}

async function startCreated(
  context: MemberContext,
  request: ContainerRequest,
  id: string,
): Promise<Machine> {
  const { api, launch, signal } = context;
  if (launch.isWanted === false) return await inspectStarted(context, request, id);
  try {
    if (signal.aborted) throw cancellation(signal, "the launch");
    const { user } = settingsOf(launch.plan);
    await copySecretFiles(api, { id, user }, launch.secrets.files);
    await api.startContainer(id);
  } catch (caught) {
    // The container exists, whichever request created it. Only the same launch may adopt it.
    const isLost = caught instanceof EngineConnectionFailure || mayHaveHappened(caught);
    if (!isLost) return await cleanUp(context, request, { id, caught });
    throw new UnknownOutcome(engineError(caught, callOf(context, "start", request)));
  }
  return await inspectStarted(context, request, id);
}

async function startFound(
  context: MemberContext,
  request: ContainerRequest,
  container: ContainerReply,
): Promise<Machine> {
  const { Status: status } = container.State;
  if (status === "created" && context.launch.isWanted !== false)
    return await startCreated(context, request, container.Id);
  if (status === "removing") throw unsettled(request, "the engine is removing it");
  return machineOf(container, context.launch.place.place);
}

async function inspectStarted(
  context: MemberContext,
  request: ContainerRequest,
  id: string,
): Promise<Machine> {
  try {
    return machineOf(await context.api.inspectContainer(id, null), context.launch.place.place);
  } catch (caught) {
    const error = engineError(caught, callOf(context, "inspect", request));
    throw hasStatus(caught, 404) ? error : new UnknownOutcome(error);
  }
}

/**
 * Removes a container that could not be started, and throws the reason. Removes without force: the engine then
 * refuses to remove a container that another process has started in the meantime, and that one is adopted.
 */
async function cleanUp(
  context: MemberContext,
  request: ContainerRequest,
  failure: { readonly id: string; readonly caught: unknown },
): Promise<Machine> {
  const { id, caught } = failure;
  const error = engineError(caught, callOf(context, "start", request));
  try {
    await context.api.removeContainer(id, { force: false });
  } catch (removal) {
    if (hasStatus(removal, 404)) throw error;
    const existing = hasStatus(removal, 409) ? await inspectByName(context, id) : null;
    if (existing?.State.Status === "running")
      return machineOf(existing, context.launch.place.place);
    throw withLeftover(error, id, engineError(removal, callOf(context, "remove", request)));
  }
  throw error;
}

async function inspectByName(context: MemberContext, name: string): Promise<ContainerReply | null> {
  const { api, engine } = context;
  try {
    return await api.inspectContainer(name, null);
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    const call = { operation: "inspect", engine, subject: `container ${name}` } as const;
    throw new UnknownOutcome(engineError(caught, call));
  }
}

function isOurs({ launch, member }: MemberContext, container: ContainerReply): boolean {
  return isMemberOf(container.Config.Labels, launch, member);
}

function callOf(context: MemberContext, operation: EngineOperation, request: ContainerRequest) {
  return { operation, engine: context.engine, subject: `container ${request.name}` };
}

function neverCreated({ name, body }: ContainerRequest): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "MACHINE_NOT_FOUND",
    message: `container ${name} was never created: the engine has no image ${body.Image}`,
    remedy: "Nothing needs to be removed.",
  });
}

function unsettled(request: ContainerRequest, why: string): UnknownOutcome {
  return new UnknownOutcome(
    new SlipwayError({
      code: "ABORTED",
      reason: "ENGINE_ERROR",
      message: `container ${request.name}: ${why}`,
      remedy: "Spawn again with the same id.",
      retry: "same-token",
    }),
  );
}

/** The error, extended by the container that could not be removed. */
function withLeftover(error: SlipwayError, container: string, removal: SlipwayError): SlipwayError {
  return new SlipwayError({
    code: error.code,
    reason: error.reason,
    message: `${error.message}; its container ${container} could not be removed (${removal.message})`,
    remedy: `${error.remedy ?? ""} Remove the container with \`docker rm ${container}\`.`.trim(),
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: { ...error.metadata, leftover_container: container },
    cause: error,
  });
}
