import { describe, expect, it } from "vitest";
import { renderError } from "../../../../src/cli/output/error-text.ts";
import type { GlobalFlags } from "../../../../src/cli/global-flags.ts";
import { asSlipwayError, SlipwayError } from "../../../../src/errors.ts";

const flags: GlobalFlags = {
  output: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

const failedChecks = new SlipwayError({
  code: "FAILED_PRECONDITION",
  reason: "CHECKS_FAILED",
  message: "workspace agent-dev cannot be launched: 1 check failed",
  remedy: "Fix what failed.",
  checks: [
    { name: "engine.reachable", outcome: "passed", message: "the engine answers" },
    {
      name: "image.exists",
      outcome: "failed",
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      message: "there is no v\u001b[2J9",
      remedy: "Push it.",
    },
    { name: "shape", outcome: "warning", message: "small", remedy: "Take another." },
  ],
});

describe("renderError for people", () => {
  it("prints code and message, the remedy, each failed check and each warning", () => {
    expect(renderError(failedChecks, flags)).toBe(
      [
        "slipway: FAILED_PRECONDITION: workspace agent-dev cannot be launched: 1 check failed",
        "Fix what failed.",
        "  image.exists: NOT_FOUND: there is no v\\x1b[2J9",
        "    Push it.",
        "  shape: warning: small",
        "    Take another.",
        "",
      ].join("\n"),
    );
  });

  it("does not repeat the only failed check", () => {
    const error = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "workspace agent-dev: the engine is down",
      remedy: "Start it.",
      checks: [{ name: "engine", outcome: "failed", message: "the engine is down" }],
    });
    expect(renderError(error, flags)).toBe(
      "slipway: UNAVAILABLE: workspace agent-dev: the engine is down\nStart it.\n",
    );
  });

  it("prints the findings of several checks once", () => {
    const error = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "CHECKS_FAILED",
      message: "workspace agent-dev: 2 checks failed: the registry is down; the engine is down",
      remedy: "Fix the failed checks, then resolve again.",
      checks: [
        { name: "image", outcome: "failed", code: "UNAVAILABLE", message: "the registry is down" },
        { name: "engine", outcome: "failed", code: "UNAVAILABLE", message: "the engine is down" },
      ],
    });
    expect(renderError(error, flags)).toBe(
      [
        "slipway: UNAVAILABLE: workspace agent-dev: 2 checks failed",
        "Fix the failed checks, then resolve again.",
        "  image: UNAVAILABLE: the registry is down",
        "  engine: UNAVAILABLE: the engine is down",
        "",
      ].join("\n"),
    );
  });

  it("lists the other violations of a record below the first", () => {
    const violations = [
      "unknown architecture value",
      "unknown field docker.image_reff",
      "c\u001bd",
    ];
    const refused = (more: readonly string[]) =>
      new SlipwayError({
        code: "INVALID_ARGUMENT",
        reason: "INVALID_RECORD",
        message: "unknown architecture value",
        remedy: "Use a valid architecture enum value.",
        metadata: { kind: "image", violations: more },
      });
    expect(renderError(refused(violations), flags)).toBe(
      [
        "slipway: INVALID_ARGUMENT: unknown architecture value",
        "Use a valid architecture enum value.",
        "Also wrong:",
        "  unknown field docker.image_reff",
        "  c\\x1bd",
        "",
      ].join("\n"),
    );
    expect(renderError(refused(violations.slice(0, 1)), flags)).not.toContain("Also");
    expect(
      JSON.parse(renderError(refused(violations), { ...flags, output: "json" })),
    ).toMatchObject({
      error: { message: "unknown architecture value" },
    });
  });

  it("keeps a message with newlines on one line", () => {
    const error = new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "a\nb" });
    expect(renderError(error, flags)).toBe("slipway: INTERNAL: a\\nb\n");
  });

  it("prints the causes only with --verbose", () => {
    const error = asSlipwayError(new TypeError("unforeseen"));
    expect(renderError(error, flags)).not.toContain("    at ");
    const told = renderError(error, { ...flags, verbose: true });
    expect(told).toContain("caused by TypeError: unforeseen\n");
    expect(told).toContain("    at ");
  });

  it("prints no stack for an expected error", () => {
    expect(renderError(failedChecks, { ...flags, verbose: true })).not.toContain("    at ");
  });
});

describe("renderError as JSON", () => {
  it("is one line with every field", () => {
    const text = renderError(failedChecks, { ...flags, output: "json" });
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({ error: failedChecks.toJSON() });
    expect(Object.keys(failedChecks.toJSON())).toEqual([
      "code",
      "reason",
      "message",
      "remedy",
      "blast_radius",
      "retry",
      "metadata",
      "checks",
    ]);
  });
});
