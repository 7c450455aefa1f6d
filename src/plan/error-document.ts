import { z } from "zod";
import { once } from "../async/memoize.ts";
import { BLAST_RADII, ERROR_CODES, ERROR_REASONS, RETRY_VERDICTS } from "../errors.ts";
import type { ErrorReason, JsonValue } from "../errors.ts";
import { toCamelCase, toSnakeCase } from "../json/field-case.ts";
import { asJsonObject } from "../json/json-object.ts";
import { checkSchema } from "./plan-document.ts";
import type { ErrorDetails, SpawnError } from "./spawn-error.ts";

const details = once((): { readonly [R in keyof ErrorDetails]: z.ZodType<ErrorDetails[R]> } => ({
  ACCOUNT_MISMATCH: z.looseObject({
    account_id: z.string(),
    placement_account_id: z.string(),
    region: z.string(),
  }),
  BOOT_DOCUMENT_TOO_LARGE: z.looseObject({
    bytes: z.int(),
    maximum_bytes: z.int(),
    members: z.int(),
  }),
  BOOT_TIMED_OUT: z.looseObject({ spawn_id: z.string(), machine_id: z.string() }),
  IMAGE_REPLACED: z.looseObject({
    image: z.string(),
    planned_image_id: z.string().nullable(),
    booted_image_id: z.string(),
  }),
  PACKAGE_NOT_INSTALLED: z.looseObject({ packages: z.array(z.string()) }),
}));

const fields = once(() => ({
  message: z.string().describe("What happened to which resource, and why."),
  remedy: z.string().nullable().describe("The next step of the user."),
  checks: z.array(checkSchema()).exactOptional().describe("All checks of a dry run that failed."),
}));

const knownFields = once(() => ({
  ...fields(),
  code: z.enum(ERROR_CODES).describe("The kind of failure, which decides the exit code."),
  blastRadius: z.enum(BLAST_RADII).describe("How far the failure reaches."),
  retry: z.enum(RETRY_VERDICTS).describe("Whether and where a repetition may succeed."),
}));

const REASON = "The cause, as a word that does not change: docs/errors.md lists all of them.";
const METADATA = "Details for programs, such as names and numbers of the message.";

const jsonObject = once(() => z.record(z.string(), z.json()));

function detailed<R extends keyof ErrorDetails>(reason: R) {
  return z.strictObject({
    ...knownFields(),
    reason: z.literal(reason).describe(REASON),
    metadata: details()[reason].describe(METADATA),
  });
}

function hasNoDetails(reason: ErrorReason): reason is Exclude<ErrorReason, keyof ErrorDetails> {
  return !Object.hasOwn(details(), reason);
}

/** An error as the command line prints it under `error` and as the ledger stores it, in camelCase. */
export const errorSchema = once((): z.ZodType<Exclude<SpawnError, { reason: "UNKNOWN_REASON" }>> =>
  z.union([
    detailed("ACCOUNT_MISMATCH"),
    detailed("BOOT_DOCUMENT_TOO_LARGE"),
    detailed("BOOT_TIMED_OUT"),
    detailed("IMAGE_REPLACED"),
    detailed("PACKAGE_NOT_INSTALLED"),
    z.strictObject({
      ...knownFields(),
      reason: z.enum(ERROR_REASONS.filter(hasNoDetails)).describe(REASON),
      metadata: jsonObject().describe(METADATA),
    }),
  ]),
);

const unknownSchema = once(() =>
  z.strictObject({
    ...fields(),
    code: z.string(),
    reason: z.literal("UNKNOWN_REASON"),
    recordedReason: z.string(),
    blastRadius: z.string(),
    retry: z.string(),
    metadata: jsonObject(),
  }),
);

/** An error of a spawn: known, or of a reason that a newer version has added. */
export const spawnErrorSchema = once((): z.ZodType<SpawnError> =>
  z.union([errorSchema(), unknownSchema()]),
);

/**
 * Reads the error of a spawn. One that has another form in this version, such as a reason that only a newer one knows,
 * becomes `UNKNOWN_REASON`.
 *
 * @param json what `SlipwayError.toJSON()` returned
 */
export function spawnError(json: JsonValue): SpawnError {
  const data = toCamelCase(json);
  const known = errorSchema().safeParse(data);
  if (known.success) return known.data;
  const { reason, ...others } = asJsonObject(data);
  return unknownSchema().parse({ ...others, reason: "UNKNOWN_REASON", recordedReason: reason });
}

/** The inverse of {@link spawnError}: what the ledger stores. */
export function spawnErrorJson(error: SpawnError): JsonValue {
  if (error.reason !== "UNKNOWN_REASON") return toSnakeCase(error);
  const { recordedReason, ...stored } = error;
  return toSnakeCase({ ...stored, reason: recordedReason });
}
