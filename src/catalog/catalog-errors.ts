/** The catalog's errors, each with its one wording. */
import { SlipwayError } from "../errors.ts";
import type { RecordKey } from "./tables.ts";

export function recordNotFound({ kind, name }: RecordKey): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "RECORD_NOT_FOUND",
    message: `${kind} ${JSON.stringify(name)} does not exist`,
    remedy: `List what there is with \`slipway get ${kind}\`.`,
    metadata: { kind, name },
  });
}

/** The specification's text. */
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
    message: `${kind} ${name} exists and was not baked: a bake does not replace it`,
    remedy: "Record the bake under another name, or delete the record first.",
    metadata: { kind, name },
  });
}

export function builtIn({ kind, name }: RecordKey): SlipwayError {
  return new SlipwayError({
    code: "PERMISSION_DENIED",
    reason: "RECORD_BUILT_IN",
    message: `${kind} ${name} cannot be written: names that begin with slipway- belong to built-in records`,
    remedy: "Write a record of another name.",
    metadata: { kind, name },
  });
}

export function generationMismatch(
  { kind, name }: RecordKey,
  wanted: number,
  actual: number,
): SlipwayError {
  const is = actual === 0 ? "does not exist" : `is at generation ${actual}`;
  const demanded = wanted === 0 ? "be new" : `be at generation ${wanted}`;
  return new SlipwayError({
    code: "ABORTED",
    reason: "GENERATION_MISMATCH",
    message: `${kind} ${name} ${is}, and the write demands that it ${demanded}`,
    remedy: `Read it again with \`slipway get ${kind} ${name}\` and decide anew.`,
    metadata: { kind, name, generation: actual, if_generation: wanted },
  });
}

export function linkMissing(
  { kind, name }: RecordKey,
  missing: readonly RecordKey[],
): SlipwayError {
  const names = missing.map((key) => `${key.kind} ${key.name}`);
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "LINK_MISSING",
    message: `${kind} ${name} refers to what does not exist: ${names.join(", ")}`,
    remedy: "Set what it refers to first, or correct the name.",
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
    remedy: `Name a ${other.kind} of ${wanted}.`,
    metadata: { kind, name, substrate: wanted, [other.kind]: other.name },
  });
}

/** @param referrers some of them; `more` says that there are others */
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
    remedy: "Delete or change what refers to it first.",
    metadata: {
      kind,
      name,
      referrers: referrers.map((key) => ({ kind: key.kind, name: key.name })),
    },
  });
}
