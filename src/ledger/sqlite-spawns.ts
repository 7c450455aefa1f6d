import { createHash } from "node:crypto";
import { spawnErrorJson } from "../plan/error-document.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import { asSlipwayError } from "../errors.ts";
import { parsePlan } from "../plan/plan-document.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { Connection, SqlRow } from "../storage/connection.ts";
import type { Begun, Claim, DrivenSpawn, NewSpawn, SpawnKey, SpawnRecord, Step } from "./ledger.ts";
import { damaged, number, parseJson, parseMember, parseSpawnRecord, text } from "./ledger-rows.ts";
import { beginRecord, claimRecord, firstLaunchMessage, takeStep } from "./ledger-steps.ts";
import { isPruned, lastPrunedFence } from "./sqlite-prune.ts";
import { launchId } from "./launch-token.ts";
import { hasInput, inputOf } from "./spawn-input.ts";
import type { SpawnState } from "./spawn-record.ts";
import type { SpawnMember } from "../substrate/contract.ts";

/** Spawns and their launches in the embedded database; the rules are in `ledger-steps.ts`. */

export function findSpawnRow(connection: Connection, key: SpawnKey): SqlRow | undefined {
  return connection.get(
    "SELECT * FROM spawns WHERE tenant = ? AND spawn_id = ?",
    key.tenant,
    key.spawnId,
  );
}

export function recordOf(connection: Connection, row: SqlRow): SpawnRecord {
  const launches = connection.all(
    "SELECT * FROM launches WHERE spawn = ? ORDER BY attempt",
    number(row, "number"),
  );
  return parseSpawnRecord(row, launches);
}

export function findDrivenSpawn(connection: Connection, key: SpawnKey): DrivenSpawn | null {
  const row = findSpawnRow(connection, key);
  if (row === undefined) return null;
  return { ...recordOf(connection, row), plan: readPlan(connection, text(row, "plan_hash")) };
}

/** Parsed plans by hash: the spawns of a burst share one, and so does the process that takes over. */
const plansRead = new Map<string, { readonly text: string; readonly plan: LaunchPlan }>();
const MOST_PLANS_READ = 64;

export function readPlan(connection: Connection, hash: string): LaunchPlan {
  const stored = connection.get("SELECT plan FROM plans WHERE hash = ?", hash);
  const written = text(stored, "plan");
  const known = plansRead.get(hash);
  // Compared, because the row may have been damaged since it was first read.
  if (known?.text === written) return known.plan;
  const plan = checkedPlan(written);
  const [oldest] = plansRead.keys();
  if (plansRead.size >= MOST_PLANS_READ && oldest !== undefined) plansRead.delete(oldest);
  plansRead.set(hash, { text: written, plan });
  return plan;
}

function checkedPlan(written: string): LaunchPlan {
  const document = parseJson(written);
  try {
    return parsePlan(document);
  } catch (caught) {
    throw damaged(`the plan of a spawn is not valid (${asSlipwayError(caught).message})`);
  }
}

export function beginSpawns(connection: Connection, spawns: readonly NewSpawn[]): Begun {
  const existing = spawns.map((spawn) => findDrivenSpawn(connection, spawn));
  if (existing.some((driven) => driven !== null)) return { created: false, existing };
  const tokens = new Set(spawns.map(({ launch }) => launch.token));
  if ([...tokens].some((token) => isPruned(connection, launchId(token))))
    return { created: false, existing };
  const lastFence = lastPrunedFence(connection);
  return { created: true, driven: spawns.map((spawn) => beginSpawn(connection, spawn, lastFence)) };
}

function beginSpawn(connection: Connection, spawn: NewSpawn, lastFence: number): DrivenSpawn {
  const { plan, at } = spawn;
  const record = beginRecord(spawn, lastFence);
  const number = insertSpawn(connection, record, keepPlan(connection, plan));
  writeLaunches(connection, number, [], record.launches);
  addEvent(connection, number, { at, state: "pending", message: `plan ${plan.planId} recorded` });
  addEvent(connection, number, { at, state: "launching", message: firstLaunchMessage(spawn) });
  return { ...record, plan };
}

export function takeSteps(
  connection: Connection,
  steps: readonly Step[],
): readonly SpawnRecord[] | null {
  // A single refused step writes nothing. Of several steps, all are checked before the first writes.
  if (steps.length > 1 && !steps.every((step) => isCurrent(connection, step))) return null;
  const taken = steps.map((step) => takeStepOf(connection, step));
  return taken.every((after) => after !== null) ? taken : null;
}

function isCurrent(connection: Connection, step: Step): boolean {
  const row = connection.get(
    "SELECT 1 FROM spawns WHERE tenant = ? AND spawn_id = ? AND fence = ? AND state = ?",
    step.tenant,
    step.spawnId,
    step.before.lease.fence,
    step.before.spawn.state,
  );
  return row !== undefined && takeStep(step) !== null;
}

/** Nothing is read: the fence proves that only this worker has written since. */
function takeStepOf(connection: Connection, step: Step): SpawnRecord | null {
  const after = takeStep(step);
  if (after === null) return null;
  const spawn = updateSpawn(connection, step, { before: step.before, after });
  if (spawn === null) return null;
  writeLaunches(connection, spawn, step.before.launches, after.launches);
  addEvent(connection, spawn, { at: step.at, state: step.to, message: step.message });
  const { offerings = [], until = 0 } = step.full ?? {};
  for (const offering of offerings)
    connection.run(
      `INSERT INTO full_offerings (offering, until) VALUES (?, ?)
       ON CONFLICT (offering) DO UPDATE SET until = max(until, excluded.until)`,
      offering,
      until,
    );
  return after;
}

