import type { JsonObject } from "../../src/errors.ts";
import type { Context } from "./context.ts";
import { timestamp } from "./lifecycle.ts";
import { fullLink, partialLink, regionLink, zoneLink } from "./links.ts";
import { isDone } from "./operations.ts";
import type { Operation, OperationError } from "./records.ts";
import { compact, unlessEmpty } from "./render.ts";

/** The phrases that operations carry next to an HTTP status. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: "BAD REQUEST",
  403: "FORBIDDEN",
  404: "NOT FOUND",
  409: "CONFLICT",
  412: "PRECONDITION FAILED",
  429: "TOO MANY REQUESTS",
  500: "INTERNAL SERVER ERROR",
  503: "SERVICE UNAVAILABLE",
};

/** The operation in its current state: an error appears only when it is done. */
export function renderOperation({ project, now }: Context, operation: Operation): JsonObject {
  const { scope, error } = operation;
  const done = isDone(operation, now);
  const link = partialLink(project.id, scope, "operations", operation.name);
  return compact({
    kind: "compute#operation",
    id: operation.id,
    name: operation.name,
    operationType: operation.type,
    targetLink: fullLink(operation.targetLink),
    targetId: operation.targetId,
    status: done ? "DONE" : "RUNNING",
    user: operation.user,
    progress: done ? 100 : 0,
    insertTime: timestamp(operation.insertedAt),
    startTime: timestamp(operation.insertedAt),
    endTime: done ? timestamp(operation.endsAt) : undefined,
    selfLink: fullLink(link),
    zone: scope.kind === "zone" ? fullLink(zoneLink(project.id, scope.name)) : undefined,
    region: scope.kind === "region" ? fullLink(regionLink(project.id, scope.name)) : undefined,
    operationGroupId: operation.groupId,
    warnings: unlessEmpty(operation.warnings),
    instancesBulkInsertOperationMetadata: renderBulk(operation, done),
    ...(done && error !== null ? renderError(error) : {}),
  });
}

function renderError(error: OperationError): JsonObject {
  return {
    httpErrorStatusCode: error.httpStatus,
    httpErrorMessage: STATUS_WORDS[error.httpStatus] ?? "BAD REQUEST",
    error: {
      errors: [
        compact({
          code: error.code,
          message: error.message,
          location: error.location,
          errorDetails: error.quota === null ? undefined : [{ quotaInfo: { ...error.quota } }],
        }),
      ],
    },
  };
}

function renderBulk({ bulk }: Operation, done: boolean): JsonObject | undefined {
  if (bulk === null) return undefined;
  const { location, target, created, deleted } = bulk;
  const counts = done
    ? {
        createdVmCount: created + deleted,
        failedToCreateVmCount: target - created - deleted,
        deletedVmCount: deleted,
      }
    : { createdVmCount: 0, failedToCreateVmCount: 0, deletedVmCount: 0 };
  return {
    perLocationStatus: {
      [location]: { status: done ? "DONE" : "CREATING", targetVmCount: target, ...counts },
    },
  };
}
