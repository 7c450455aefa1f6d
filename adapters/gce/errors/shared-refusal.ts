import { SlipwayError } from "../../../src/errors.ts";
import { FORBIDDEN } from "./error-rules.ts";

/** Whether the caller is not allowed to make one call, as far as the reply's codes say. */
export function isDenied({ code, blastRadius }: SlipwayError): boolean {
  return code === "PERMISSION_DENIED" && blastRadius === "credential";
}

/**
 * One error for the denials of several calls, if Compute Engine gave all of them in the same words; otherwise null.
 * Where a permission is missing, its message names the resource. The reason `forbidden` also covers what every call of
 * a project fails for, such as missing billing; only the message says so, the same for every resource.
 *
 * @param errors of calls for different resources
 */
export function sharedRefusal(
  errors: readonly (SlipwayError | null)[],
  project: string,
): SlipwayError | null {
  const [first, ...others] = errors;
  const words = first == null || !isDenied(first) ? null : wordsOf(first);
  if (first == null || words === null || others.length === 0) return null;
  const isShared = others.every(
    (other) => other !== null && isDenied(other) && wordsOf(other) === words,
  );
  if (!isShared) return null;
  return new SlipwayError({
    code: "PERMISSION_DENIED",
    reason: "CLOUD_PERMISSION_DENIED",
    message: `Compute Engine refuses every call for project ${project}: ${words}`,
    remedy: first.remedy === FORBIDDEN.remedy ? SHARED_REMEDY : (first.remedy ?? SHARED_REMEDY),
    blastRadius: "account",
    metadata: { ...first.metadata, project },
  });
}

const SHARED_REMEDY =
  "Follow the message: it is the same for all resources, so no permission on one of them is missing.";

/** Compute Engine's own words. */
export function wordsOf({ cause }: SlipwayError): string | null {
  return cause instanceof Error ? cause.message : null;
}
