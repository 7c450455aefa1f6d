/**
 * Completion proposals for arguments. Every command's description refers to these functions, even when only help is
 * printed, so anything more than a list of words is loaded on demand.
 */
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import type { SpawnFilter } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";
import { COMMAND_GROUPS } from "./command-list.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function proposeShells(): readonly string[] {
  return SHELLS;
}

export function proposeCommands(): readonly string[] {
  return COMMAND_GROUPS.flatMap(({ briefs }) => Object.keys(briefs));
}

/** The clouds that have a fake. */
export const CLOUDS = ["ec2", "gce"] as const;
export type Cloud = (typeof CLOUDS)[number];

export function proposeClouds(): readonly string[] {
  return CLOUDS;
}

export const CONTEXT_ACTIONS = ["use", "list", "show", "set", "delete"] as const;
export type ContextAction = (typeof CONTEXT_ACTIONS)[number];
/** The settings of a context, as `--unset` names them. */
export const CONTEXT_FIELDS = ["database", "key-file", "tenant", "default-output"] as const;

export function proposeContextActions(): readonly string[] {
  return CONTEXT_ACTIONS;
}

export function proposeContextFields(): readonly string[] {
  return CONTEXT_FIELDS;
}

export async function proposeContexts(context: CliContext): Promise<readonly string[]> {
  const { contextNames } = await import("../configuration/choose-context.ts");
  return await contextNames(context);
}

export const SECRET_ACTIONS = ["rotate-key"] as const;

export function proposeSecretActions(): readonly string[] {
  return SECRET_ACTIONS;
}

/** Proposes each kind once: by its plural only if that is what the user is typing. */
export async function proposeKinds(partial: string): Promise<readonly string[]> {
  const { KIND_ALIASES } = await import("../../catalog/kind-names.ts");
  return Object.entries(KIND_ALIASES).map(([kind, [plural]]) =>
    kind.startsWith(partial) ? kind : plural,
  );
}

/** Proposes kinds, and after a dot the fields at that place. */
export async function proposeFields(this: CliContext, partial: string): Promise<readonly string[]> {
  const { EXPLAINABLE, readSchema, schemaNamed } = await import("../explain/read-schema.ts");
  const steps = partial.split(".").slice(0, -1);
  const [word, ...fields] = steps;
  if (word === undefined) return EXPLAINABLE;
  const { explainField } = await import("../explain/explain-field.ts");
  const name = schemaNamed(word);
  const found = explainField({ name, schema: await readSchema(name) }, fields);
  return found.fields.map((field) => [...steps, field.name].join("."));
}

export async function proposeStates(): Promise<readonly string[]> {
  return (await import("../../ledger/spawn-record.ts")).SPAWN_STATES;
}

export async function proposeSortKeys(): Promise<readonly string[]> {
  return (await import("../arguments/spawn-order.ts")).SORT_KEYS;
}

/** Proposes names of resources of the given kind, or else of the kind that was typed before. */
export async function proposeNames(
  context: CliContext,
  given?: CatalogKind,
): Promise<readonly string[]> {
  return await namesOf(context, given ?? null, () => true);
}

/** Proposes names of resources that can be written, of the kind that was typed before: none that is built in. */
export async function proposeOwnNames(context: CliContext): Promise<readonly string[]> {
  const { isBuiltIn } = await import("../../catalog/built-ins.ts");
  return await namesOf(context, null, (kind, name) => !isBuiltIn(kind, name));
}

async function namesOf(
  context: CliContext,
  given: CatalogKind | null,
  isProposed: (kind: CatalogKind, name: string) => boolean,
): Promise<readonly string[]> {
  if (isTypingFlag(context)) return [];
  const { kindNamed } = await import("../../catalog/kind-names.ts");
  const [kind] =
    given === null ? earlierWords(context).flatMap((word) => kindNamed(word) ?? []) : [given];
  if (kind === undefined) return [];
  await using slipway = await context.openSlipway();
  const records = await slipway.catalog.list(kind);
  return records.map(({ name }) => name).filter((name) => isProposed(kind, name));
}

/** The most ids that are proposed: more would neither be read nor arrive at once. */
const MOST_SPAWNS = 500;

/** Proposes the newest spawns, but none that was typed already. */
export async function proposeSpawns(context: CliContext): Promise<readonly string[]> {
  return await spawnIds(context, {});
}

/** The same, of the spawns that have not ended. */
export async function proposeLiveSpawns(context: CliContext): Promise<readonly string[]> {
  return await spawnIds(context, { live: true });
}

/** Live spawns on Docker, before the command that is to run in one. */
export async function proposeContainers(context: CliContext): Promise<readonly string[]> {
  if (earlierWords(context).includes("--")) return [];
  return await spawnIds(context, { live: true }, ({ substrate }) => substrate === "DOCKER");
}

/** Live spawns that are not on Docker. */
export async function proposeVirtualMachines(context: CliContext): Promise<readonly string[]> {
  return await spawnIds(context, { live: true }, ({ substrate }) => substrate !== "DOCKER");
}

async function spawnIds(
  context: CliContext,
  filter: SpawnFilter,
  isProposed: (spawn: Spawn) => boolean = () => true,
): Promise<readonly string[]> {
  if (isTypingFlag(context)) return [];
  await using slipway = await context.openSlipway();
  const spawns = await slipway.listSpawns({ ...filter, limit: MOST_SPAWNS });
  const typed = new Set(earlierWords(context));
  return spawns
    .filter((spawn) => !typed.has(spawn.spawnId) && isProposed(spawn))
    .map(({ spawnId }) => spawnId);
}

/** The words between the command and the one that is being typed. */
function earlierWords({ typed }: CliContext): readonly string[] {
  return typed.slice(1, -1);
}

/** The scanner asks for names even while a flag is being typed; opening the database for that would be wasted. */
function isTypingFlag({ typed }: CliContext): boolean {
  return !typed.slice(0, -1).includes("--") && typed.at(-1)?.startsWith("-") === true;
}
