import { describe, expect, it } from "vitest";
import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import { spawnPlan } from "../../../src/spawner/spawn.ts";
import { burstWorld, ids } from "../../support/burst-world.ts";

const SCOPE = rateScope("123456789012", "us-east-1");
const LIMIT = rateOf("RunInstances", SCOPE, {});
const MINUTE = 60_000;
const MANY = 10_000;
/** A thousand at once, then two a second. */
const EXPECTED = 75 * MINUTE;

describe("ten thousand spawns at EC2's published rates", () => {
  it(
    "take as long as was estimated, and report that time from the start",
    { timeout: 240_000 },
    async () => {
      const here = burstWorld({
        capabilities: { rates: { scope: SCOPE, launch: LIMIT }, pollMilliseconds: 1_000 },
      });
      const { clock, world, ledger } = here;
      const call = { scope: SCOPE, limit: LIMIT, now: clock.now() };
      const estimate = await ledger.forecast(call, { calls: 10, machines: MANY });
      expect(estimate / MINUTE).toBeCloseTo(EXPECTED / MINUTE, 0);

      const began = clock.now();
      /** The longest wait that was reported in each minute. */
      const longest: number[] = [];
      const spawns = ids(MANY).map((spawnId) =>
        spawnPlan(
          world,
          here.request({
            spawnId,
            wait: "accepted",
            onEvent(notice) {
              if (notice.kind !== "waiting") return;
              const minute = Math.floor((clock.now() - began) / MINUTE);
              longest[minute] = Math.max(longest[minute] ?? 0, notice.milliseconds);
            },
          }),
        ),
      );
      await clock.runUntilSettled(Promise.all(spawns));
      const took = clock.now() - began;

      expect(took / estimate).toBeGreaterThan(0.95);
      expect(took / estimate).toBeLessThan(1.1);
      for (const minute of [0, 15, 45, 70]) {
        const left = took - minute * MINUTE;
        expect(longest[minute]).toBeGreaterThan(0.9 * left - MINUTE);
        expect(longest[minute]).toBeLessThan(1.1 * left + MINUTE);
      }
    },
  );
});