export function claimSpawn(connection: Connection, claimed: Claim): SpawnRecord | null {
  const row = findSpawnRow(connection, claimed);
  if (row === undefined) return null;
  const before = recordOf(connection, row);
  const after = claimRecord(before, claimed);
  if (after === null) return null;
  const spawn = updateSpawn(connection, claimed, { before, after });
  if (spawn === null) return null;
  writeLaunches(connection, spawn, before.launches, after.launches);
  return after;
}

export function membersOf(connection: Connection, token: string): readonly SpawnMember[] {
  return connection
    .all(
      `SELECT spawns.spawn_id, spawns.input FROM launches JOIN spawns ON spawns.number = launches.spawn
       WHERE launches.token = ? ORDER BY launches.member`,
      token,
    )
    .map(parseMember);
}

function insertSpawn(connection: Connection, { spawn, lease }: SpawnRecord, hash: string): number {
  const number = connection.insert(
    `INSERT INTO spawns (tenant, spawn_id, workspace, state, plan_id, plan_hash, substrate, input,
       worker, lease_until, fence, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    spawn.tenant,
    spawn.spawnId,
    spawn.workspace,
    spawn.state,
    spawn.planId,
    hash,
    spawn.substrate,
    hasInput(spawn) ? JSON.stringify(inputOf(spawn)) : null,
    lease.worker,
    lease.until,
    lease.fence,
    spawn.createdAt,
    spawn.updatedAt,
  );
  for (const [name, value] of Object.entries(spawn.labels))
    connection.run(
      "INSERT INTO labels (tenant, name, value, spawn) VALUES (?, ?, ?, ?)",
      spawn.tenant,
      name,
      value,
      number,
    );
  return number;
}

/** @returns the spawn's row id; null if its record has changed */
function updateSpawn(
  connection: Connection,
  { tenant, spawnId }: SpawnKey,
  { before, after }: { readonly before: SpawnRecord; readonly after: SpawnRecord },
): number | null {
  const { spawn, lease } = after;
  const changed = connection.run(
    `UPDATE spawns SET state = ?, updated_at = ?, machine = ?, error = ?,
       worker = ?, lease_until = ?, fence = ?
     WHERE tenant = ? AND spawn_id = ? AND fence = ? AND state = ?`,
    spawn.state,
    spawn.updatedAt,
    spawn.machine === null ? null : JSON.stringify(toSnakeCase(spawn.machine)),
    spawn.error === null ? null : JSON.stringify(spawnErrorJson(spawn.error)),
    lease.worker,
    lease.until,
    lease.fence,
    tenant,
    spawnId,
    before.lease.fence,
    before.spawn.state,
  );
  if (changed === 0) return null;
  const row = connection.get(
    "SELECT number FROM spawns WHERE tenant = ? AND spawn_id = ?",
    tenant,
    spawnId,
  );
  return number(row, "number");
}

function writeLaunches(
  connection: Connection,
  spawn: number,
  before: SpawnRecord["launches"],
  after: SpawnRecord["launches"],
): void {
  for (const [index, launch] of after.entries()) {
    if (launch === before[index]) continue;
    const { attempt, outcome, reason, blastRadius } = launch;
    if (before[index] !== undefined) {
      const sql =
        "UPDATE launches SET outcome = ?, reason = ?, blast_radius = ? WHERE spawn = ? AND attempt = ?";
      connection.run(sql, outcome, reason, blastRadius, spawn, attempt);
      continue;
    }
    connection.run(
      `INSERT INTO launches
         (spawn, attempt, candidate, place, machine_type, token, member, at, outcome, reason,
          blast_radius)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      spawn,
      attempt,
      launch.candidate,
      launch.place,
      launch.machineType,
      launch.token,
      launch.member,
      launch.at,
      outcome,
      reason,
      blastRadius,
    );
  }
}

interface PlanTexts {
  readonly plan: string;
  readonly hash: string;
  readonly target: string;
}

const textsOf = memoizeFrozen((plan: LaunchPlan): PlanTexts => {
  const document = JSON.stringify(toSnakeCase(plan));
  const hash = createHash("sha256").update(document).digest("hex");
  return { plan: document, hash, target: canonicalJson(plan.target) };
});

/** @returns the hash under which the plan is stored */
function keepPlan(connection: Connection, given: LaunchPlan): string {
  const { plan, hash, target } = textsOf(given);
  // Thousands of spawns share a plan. Both rows are written together, and a target's own plan stays with it.
  if (connection.get("SELECT 1 FROM plans WHERE hash = ?", hash) !== undefined) return hash;
  connection.run("INSERT OR IGNORE INTO plans (hash, plan) VALUES (?, ?)", hash, plan);
  connection.run("INSERT OR IGNORE INTO targets (target, plan_hash) VALUES (?, ?)", target, hash);
  return hash;
}

function addEvent(
  connection: Connection,
  spawn: number,
  event: { readonly at: string; readonly state: SpawnState; readonly message: string },
): void {
  connection.run(
    `INSERT INTO events (sequence, spawn, at, state, message)
     SELECT max(last_event, (SELECT ifnull(max(sequence), 0) FROM events)) + 1, ?, ?, ?, ? FROM pruned`,
    spawn,
    event.at,
    event.state,
    event.message,
  );
}
