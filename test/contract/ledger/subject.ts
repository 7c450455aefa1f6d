/** Helpers that the parts of the contract share. */
import { expect } from "vitest";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { launchId } from "../../../src/ledger/launch-token.ts";
import type {
  DrivenSpawn,
  FoundResource,
  Ledger,
  NewLaunch,
  NewSpawn,
  SpawnRecord,
  Step,
} from "../../../src/ledger/ledger.ts";
import { beginRecord } from "../../../src/ledger/ledger-steps.ts";
import type { SpawnMachine } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

/** A fresh ledger for one test. */
export interface LedgerUnderTest extends AsyncDisposable {
  readonly ledger: Ledger;
}
export type OpenLedger = () => Promise<LedgerUnderTest>;

export const AT = "2026-11-22T04:00:00.000Z";
export const LATER = "2026-11-22T04:00:09.000Z";
export const KEY = { tenant: "default", spawnId: "one" };
export const plan: LaunchPlan = samplePlan();

/** A launch token of the spawner's format, from one digit. */
export function token(digit: string): string {
  return digit.repeat(64);
}

/** A machine that carries the id of that launch. */
export function found(
  id: string,
  digit: string,
  { place = "engine-1", kind = "machine" }: Partial<Pick<FoundResource, "kind" | "place">> = {},
): FoundResource {
  return { id, kind, place, launchId: launchId(token(digit)), spawnId: null, launchIndex: null };
}

export function launchOf(digit: string, candidate = 0): NewLaunch {
  const place = `engine-${candidate + 1}`;
  return { candidate, place, machineType: "unlimited", token: token(digit), member: 0 };
}

export function machineOf(id: string): SpawnMachine {
  return {
    id,
    place: "engine-1",
    architecture: "amd64",
    addresses: { private: "172.17.0.2", public: null },
    ports: [{ port: 8080, hostPort: 32_768 }],
  };
}

export function newSpawn(changes: Partial<NewSpawn> = {}): NewSpawn {
  return {
    ...KEY,
    plan,
    own: NO_INPUT,
    launch: launchOf("a"),
    worker: "worker-1",
    leaseUntil: 1_000,
    at: AT,
    ...changes,
  };
}

/** Begins a single spawn, and returns the new or existing record. */
export async function begin(
  ledger: Ledger,
  spawn: NewSpawn = newSpawn(),
): Promise<{ readonly created: boolean; readonly driven: DrivenSpawn }> {
  const begun = await ledger.begin([spawn], null);
  const [driven] = (begun.created ? begun.driven : begun.existing) ?? [];
  if (driven === undefined || driven === null) throw new Error("the ledger returned no spawn");
  return { created: begun.created, driven };
}

/** A step from the viewpoint of the worker that holds the fence. */
export type StepRequest = Partial<Omit<Step, "before">> &
  Pick<Step, "to"> & { readonly fence?: number; readonly before?: SpawnRecord };

/** Takes one step of the first spawn, or of another; null if the ledger rejects it. */
export async function take(ledger: Ledger, wanted: StepRequest): Promise<SpawnRecord | null> {
  const { fence = 1, ...changes } = wanted;
  const now = await ledger.find({ ...KEY, ...changes });
  const seen = now ?? { ...beginRecord(newSpawn(), 0), plan };
  const step: Step = {
    ...KEY,
    before: { ...seen, lease: { ...seen.lease, fence } },
    message: `to ${changes.to}`,
    at: LATER,
    lease: 2_000,
    ...changes,
  };
  return (await ledger.take([step], null))?.[0] ?? null;
}

/** Takes a step that must be accepted. */
export async function stepped(ledger: Ledger, changes: StepRequest): Promise<SpawnRecord> {
  const after = await take(ledger, changes);
  if (after === null) throw new Error(`the step to ${changes.to} was rejected`);
  return after;
}

/** Everything that a ledger returns for a spawn, from all its reads. */
export async function recordedSpawn(ledger: Ledger, key = KEY) {
  const [driven, described, listed, unfinished] = [
    await ledger.find(key),
    await ledger.describe(key),
    (await ledger.list(key.tenant, {})).find(({ spawnId }) => spawnId === key.spawnId),
    (await ledger.unfinished(key.tenant)).find(({ spawnId }) => spawnId === key.spawnId),
  ];
  expect(described).toMatchObject({ ...listed });
  expect(driven?.spawn).toEqual(listed);
  return { driven, described, unfinished };
}
