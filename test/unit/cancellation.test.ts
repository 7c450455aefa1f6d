import { describe, expect, it } from "vitest";
import { cancellation, throwIfCancelled } from "../../src/cancellation.ts";
import { invalidArgument } from "../../src/errors.ts";

describe("cancellation", () => {
  it("says what was cancelled, and keeps why as the cause", () => {
    const error = cancellation(AbortSignal.abort(new Error("key pressed")), "the pull");
    expect(error).toMatchObject({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      message: "the pull was cancelled",
      cause: { message: "key pressed" },
    });
  });

  it("tells a time-out from a cancellation", () => {
    const timeout = new DOMException("too late", "TimeoutError");
    expect(cancellation(AbortSignal.abort(timeout), "the pull")).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "TIMED_OUT",
    });
  });

  it("passes on a reason that is an error of ours", () => {
    const reason = invalidArgument("USAGE", "no");
    expect(cancellation(AbortSignal.abort(reason), "the pull")).toBe(reason);
  });
});

describe("throwIfCancelled", () => {
  it("throws for an aborted signal and for no other", () => {
    expect(() => throwIfCancelled(new AbortController().signal, "it")).not.toThrow();
    expect(() => throwIfCancelled(AbortSignal.abort(), "it")).toThrow("it was cancelled");
  });
});
