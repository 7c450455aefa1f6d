import type { Clock } from "../clock.ts";
import { timestamp } from "../clock.ts";
import { asSlipwayError, SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan.ts";
import type { SpawnNotice, SpawnOptions } from "../slipway.ts";
import type {
  Launch,
  LaunchOutcome,
  LaunchSecrets,
  Machine,
  OpenAdapter,
  SubstrateAdapter,
} from "../substrate/contract.ts";
import { bootDocument } from "./boot-document.ts";
import { firstCandidate } from "./candidates.ts";
import { launchId, launchToken } from "./launch-token.ts";
import { failedAttempt } from "./ledger.ts";
import type { DrivenSpawn, Ledger, Transition } from "./ledger.ts";
import { interrupted, refuseReused } from "./spawn-errors.ts";
import { isFinished } from "./spawn-record.ts";
import type { Spawn, SpawnMachine, SpawnState } from "./spawn-record.ts";
import { confirmTerminated } from "./terminate.ts";
import { waitUntilRunning } from "./wait.ts";

export interface SpawnerPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
  /** Looks up what travels with a launch of this plan, just before it. */
  readonly launchSecrets: (plan: LaunchPlan, signal: AbortSignal) => Promise<LaunchSecrets>;
}

export interface SpawnRequest {
  readonly tenant: string;
  readonly spawnId: string;
  readonly plan: LaunchPlan;
  /** What was asked for: the workspace, or (saved) the plan itself. */
  readonly subject: string | LaunchPlan;
  readonly wait: NonNullable<SpawnOptions["wait"]>;
  readonly signal: AbortSignal;
  readonly onEvent: (notice: SpawnNotice) => void;
}

/**
 * Makes the promise and keeps it: records the spawn and its launch, asks the provider, records the answer, waits.
 * Where the id is already known to the ledger, goes on with what is recorded there.
 */
export async function spawnPlan(ports: SpawnerPorts, request: SpawnRequest): Promise<Spawn> {
  const { plan, spawnId, tenant, signal } = request;
  const place = firstCandidate(plan);
  const [adapter, owner, secrets] = await Promise.all([
    ports.openAdapter(plan.target),
    ports.ledger.owner(),
    ports.launchSecrets(plan, signal),
  ]);
  const boot = bootDocument(plan, spawnId, adapter.capabilities.bootDocument);
  const token = launchToken({
    owner,
    number: 1,
    plan,
    place,
    members: [{ spawnId, bootDocument: boot }],
  });
  if (signal.aborted) throw interrupted(spawnId, null, signal);
  const { driven, created } = await ports.ledger.begin({
    tenant,
    spawnId,
    plan,
    launch: { token, place: place.place },
    at: timestamp(ports.clock),
  });
  if (!created) {
    // Another process took the id since it was looked up, maybe for something else.
    refuseReused(driven.spawn, request.subject);
    return await resumeSpawn(ports, { ...request, driven });
  }
  notify(request, driven.spawn.createdAt, "launching", `launching in ${place.place}`);
  return await drive(ports, { ...request, driven, adapter, owner, secrets });
}

/** Goes on with a recorded spawn: replays its launch where that is unanswered, waits where it is not running yet. */
export async function resumeSpawn(
  ports: SpawnerPorts,
  request: Omit<SpawnRequest, "plan" | "subject"> & { readonly driven: DrivenSpawn },
): Promise<Spawn> {
  const { spawn, plan } = request.driven;
  if (isFinished(spawn.state) || spawn.state === "running" || spawn.state === "terminating")
    return spawn;
  const [adapter, owner, secrets] = await Promise.all([
    ports.openAdapter(plan.target),
    ports.ledger.owner(),
    ports.launchSecrets(plan, request.signal),
  ]);
  return await drive(ports, { ...request, plan, adapter, owner, secrets });
}

interface Drive extends Omit<SpawnRequest, "subject"> {
  readonly driven: DrivenSpawn;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  readonly secrets: LaunchSecrets;
}

async function drive(ports: SpawnerPorts, drive: Drive): Promise<Spawn> {
  const { spawnId, signal } = drive;
  try {
    const outcome = await launchOnce(drive);
    switch (outcome.outcome) {
      case "accepted":
        return await follow(ports, drive, outcome.machine);
      case "rejected":
        return await fail(ports, drive, outcome.error, "rejected");
      case "unknown":
        await step(ports, drive, {
          to: "launching",
          message: `the launch's answer was lost: ${outcome.error.message}`,
          attempt: failedAttempt(drive.driven.launch.token, "unknown", outcome.error),
        });
        throw unsettled(spawnId, outcome.error);
    }
  } catch (caught) {
    if (signal.aborted) throw interrupted(spawnId, drive.plan.workspace, signal);
    throw asSlipwayError(caught);
  }
}

