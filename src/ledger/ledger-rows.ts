import { z } from "zod";
import type { SpawnError } from "../plan/spawn-error.ts";
import { BLAST_RADII, SlipwayError } from "../errors.ts";
import type { JsonValue } from "../errors.ts";
import { once } from "../async/memoize.ts";
import { SUBSTRATES } from "../plan/plan.ts";
import { spawnError } from "../plan/error-document.ts";
import { toCamelCase } from "../json/field-case.ts";
import { isJsonObject } from "../json/json-object.ts";
import type { SqlRow } from "../storage/connection.ts";
import type { LaunchRecord, Lease, SpawnRecord } from "./ledger.ts";
import type { SpawnInput, SpawnMember } from "../substrate/contract.ts";
import { NO_INPUT } from "../substrate/contract.ts";
import { shownLaunches } from "./ledger-steps.ts";
import type { Claimant } from "./ledger-steps.ts";
import { machineSchema, outcomeSchema, stateSchema } from "./spawn-document.ts";
import type { Spawn, SpawnEvent, SpawnMachine, SpawnState } from "./spawn-record.ts";

/**
 * Parses the ledger's rows. A row that does not match its schema means a damaged file. The schemas of whole rows are
 * created when the first row is read: creating one costs more than using it.
 */

const textSchema = z.string();
const nullableTextSchema = z.string().nullable();
const numberSchema = z.int();

const rowSchema = once(() =>
  z.object({
    spawn_id: z.string(),
    tenant: z.string(),
    workspace: z.string(),
    state: stateSchema,
    plan_id: z.string(),
    substrate: z.enum(SUBSTRATES),
    input: z.string().nullable(),
    machine: z.string().nullable(),
    error: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
);

/** A member of a launch, joined with its spawn. */
const claimantSchema = once(() =>
  z.object({
    spawn_id: z.string(),
    member: z.int(),
    state: stateSchema,
    machine: z.string().nullable(),
    outcome: outcomeSchema,
  }),
);

const launchSchema = once(() =>
  z.object({
    attempt: z.int(),
    candidate: z.int(),
    place: z.string(),
    machine_type: z.string().nullable(),
    token: z.string(),
    member: z.int(),
    at: z.string(),
    outcome: outcomeSchema,
    reason: z.string().nullable(),
    blast_radius: z.enum(BLAST_RADII).nullable(),
  }),
);

export function parseSpawnRecord(row: SqlRow, launchRows: readonly SqlRow[]): SpawnRecord {
  const launches = launchRows.map(parseLaunch);
  return { spawn: parseSpawn(row, launches), launches, lease: leaseOf(row) };
}

function parseLaunch(row: SqlRow): LaunchRecord {
  const launch = parse(launchSchema(), row, "launch");
  const { blast_radius: blastRadius, machine_type: machineType, ...rest } = launch;
  return { ...rest, machineType, blastRadius };
}

export function leaseOf(row: SqlRow): Lease {
  return {
    worker: parse(nullableTextSchema, row["worker"], "worker"),
    until: number(row, "lease_until"),
    fence: number(row, "fence"),
  };
}

function parseSpawn(row: SqlRow, launches: SpawnRecord["launches"]): Spawn {
  const spawn = parse(rowSchema(), row, "spawn");
  return {
    spawnId: spawn.spawn_id,
    tenant: spawn.tenant,
    workspace: spawn.workspace,
    state: spawn.state,
    planId: spawn.plan_id,
    substrate: spawn.substrate,
    ...parseInput(spawn.input),
    machine: spawn.machine === null ? null : machineOf(spawn.machine),
    ...shownLaunches(launches),
    error: spawn.error === null ? null : errorOf(spawn.error),
    createdAt: spawn.created_at,
    updatedAt: spawn.updated_at,
  };
}

/** A member of a launch. */
export function parseMember(row: SqlRow): SpawnMember {
  const input = parse(nullableTextSchema, row["input"], "input");
  return { spawnId: text(row, "spawn_id"), ...parseInput(input) };
}

function parseInput(json: string | null): SpawnInput {
  if (json === null) return NO_INPUT;
  // Not by a schema of zod, which leaves out a variable or key of the name __proto__.
  const stored = parseJson(json);
  if (!isJsonObject(stored)) throw damaged("input: not an object");
  const { env, labels, input } = stored;
  if (!isTextMap(env) || !isTextMap(labels) || input === undefined)
    throw damaged("input: a part is missing");
  return { env, labels, input };
}

function isTextMap(value: JsonValue | undefined): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((one) => typeof one === "string");
}

export function parseClaimant(row: SqlRow): Claimant {
  const claimant = parse(claimantSchema(), row, "launch");
  return {
    spawnId: claimant.spawn_id,
    member: claimant.member,
    state: claimant.state,
    machineId: claimant.machine === null ? null : machineOf(claimant.machine).id,
    outcome: claimant.outcome,
  };
}

function errorOf(json: string): SpawnError {
  try {
    return spawnError(parseJson(json));
  } catch (caught) {
    throw damaged(`error: ${String(caught)}`);
  }
}

function machineOf(json: string): SpawnMachine {
  return parse(machineSchema(), toCamelCase(parseJson(json)), "machine");
}

export function parseEventRow(row: SqlRow): SpawnEvent {
  return {
    sequence: number(row, "sequence"),
    spawnId: text(row, "spawn_id"),
    at: text(row, "at"),
    state: stateOf(row["state"]),
    message: text(row, "message"),
  };
}

export function stateOf(value: unknown): SpawnState {
  return parse(stateSchema, value, "state");
}

export function text(row: SqlRow | undefined, column: string): string {
  return parse(textSchema, row?.[column], column);
}

export function number(row: SqlRow | undefined, column: string): number {
  return parse(numberSchema, row?.[column], column);
}

export function damaged(what: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "STORAGE_DAMAGED",
    message: `the ledger is damaged: ${what}`,
    remedy: "Restore the database from a copy. A sweep finds the machines by their owner tag.",
  });
}

export function parseJson(json: string): JsonValue {
  try {
    return JSON.parse(json);
  } catch (caught) {
    throw damaged(`a stored document is not valid JSON (${String(caught)})`);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw damaged(`${what}: ${parsed.error.issues[0]?.message ?? "unreadable"}`);
}
