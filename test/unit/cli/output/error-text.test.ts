import { describe, expect, it } from "vitest";
import { renderError } from "../../../../src/cli/output/error-text.ts";
import type { GlobalFlags } from "../../../../src/cli/global-flags.ts";
import { asSlipwayError, SlipwayError } from "../../../../src/errors.ts";

const flags: GlobalFlags = {
  output: null,
  query: null,
  context: null,
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

  it("shows the last lines of a machine's log, without control characters", () => {
    const log = Array.from({ length: 12 }, (_, index) => `line ${String(index + 1)}\u001b[2J`);
    const error = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_EXITED",
      message: "workspace agent-dev: the container exited with status 1",
      remedy: "Correct the command.",
      metadata: { log },
    });
    expect(renderError(error, flags).split("\n").slice(2)).toEqual([
      "The last lines of its log:",
      ...Array.from({ length: 10 }, (_, index) => `  line ${String(index + 3)}\\x1b[2J`),
      "",
    ]);
    const silent = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_EXITED",
      message: "ended",
      remedy: "Correct it.",
      metadata: { log: [] },
    });
    expect(renderError(silent, flags)).not.toContain("its log");
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

describe("renderError with -o table", () => {
  it("shows all checks of a failed dry run, those that failed first", () => {
    const error = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CHECKS_FAILED",
      message: "workspace agent-dev: 2 checks failed: no subnet; no key",
      checks: [
        { name: "image", outcome: "passed", message: "the image exists" },
        {
          name: "subnet",
          outcome: "failed",
          code: "NOT_FOUND",
          message: "no subnet",
          remedy: "Add one.",
        },
        { name: "quota", outcome: "skipped", message: "not allowed to read quotas" },
        { name: "clock", outcome: "warning", message: "the clock is late" },
        { name: "key", outcome: "failed", code: "NOT_FOUND", message: "no key" },
      ],
    });
    const lines = renderError(error, { ...flags, output: "table" })
      .trimEnd()
      .split("\n");
    expect(lines.slice(1)).toEqual([
      "  subnet: NOT_FOUND: no subnet",
      "    Add one.",
      "  key: NOT_FOUND: no key",
      "  clock: warning: the clock is late",
      "",
      "CHECK   OUTCOME  FINDING",
      "subnet  failed   no subnet",
      "key     failed   no key",
      "clock   warning  the clock is late",
      "image   passed   the image exists",
      "quota   skipped  not allowed to read quotas",
    ]);
    expect(renderError(error, flags)).not.toContain("the image exists");
  });
});

describe("renderError as JSON", () => {
  it("is indented as results are, and has every field", () => {
    const text = renderError(failedChecks, { ...flags, output: "json" });
    expect(text).toBe(`${JSON.stringify({ error: failedChecks.toJSON() }, null, 2)}\n`);
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
