import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plots, strikeOf } from "../support/repeating/answers.ts";
import { createPlayer, WAYS } from "../support/repeating/play.ts";
import { ec2Scene, engineScene, gceScene, registryScene } from "../support/repeating/scenes.ts";
import type { Scene } from "../support/repeating/scenes.ts";
import { scanFor } from "../support/world-secrets.ts";

const RUNS = Number(process.env["SLIPWAY_REPEATED_RUNS"] ?? 40);
const SLOW = { timeout: 120_000 };

const SCENES: readonly (readonly [string, () => Promise<Scene>])[] = [
  ["a registry and its token service, of a password", () => registryScene("password")],
  ["a registry and its token service, of an identity token", () => registryScene("identity token")],
  ["an engine, of variables, files and a password", engineScene],
  ["EC2 and STS, of keys and session tokens", ec2Scene],
  ["Compute Engine, of a token", () => gceScene("token")],
  ["Compute Engine and its token service, of tokens", () => gceScene("workload identity")],
];

describe("what a peer repeats of its caller's secrets", () => {
  it.each(SCENES)(
    "is in no output, event, error, row or warning: %s",
    SLOW,
    async (_peer, open) => {
      await using scene = await open();
      using player = await createPlayer(scene);
      const { repeater, secrets } = scene;
      const known = Object.values(secrets).flatMap((secret) => secret.split("\n"));
      const scan = (text: string) => {
        const granted = repeater.granted().map((one, index) => [`granted ${index}`, one] as const);
        return scanFor({ ...secrets, ...Object.fromEntries(granted) })(text);
      };
      // As long as all goes well, each call has its turn.
      for (const way of WAYS) expect(scan(await player.play(way))).toEqual([]);
      let redacted = 0;
      await fc.assert(
        fc.asyncProperty(plots(scene.requests), fc.constantFrom(...WAYS), async (plot, way) => {
          repeater.strike(strikeOf(plot, known));
          const said = await player.play(way);
          repeater.strike(null);
          if (said.includes("[redacted]")) redacted += 1;
          expect(said.split("\n").filter((line) => scan(line).length > 0)).toEqual([]);
          expect(scan(said)).toEqual([]);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
      expect(repeater.hits()).toBeGreaterThan(RUNS / 2);
      expect(redacted).toBeGreaterThan(RUNS / 10);
      const files = player.files();
      expect([...files.keys()]).toContain("slipway.db");
      for (const [name, content] of files) expect([name, ...scan(content)]).toEqual([name]);
    },
  );
});
