import { describe, expect, it } from "vitest";
import {
  isDone,
  madeAll,
  operationFailure,
  targetName,
} from "../../../../../adapters/gce/client/operation.ts";
import { operationReply } from "../../../../../adapters/gce/client/replies.ts";

function operation(change: object) {
  return operationReply.parse({ name: "operation-1", status: "DONE", ...change });
}

describe("operationFailure", () => {
  it.each([
    {},
    { error: null },
    { error: { errors: [] } },
    { httpErrorStatusCode: 0, httpErrorMessage: "" },
    { warnings: [{ code: "DEPRECATED_RESOURCE_USED" }] },
  ])("is null for %j", (change) => {
    expect(operationFailure(operation(change), "making a")).toBe(null);
  });

  it("is what the operation's own code says, not its status", () => {
    const errors = [{ code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: "no room" }];
    const failed = operation({ error: { errors }, httpErrorStatusCode: 503 });
    expect(operationFailure(failed, "making a")).toMatchObject({
      reason: "INSUFFICIENT_CAPACITY",
      retry: "next-candidate",
      message: expect.stringMatching(/^making a: no room/),
    });
  });

  it("is a failure too where the operation has nothing but a status", () => {
    const failed = operation({ httpErrorStatusCode: 403, httpErrorMessage: "FORBIDDEN" });
    expect(operationFailure(failed, "making a")).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining("FORBIDDEN"),
    });
  });
});

describe("madeAll", () => {
  const status = (createdVmCount: number, deletedVmCount = 0) => ({
    status: "DONE",
    targetVmCount: 3,
    createdVmCount,
    deletedVmCount,
    failedToCreateVmCount: 3 - createdVmCount,
  });

  it.each<readonly [boolean, object]>([
    [true, { "zones/a": status(3) }],
    [true, { "zones/a": status(1), "zones/b": status(2) }],
    [false, { "zones/a": status(2) }],
    [false, { "zones/a": status(3, 1) }],
    [false, {}],
  ])("is %s for %j", (all, perLocationStatus) => {
    const bulk = operation({ instancesBulkInsertOperationMetadata: { perLocationStatus } });
    expect(madeAll(bulk, 3)).toBe(all);
  });

  it("is false where the operation says nothing of its members", () => {
    expect(madeAll(operation({}), 1)).toBe(false);
  });
});

describe("an operation", () => {
  it("is done only when it says so", () => {
    expect(isDone(operation({}))).toBe(true);
    for (const status of ["RUNNING", "PENDING", "", "UNDEFINED_STATUS"])
      expect(isDone(operation({ status }))).toBe(false);
  });

  it("is about the last part of its target", () => {
    const link = "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/a-1";
    expect(targetName(operation({ targetLink: link }))).toBe("a-1");
    expect(targetName(operation({}))).toBe("");
  });
});
