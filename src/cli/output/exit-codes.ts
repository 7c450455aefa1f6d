import type { ErrorCode } from "../../errors.ts";

/** The exit code for each error code, the same for every command. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  INTERNAL: 1,
  UNIMPLEMENTED: 1,
  INVALID_ARGUMENT: 2,
  FAILED_PRECONDITION: 3,
  NOT_FOUND: 4,
  PERMISSION_DENIED: 5,
  UNAUTHENTICATED: 5,
  RESOURCE_EXHAUSTED: 6,
  UNAVAILABLE: 7,
  DEADLINE_EXCEEDED: 7,
  ALREADY_EXISTS: 8,
  ABORTED: 8,
  CANCELLED: 130,
};

export const EXIT_DONE = 0;
/** The exit code of `diff` if it found differences, as that of other programs of this name. */
export const EXIT_DIFFERENCES = 1;

/** Returns the exit code of a command that failed with this error. */
export function exitCodeOf(error: { readonly code: ErrorCode }): number {
  return EXIT_CODES[error.code];
}
