import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { isBusy, storageError } from "../../../src/storage/storage-error.ts";

const sqlite = (errcode: number): Error => Object.assign(new Error("said so"), { errcode });
const file = (code: string): Error => Object.assign(new Error(code), { code, syscall: "open" });

describe("storageError", () => {
  it.each<[caught: Error, code: string, reason: string]>([
    [sqlite(3), "PERMISSION_DENIED", "STORAGE_UNAVAILABLE"],
    [sqlite(5), "UNAVAILABLE", "STORAGE_BUSY"],
    [sqlite(517), "UNAVAILABLE", "STORAGE_BUSY"],
    [sqlite(8), "FAILED_PRECONDITION", "STORAGE_READ_ONLY"],
    [sqlite(1032), "FAILED_PRECONDITION", "STORAGE_READ_ONLY"],
    [sqlite(10), "UNAVAILABLE", "STORAGE_UNAVAILABLE"],
    [sqlite(11), "FAILED_PRECONDITION", "STORAGE_DAMAGED"],
    [sqlite(13), "RESOURCE_EXHAUSTED", "STORAGE_FULL"],
    [sqlite(14), "UNAVAILABLE", "STORAGE_UNAVAILABLE"],
    [sqlite(15), "UNAVAILABLE", "STORAGE_BUSY"],
    [sqlite(26), "FAILED_PRECONDITION", "STORAGE_DAMAGED"],
    [file("ENOSPC"), "RESOURCE_EXHAUSTED", "STORAGE_FULL"],
    [file("EDQUOT"), "RESOURCE_EXHAUSTED", "STORAGE_FULL"],
    [file("EROFS"), "FAILED_PRECONDITION", "STORAGE_READ_ONLY"],
    [file("EACCES"), "PERMISSION_DENIED", "STORAGE_UNAVAILABLE"],
    [file("EPERM"), "PERMISSION_DENIED", "STORAGE_UNAVAILABLE"],
    [file("EISDIR"), "FAILED_PRECONDITION", "STORAGE_UNAVAILABLE"],
    [file("ELOOP"), "FAILED_PRECONDITION", "STORAGE_UNAVAILABLE"],
    [file("ENAMETOOLONG"), "FAILED_PRECONDITION", "STORAGE_UNAVAILABLE"],
    [file("ENOENT"), "FAILED_PRECONDITION", "STORAGE_UNAVAILABLE"],
    [file("ENOTDIR"), "FAILED_PRECONDITION", "STORAGE_UNAVAILABLE"],
    [file("EMFILE"), "UNAVAILABLE", "STORAGE_UNAVAILABLE"],
  ])("reads %o as %s %s and names the file", (caught, code, reason) => {
    const error = storageError(caught, "/data/slipway.db");
    expect(error).toMatchObject({ code, reason, metadata: { path: "/data/slipway.db" } });
    expect(error.message).toContain("/data/slipway.db");
    expect(error.remedy).not.toBeNull();
  });

  it("passes a SlipwayError on unchanged", () => {
    const ours = new SlipwayError({ code: "ABORTED", reason: "GENERATION_MISMATCH", message: "x" });
    expect(storageError(ours, "/data/slipway.db")).toBe(ours);
  });

  it("treats SQL that does not fit its table as a defect", () => {
    expect(storageError(sqlite(1), "/data/slipway.db").code).toBe("INTERNAL");
  });
});

describe("isBusy", () => {
  it("is true only for SQLite's own result codes", () => {
    expect(isBusy(sqlite(5))).toBe(true);
    expect(isBusy(sqlite(13))).toBe(false);
    expect(isBusy(file("EBUSY"))).toBe(false);
    expect(isBusy({ errcode: 5 })).toBe(false);
  });
});
