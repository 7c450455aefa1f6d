import { SlipwayError, type ErrorCode } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { Check, CredentialSource } from "../plan/plan.ts";
import { isFailed } from "./checks-failure.ts";

/** A credential, and what went wrong while Docker's configuration was read. */
interface Found {
  readonly credential: RegistryCredential | null;
  readonly problem?: SlipwayError;
}

/** The codes of a registry's refusals that a credential may change. */
const REFUSALS: ReadonlySet<ErrorCode | undefined> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "NOT_FOUND",
]);

/** Follows `pulling`. */
export function describeCredential(source: CredentialSource): string {
  switch (source.kind) {
    case "secret":
      return `with secret ${source.secret}`;
    case "docker-configuration":
      return "with the credential from Docker's configuration";
    case "cloud-identity":
      return `with a token of ${source.service} for this process's own identity`;
    case "anonymous":
      return "anonymously (no credential)";
  }
}

/** The message, with the reason why Docker's configuration yielded no credential, or only that of its file. */
export function withProblem(message: string, { credential, problem }: Found): string {
  if (problem === undefined) return message;
  const cause =
    credential === null
      ? "because Docker's configuration was not used"
      : "because its credential helper failed";
  return `${message}, ${cause}: ${problem.message}`;
}

/** Adds the problem to the failed checks that it may have caused. */
export function explainedBy(found: Found | undefined, checks: readonly Check[]): readonly Check[] {
  return checks.map((check) =>
    isFailed(check) && REFUSALS.has(check.code)
      ? { ...check, message: withCause(check.message, found) }
      : check,
  );
}

/** Adds the problem to an error that it may have caused. */
export function explainedError(found: Found, error: SlipwayError): SlipwayError {
  if (found.problem === undefined || !REFUSALS.has(error.code)) return error;
  return new SlipwayError({
    code: error.code,
    reason: error.reason,
    message: withCause(error.message, found),
    remedy: error.remedy ?? "",
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: error.metadata,
    cause: error,
  });
}

function withCause(message: string, found: Found | undefined): string {
  if (found?.problem === undefined) return message;
  const cause =
    found.credential === null
      ? "the request had no credential"
      : "Docker's credential helper failed";
  return `${message} (${cause}: ${found.problem.message})`;
}