async function launchOnce(drive: Drive): Promise<LaunchOutcome> {
  const { driven, plan, spawnId, adapter, onEvent } = drive;
  const place = plan.candidates.find((candidate) => candidate.place === driven.launch.place);
  const launch: Launch = {
    token: driven.launch.token,
    plan,
    place: place ?? firstCandidate(plan),
    ownership: {
      owner: drive.owner,
      tenant: drive.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: launchId(driven.launch.token),
    },
    members: [
      { spawnId, bootDocument: bootDocument(plan, spawnId, adapter.capabilities.bootDocument) },
    ],
    secrets: drive.secrets,
    onProgress: ({ message }) => onEvent({ kind: "progress", spawnId, message }),
  };
  const [outcome] = await adapter.launch(launch, drive.signal);
  if (outcome === undefined) throw new Error(`the ${plan.substrate} adapter gave no outcome`);
  return outcome;
}

/** From acceptance to where the caller waits for. */
async function follow(ports: SpawnerPorts, drive: Drive, accepted: Machine): Promise<Spawn> {
  const attempt = { token: drive.driven.launch.token, outcome: "accepted", reason: null } as const;
  // One record says it all where the answer already says "running" and nobody wants it watched.
  if (accepted.state === "running" && drive.wait === "running")
    return await running(ports, drive, accepted, attempt);
  const booting = await step(ports, drive, {
    to: "booting",
    message: `accepted as ${accepted.id} in ${accepted.place}`,
    machine: spawnMachine(accepted),
    attempt,
  });
  if (booting === null) return await giveUp(ports, drive, accepted);
  if (drive.wait === "accepted") return booting;
  const waited = await waitUntilRunning({
    adapter: drive.adapter,
    clock: ports.clock,
    machine: accepted,
    watch: drive.wait === "watched",
    secrets: drive.secrets,
    signal: drive.signal,
  });
  if (waited.outcome === "running") return await running(ports, drive, waited.machine);
  await step(ports, drive, { to: "terminating", message: `removing it: ${waited.error.message}` });
  await confirmTerminated(drive.adapter, accepted.id, drive.signal);
  return await fail(ports, drive, waited.error, "accepted");
}

async function running(
  ports: SpawnerPorts,
  drive: Drive,
  machine: Machine,
  attempt?: Transition["attempt"],
): Promise<Spawn> {
  const spawn = await step(ports, drive, {
    to: "running",
    message: `running as ${machine.id} in ${machine.place}`,
    machine: spawnMachine(machine),
    ...(attempt === undefined ? {} : { attempt }),
  });
  return spawn ?? (await giveUp(ports, drive, machine));
}

async function fail(
  ports: SpawnerPorts,
  drive: Drive,
  error: SlipwayError,
  outcome: "accepted" | "rejected",
): Promise<Spawn> {
  const failed = await step(ports, drive, {
    to: "failed",
    message: error.message,
    error: error.toJSON(),
    attempt: { token: drive.driven.launch.token, outcome, reason: error.reason },
  });
  return failed ?? (await recorded(ports, drive));
}

/** Another process has ended this spawn meanwhile: what was launched here goes, what is recorded stands. */
async function giveUp(ports: SpawnerPorts, drive: Drive, machine: Machine): Promise<Spawn> {
  const spawn = await recorded(ports, drive);
  if (spawn.state !== "running") await confirmTerminated(drive.adapter, machine.id, drive.signal);
  return spawn;
}

async function recorded(ports: SpawnerPorts, drive: Drive): Promise<Spawn> {
  const driven = await ports.ledger.find(drive);
  return driven?.spawn ?? drive.driven.spawn;
}

async function step(
  ports: SpawnerPorts,
  drive: Drive,
  transition: Omit<Transition, "tenant" | "spawnId" | "at">,
): Promise<Spawn | null> {
  const at = timestamp(ports.clock);
  const spawn = await ports.ledger.transition({
    ...transition,
    tenant: drive.tenant,
    spawnId: drive.spawnId,
    at,
  });
  if (spawn !== null) notify(drive, at, spawn.state, transition.message);
  return spawn;
}

function notify(
  { spawnId, onEvent }: Pick<SpawnRequest, "spawnId" | "onEvent">,
  at: string,
  state: SpawnState,
  message: string,
): void {
  onEvent({ kind: "event", event: { spawnId, at, state, message } });
}

function spawnMachine(machine: Machine): SpawnMachine {
  const { id, place, architecture, addresses, ports } = machine;
  return { id, place, architecture, addresses, ports };
}

function unsettled(spawnId: string, error: SlipwayError): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "SPAWN_UNSETTLED",
    message: `spawn ${spawnId}: the launch may or may not have happened (${error.message})`,
    remedy: `Spawn again with the id ${spawnId}: the same launch is repeated, so there is never a second machine.`,
    retry: "same-token",
    metadata: { spawn_id: spawnId },
    cause: error,
  });
}
