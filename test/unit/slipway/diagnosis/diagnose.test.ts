import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../../../src/slipway/diagnosis/diagnose.ts";
import { startFakeEngine } from "../../../support/fake-engine.ts";
import { caughtError } from "../../../support/caught.ts";
import { scratchFolder } from "../../../support/scratch.ts";

describe("diagnose", () => {
  it("names an unknown option, and stops at its signal", async () => {
    const unknown = { database: "x.db", databse: "x" };
    expect(await caughtError(() => diagnose(unknown))).toMatchObject({
      reason: "INVALID_INPUT",
      message: expect.stringContaining("databse"),
    });
    const signal = AbortSignal.abort();
    expect(await caughtError(() => diagnose({ database: "x.db", signal }))).toMatchObject({
      code: "CANCELLED",
    });
  });

  it("waits for each part no longer than its time limit", async () => {
    using folder = scratchFolder();
    await using engine = await startFakeEngine();
    engine.on("GET /info", () => undefined);
    engine.on("GET /version", () => undefined);
    const { checks } = await diagnose({
      database: join(folder.path, "slipway.db"),
      environment: { HOME: folder.path, DOCKER_HOST: engine.host },
      timeout: 50,
    });
    expect(checks.find(({ name }) => name === "engine")).toMatchObject({
      outcome: "warning",
      reason: "TIMED_OUT",
      message: "no answer within 0.05 seconds",
    });
  });
});
