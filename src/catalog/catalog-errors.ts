/** The catalog's errors. Each is worded in one place. */
import { isSlipwayError, SlipwayError } from "../errors.ts";
import type { LiveMachines, RecordKey } from "./tables.ts";

/**
 * Names the document that an error is about, such as `records.yaml:12`.
 *
 * @throws the error of `work`, with `origin` in front of its message
 */
export function withOrigin<T>(origin: string, work: () => T): T {
  try {
    return work();
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    const { code, reason, message, remedy, metadata } = caught;
    throw new SlipwayError({
      code,
      reason,
      message: `${origin}: ${message}`,
      ...(remedy === null ? {} : { remedy }),
      metadata,
      cause: caught,
    });
  }
}

/** @param meant the name of an existing record that the user may have meant */
export function recordNotFound(
  { kind, name }: RecordKey,
  meant: string | null = null,
): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "RECORD_NOT_FOUND",
    message: `${kind} ${JSON.stringify(name)} does not exist`,
    remedy: `${didYouMean(kind, meant)}List the existing ones with \`slipway get ${kind}\`.`,
    metadata: { kind, name },
  });
}

/** The message and the remedy are fixed by the image specification. */
export function bakedImagesAreImmutable({ kind, name }: RecordKey): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "RECORD_IMMUTABLE",
    message: "baked images are immutable",
    remedy: "Baked images cannot be updated or deleted. Bake a new image from the recipe instead.",
    metadata: { kind, name },
  });
}

export function nameTaken({ kind, name }: RecordKey): SlipwayError {
  return new SlipwayError({
    code: "ALREADY_EXISTS",
    reason: "NAME_CLASH",
    message: `${kind} ${name} already exists and was not baked, so a bake cannot replace it`,
    remedy: "Record the bake under another name, or delete the record first.",
    metadata: { kind, name },
  });
}

export function recordBuiltIn({ kind, name }: RecordKey): SlipwayError {
  return new SlipwayError({
    code: "PERMISSION_DENIED",
    reason: "RECORD_BUILT_IN",
    message: `${kind} ${name} cannot be written: names that start with slipway- are reserved for built-in records`,
    remedy: "Use another name.",
    metadata: { kind, name },
  });
}

export function generationMismatch(
  { kind, name }: RecordKey,
  wanted: number,
  actual: number,
): SlipwayError {
  const found = actual === 0 ? "does not exist" : `is at generation ${actual}`;
  const required = wanted === 0 ? "that it does not exist" : `generation ${wanted}`;
  return new SlipwayError({
    code: "ABORTED",
    reason: "GENERATION_MISMATCH",
    message: `${kind} ${name} ${found}, but the write requires ${required}`,
    remedy: `Read it again with \`slipway get ${kind} ${name}\`, then repeat the write with its generation.`,
    metadata: { kind, name, generation: actual, if_generation: wanted },
  });
}

/** @param meant an existing record that the user may have meant instead of the first missing one */
export function linkMissing(
  { kind, name }: RecordKey,
  missing: readonly RecordKey[],
  meant: RecordKey | null = null,
): SlipwayError {
  const names = missing.map((key) => `${key.kind} ${key.name}`);
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "LINK_MISSING",
    message: `${kind} ${name} refers to records that do not exist: ${names.join(", ")}`,
    remedy: `${meant === null ? "" : didYouMean(meant.kind, meant.name)}Create the missing records first, or correct the reference.`,
    metadata: { kind, name, missing: missing.map((key) => ({ kind: key.kind, name: key.name })) },
  });
}

export function substrateMismatch(
  { kind, name }: RecordKey,
  mismatch: { readonly wanted: string; readonly other: RecordKey; readonly actual: string },
): SlipwayError {
  const { wanted, other, actual } = mismatch;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SUBSTRATE_MISMATCH",
    message: `${kind} ${name} is for ${wanted}, but ${other.kind} ${other.name} is for ${actual}`,
    remedy: `Refer to a ${other.kind} for ${wanted}.`,
    metadata: { kind, name, substrate: wanted, [other.kind]: other.name },
  });
}

/** @param more whether there are referrers beyond the listed ones */
export function recordInUse(
  { kind, name }: RecordKey,
  referrers: readonly RecordKey[],
  more: boolean,
): SlipwayError {
  const names = referrers.map((key) => `${key.kind} ${key.name}`);
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "RECORD_IN_USE",
    message: `${kind} ${name} is in use by ${names.join(", ")}${more ? " and others" : ""}`,
    remedy: "Delete or change the records that refer to it first.",
    metadata: {
      kind,
      name,
      referrers: referrers.map((key) => ({ kind: key.kind, name: key.name })),
    },
  });
}

/** How many workspaces a remedy names. */
const WORKSPACES_NAMED = 3;

export function recordHasMachines(
  { kind, name }: RecordKey,
  { count, workspaces }: LiveMachines,
): SlipwayError {
  const named = workspaces.slice(0, WORKSPACES_NAMED);
  const lists = named.map((workspace) => `\`slipway list --workspace ${workspace}\``).join(", ");
  const others = workspaces.length > named.length ? " and so on" : "";
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "RECORD_HAS_MACHINES",
    message: `${kind} ${name} has ${count} live ${count === 1 ? "machine" : "machines"}`,
    remedy: `List them with ${lists}${others}, and terminate them first. With --force the ${kind} is deleted, and its machines stay.`,
    metadata: { kind, name, machines: count, workspaces },
  });
}

function didYouMean(kind: string, name: string | null): string {
  return name === null ? "" : `Did you mean ${kind} ${name}? `;
}
