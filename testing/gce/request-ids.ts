import { invalidField } from "./failure.ts";
import { digest } from "../server/digest.ts";
import type { Operation, Project } from "./records.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NIL = "00000000-0000-0000-0000-000000000000";

export interface IdentifiedRequest {
  readonly requestId: string | null;
  /** Everything that identifies the request. */
  readonly what: readonly string[];
}

/**
 * The operation that the same request began before, or null for a new request.
 *
 * @throws GceFailure `invalid` for an id that is not a UUID or all zeros, or that was used for another request.
 */
export function findRepeated(
  project: Project,
  { requestId, what }: IdentifiedRequest,
): Operation | null {
  if (requestId === null) return null;
  if (!UUID.test(requestId) || requestId === NIL)
    throw invalidField("requestId", requestId, "Must be a valid, non-zero UUID.");
  const spent = project.requests.get(requestId.toLowerCase());
  if (spent === undefined) return null;
  if (spent.fingerprint !== digest(what))
    throw invalidField(
      "requestId",
      requestId,
      "The request ID was already used for a different request.",
    );
  return project.operations.get(spent.operation) ?? null;
}

export function recordRequestId(
  project: Project,
  { requestId, what }: IdentifiedRequest,
  operation: Operation,
): void {
  if (requestId === null) return;
  project.requests.set(requestId.toLowerCase(), {
    fingerprint: digest(what),
    operation: operation.name,
  });
}
