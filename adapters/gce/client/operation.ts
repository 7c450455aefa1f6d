import type { SlipwayError } from "../../../src/errors.ts";
import { operationError } from "../errors/errors.ts";
import type { OperationReply } from "./replies.ts";

export function isDone({ status }: Pick<OperationReply, "status">): boolean {
  return status === "DONE";
}

/**
 * The reason why a finished operation failed; null for success. HTTP 200 does not mean success: only a finished
 * operation has a result.
 */
export function operationFailure(operation: OperationReply, doing: string): SlipwayError | null {
  const { error, httpErrorStatusCode, httpErrorMessage } = operation;
  if (error.length > 0) return operationError(operation, doing);
  if (httpErrorStatusCode === null || httpErrorStatusCode < 400) return null;
  const message = httpErrorMessage ?? "the operation failed";
  return operationError({ error: [{ code: "", message }], httpErrorStatusCode }, doing);
}

/** The name of the operation's target. */
export function targetName({ targetLink }: Pick<OperationReply, "targetLink">): string {
  return targetLink.split("/").at(-1) ?? "";
}

/** Whether a bulk insert reports that it created every requested machine. */
export function madeAll(operation: OperationReply, count: number): boolean {
  const places = Object.values(operation.instancesBulkInsertOperationMetadata);
  const made = places.reduce(
    (sum, { createdVmCount, deletedVmCount }) =>
      sum + (createdVmCount ?? 0) - (deletedVmCount ?? 0),
    0,
  );
  return made === count;
}
