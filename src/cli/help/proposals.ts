/**
 * Completion proposals for arguments. Every command's description refers to these functions, even when only help is
 * printed, so anything more than a list of words is loaded on demand.
 */
import type { CatalogKind } from "../../catalog/kinds.ts";
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

export async function proposeKinds(): Promise<readonly string[]> {
  return (await import("../../catalog/kinds.ts")).CATALOG_KINDS;
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
  if (isTypingFlag(context)) return [];
  const { isCatalogKind } = await import("../../catalog/kinds.ts");
  const kind = given ?? context.typed.find(isCatalogKind);
  if (kind === undefined) return [];
  await using slipway = await context.openSlipway();
  const records = await slipway.catalog.list(kind);
  return records.map(({ name }) => name);
}

export async function proposeSpawns(context: CliContext): Promise<readonly string[]> {
  if (isTypingFlag(context)) return [];
  await using slipway = await context.openSlipway();
  const spawns = await slipway.listSpawns();
  return spawns.map(({ spawnId }) => spawnId);
}

/** The scanner asks for names even while a flag is being typed; opening the database for that would be wasted. */
function isTypingFlag({ typed }: CliContext): boolean {
  return !typed.slice(0, -1).includes("--") && typed.at(-1)?.startsWith("-") === true;
}
