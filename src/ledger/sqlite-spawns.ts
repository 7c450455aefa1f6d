import { createHash } from "node:crypto";
import { canonicalJson } from "../json/canonical-json.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import { asSlipwayError } from "../errors.ts";
import { parsePlan } from "../plan/plan-document.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { Connection, SqlRow } from "../storage/connection.ts";
import type { Begun, Claim, DrivenSpawn, NewSpawn, SpawnKey, Standing, Step } from "./ledger.ts";
import { damaged, number, parseJson, parseStanding, text } from "./ledger-rows.ts";
import { beginRecord, claimRecord, takeStep } from "./ledger-steps.ts";
import type { SpawnState } from "./spawn-record.ts";

/** Spawns and their launches in the embedded database; what a step makes of them is `ledger-steps.ts`. */

export function findRow(connection: Connection, key: SpawnKey): SqlRow | undefined {
  return connection.get(
    "SELECT * FROM spawns WHERE tenant = ? AND spawn_id = ?",
    key.tenant,
    key.spawnId,
  );
}

export function standingOf(connection: Connection, row: SqlRow): Standing {
  const launches = connection.all(
    "SELECT * FROM launches WHERE spawn = ? ORDER BY attempt",
    number(row, "number"),
  );
  return parseStanding(row, launches);
}

export function findDriven(connection: Connection, key: SpawnKey): DrivenSpawn | null {
  const row = findRow(connection, key);
  if (row === undefined) return null;
  return { ...standingOf(connection, row), plan: readPlan(connection, text(row, "plan_hash")) };
}

/** Plans that were read, by hash: a burst's spawns share one, and so does whoever goes on with them. */
const plansRead = new Map<string, { readonly text: string; readonly plan: LaunchPlan }>();
const MOST_PLANS_READ = 64;

export function readPlan(connection: Connection, hash: string): LaunchPlan {
  const stored = connection.get("SELECT plan FROM plans WHERE hash = ?", hash);
  const written = text(stored, "plan");
  const known = plansRead.get(hash);
  // Compared, because what is damaged on disk is damaged, whatever was read before.
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
    throw damaged(`the plan of a spawn is none (${asSlipwayError(caught).message})`);
  }
}

export function begin(connection: Connection, spawns: readonly NewSpawn[]): Begun {
  const existing = spawns.map((spawn) => findDriven(connection, spawn));
  if (existing.some((driven) => driven !== null)) return { created: false, existing };
  return { created: true, driven: spawns.map((spawn) => beginOne(connection, spawn)) };
}

function beginOne(connection: Connection, spawn: NewSpawn): DrivenSpawn {
  const { plan, launch, at } = spawn;
  const standing = beginRecord(spawn);
  const number = insertSpawn(connection, standing, keepPlan(connection, plan));
  writeLaunches(connection, number, [], standing.launches);
  addEvent(connection, number, { at, state: "pending", message: `plan ${plan.planId} recorded` });
  addEvent(connection, number, { at, state: "launching", message: `launch 1 in ${launch.place}` });
  return { ...standing, plan };
}

export function take(connection: Connection, steps: readonly Step[]): readonly Standing[] | null {
  // One that is refused writes nothing; of several, none may have written by then.
  if (steps.length > 1 && !steps.every((step) => isCurrent(connection, step))) return null;
  const taken = steps.map((step) => takeOne(connection, step));
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

/** Nothing is read again: the fence says that only this driver has written since. */
function takeOne(connection: Connection, step: Step): Standing | null {
  const after = takeStep(step);
  if (after === null) return null;
  const spawn = updateSpawn(connection, step, { before: step.before, after });
  if (spawn === null) return null;
  writeLaunches(connection, spawn, step.before.launches, after.launches);
  addEvent(connection, spawn, { at: step.at, state: step.to, message: step.message });
  if (step.full !== undefined)
    connection.run(
      `INSERT INTO full_offerings (offering, until) VALUES (?, ?)
       ON CONFLICT (offering) DO UPDATE SET until = max(until, excluded.until)`,
      step.full.offering,
      step.full.until,
    );
  return after;
}

export function claim(connection: Connection, claimed: Claim): Standing | null {
  const row = findRow(connection, claimed);
  if (row === undefined) return null;
  const before = standingOf(connection, row);
  const after = claimRecord(before, claimed);
  if (after === null) return null;
  const spawn = updateSpawn(connection, claimed, { before, after });
  if (spawn === null) return null;
  writeLaunches(connection, spawn, before.launches, after.launches);
  return after;
}

export function members(connection: Connection, token: string): readonly string[] {
  return connection
    .all(
      `SELECT spawns.spawn_id FROM launches JOIN spawns ON spawns.number = launches.spawn
       WHERE launches.token = ? ORDER BY launches.member`,
      token,
    )
    .map((row) => text(row, "spawn_id"));
}

function insertSpawn(connection: Connection, { spawn, lease }: Standing, hash: string): number {
  return connection.insert(
    `INSERT INTO spawns (tenant, spawn_id, workspace, state, plan_id, plan_hash, substrate,
       driver, lease_until, fence, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    spawn.tenant,
    spawn.spawnId,
    spawn.workspace,
    spawn.state,
    spawn.planId,
    hash,
    spawn.substrate,
    lease.driver,
    lease.until,
    lease.fence,
    spawn.createdAt,
    spawn.updatedAt,
  );
}

/** @returns the spawn's row, or null where its record is not what it was taken for */
function updateSpawn(
  connection: Connection,
  { tenant, spawnId }: SpawnKey,
  { before, after }: { readonly before: Standing; readonly after: Standing },
): number | null {
  const { spawn, lease } = after;
  const changed = connection.run(
    `UPDATE spawns SET state = ?, updated_at = ?, machine = ?, error = ?,
       driver = ?, lease_until = ?, fence = ?
     WHERE tenant = ? AND spawn_id = ? AND fence = ? AND state = ?`,
    spawn.state,
    spawn.updatedAt,
    spawn.machine === null ? null : JSON.stringify(toSnakeCase(spawn.machine)),
    spawn.error === null ? null : JSON.stringify(spawn.error),
    lease.driver,
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
  before: Standing["launches"],
  after: Standing["launches"],
): void {
  for (const [index, launch] of after.entries()) {
    if (launch === before[index]) continue;
    const { attempt, outcome, reason } = launch;
    if (before[index] !== undefined) {
      const sql = "UPDATE launches SET outcome = ?, reason = ? WHERE spawn = ? AND attempt = ?";
      connection.run(sql, outcome, reason, spawn, attempt);
      continue;
    }
    connection.run(
      `INSERT INTO launches (spawn, attempt, candidate, place, token, member, at, outcome, reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      spawn,
      attempt,
      launch.candidate,
      launch.place,
      launch.token,
      launch.member,
      launch.at,
      outcome,
      reason,
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

/** @returns the hash under which it is kept */
function keepPlan(connection: Connection, given: LaunchPlan): string {
  const { plan, hash, target } = textsOf(given);
  // They are kept together, and for ever; spawns by the thousand share a plan.
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
    "INSERT INTO events (spawn, at, state, message) VALUES (?, ?, ?, ?)",
    spawn,
    event.at,
    event.state,
    event.message,
  );
}
