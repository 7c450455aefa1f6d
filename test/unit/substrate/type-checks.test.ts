import { describe, expect, it } from "vitest";
import type { Check } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { checksOfTypes, refusalOfType } from "../../../src/substrate/type-checks.ts";

const RULING: ReadonlySet<string> = new Set(["exists"]);

function missing(name: string): Check {
  return failed("exists", {
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_TYPE_NOT_FOUND",
    message: `there is no ${name}`,
    remedy: "Correct it.",
    metadata: { name },
  });
}

function mismatch(name: string): Check {
  return failed("shape", {
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_TYPE_MISMATCH",
    message: `${name} is smaller`,
    remedy: "Correct it.",
  });
}

const there = (name: string) => passed("exists", `there is ${name}`);

describe("the checks of a plan's machine types", () => {
  it("are those of the only type", () => {
    const checks = [missing("a"), skipped("shape", "there is no a")];
    expect(checksOfTypes([{ name: "a", checks }], RULING)).toBe(checks);
    expect(checksOfTypes([], RULING)).toEqual([]);
  });

  it("are put together if they passed", () => {
    const types = ["a", "b"].map((name) => ({
      name,
      checks: [there(name), passed("disk", "any disk will do")],
    }));
    expect(checksOfTypes(types, RULING)).toEqual([
      passed("exists", "there is a; there is b"),
      passed("disk", "any disk will do"),
    ]);
  });

  it("warn of a type that is left out, and fail for one that contradicts the record", () => {
    const types = [
      { name: "a", checks: [missing("a"), skipped("shape", "there is no a")] },
      { name: "b", checks: [there("b"), mismatch("b")] },
      { name: "c", checks: [there("c"), passed("shape", "c fits")] },
    ];
    const { name, code, reason, message, remedy } = missing("a");
    expect(checksOfTypes(types, RULING)).toEqual([
      there("b; there is c"),
      { name, outcome: "warning", code, reason, message, remedy },
      passed("shape", "c fits"),
      skipped("shape", "there is no a"),
      mismatch("b"),
    ]);
  });

  it("fail for every type if none is left", () => {
    const types = ["a", "b"].map((name) => ({ name, checks: [missing(name)] }));
    expect(checksOfTypes(types, RULING)).toEqual([missing("a"), missing("b")]);
  });

  it("report a fault of all types once", () => {
    const fault = warning("disk", { message: "no zone has the disk", remedy: "Correct it." });
    const types = ["a", "b"].map((name) => ({ name, checks: [fault] }));
    expect(checksOfTypes(types, RULING)).toEqual([fault]);
  });

  it("make a type unusable by a ruling check that failed", () => {
    expect(refusalOfType([mismatch("a"), missing("a")], RULING)).toEqual(missing("a"));
    expect(refusalOfType([mismatch("a"), there("a")], RULING)).toBeNull();
  });
});
