import type { SlipwayError } from "../../../src/errors.ts";
import { operationError } from "../errors/errors.ts";
import type { OperationReply } from "./replies.ts";

export function isDone({ status }: Pick<OperationReply, "status">): boolean {
  return status === "DONE";
}

/**
 * Why a finished operation failed; null for success. HTTP 200 promises nothing: what an operation comes to is said
 * when it is done.
 */
export function operationFailure(operation: OperationReply, doing: string): SlipwayError | null {
  const { error, httpErrorStatusCode, httpErrorMessage } = operation;
  if (error.length > 0) return operationError(operation, doing);
  if (httpErrorStatusCode === null || httpErrorStatusCode < 400) return null;
  const message = httpErrorMessage ?? "the operation failed";
  return operationError({ error: [{ code: "", message }], httpErrorStatusCode }, doing);
}

/** The name of what the operation is about. */
export function targetName({ targetLink }: Pick<OperationReply, "targetLink">): string {
  return targetLink.split("/").at(-1) ?? "";
}

/** True where a bulk insert says that it has made every machine it was asked for. */
export function madeAll(operation: OperationReply, count: number): boolean {
  const places = Object.values(operation.instancesBulkInsertOperationMetadata);
  const made = places.reduce(
    (sum, { createdVmCount, deletedVmCount }) =>
      sum + (createdVmCount ?? 0) - (deletedVmCount ?? 0),
    0,
  );
  return made === count;
}
