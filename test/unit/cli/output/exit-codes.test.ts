import { expect, it } from "vitest";
import { exitCodeOf } from "../../../../src/cli/output/exit-codes.ts";
import { ERROR_CODES } from "../../../../src/errors.ts";

it("gives each code its exit code", () => {
  const table = Object.fromEntries(ERROR_CODES.map((code) => [code, exitCodeOf({ code })]));
  expect(table).toEqual({
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
  });
});
