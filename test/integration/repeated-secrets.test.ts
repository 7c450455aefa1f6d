import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainPlots, plots, strikeOf } from "../support/repeating/answers.ts";
import type { Plot } from "../support/repeating/answers.ts";
import { createPlayer, WAYS } from "../support/repeating/play.ts";
import type { Player, Way } from "../support/repeating/play.ts";
import {
  ec2Scene,
  engineScene,
  gceScene,
  helperScene,
  registryScene,
} from "../support/repeating/scenes.ts";
import type { Scene } from "../support/repeating/scenes.ts";
import { scanFor } from "../support/world-secrets.ts";
import type { SecretScan } from "../support/world-secrets.ts";

/** Goes through all commands that are made with other answers each time; more of them take half a second each. */
const RUNS = Number(process.env["SLIPWAY_REPEATED_RUNS"] ?? 8);
const SLOW = { timeout: 60_000 + RUNS * 2_000 };
const LIMITS = { numRuns: RUNS, endOnFailure: true };

const SCENES: readonly (readonly [string, () => Promise<Scene>])[] = [
  ["a registry and its token service repeat of a password", () => registryScene("password")],
  ["a registry and its token service repeat of a token", () => registryScene("identity token")],
  ["a registry repeats of a credential helper's password", helperScene],
  ["an engine repeats of variables, files and a password", engineScene],
  ["EC2 and STS repeat of keys and session tokens", ec2Scene],
  ["Compute Engine repeats of a token", () => gceScene("token")],
  ["Google's token service repeats of tokens", () => gceScene("workload identity")],
];

/** What a helper prints that has gone wrong, or has put together a credential from the wrong parts. */
const HELPER_ANSWERS = ["a credential", "a text", "plain text", "a list", "a number"] as const;

/** Those of the scene, and all that its peer has granted by now. */
function scanOf({ repeater, secrets }: Scene): SecretScan {
  return (text) => {
    const granted = repeater.granted().map((one, index) => [`granted ${index}`, one] as const);
    return scanFor({ ...secrets, ...Object.fromEntries(granted) })(text);
  };
}

/** The lines that hold a secret, or all of the text where one goes over several. */
function leaksIn(said: string, scan: SecretScan): readonly string[] {
  if (scan(said).length === 0) return [];
  const lines = said.split("\n").filter((line) => scan(line).length > 0);
  return lines.length > 0 ? lines : [said];
}

/** The files that hold a secret, of those that the commands have left. */
function leakingFiles(player: Player, scan: SecretScan): readonly string[] {
  const files = player.files();
  expect([...files.keys()]).toContain("slipway.db");
  return [...files].filter(([, content]) => scan(content).length > 0).map(([name]) => name);
}

describe("no output, event, error, row or warning holds", () => {
  it.each(SCENES)("what %s", SLOW, async (_what, open) => {
    await using scene = await open();
    using player = await createPlayer(scene);
    const { repeater, secrets, requests, answers } = scene;
    const known = Object.values(secrets).flatMap((secret) => secret.split("\n"));
    const scan = scanOf(scene);
    // As long as all goes well, each call has its turn.
    for (const way of WAYS) expect(leaksIn(await player.play(way), scan)).toEqual([]);
    let redacted = 0;
    const playOut = async (plot: Plot, way: Way) => {
      repeater.strike(strikeOf(plot, known));
      const said = await player.play(way);
      repeater.strike(null);
      if (said.includes("[redacted]")) redacted += 1;
      expect(leaksIn(said, scan)).toEqual([]);
    };
    for (const plot of plainPlots(requests, answers, known.length)) await playOut(plot, "library");
    const anyWay = fc.constantFrom(...WAYS);
    await fc.assert(fc.asyncProperty(plots(requests, answers), anyWay, playOut), LIMITS);
    expect(repeater.hits()).toBeGreaterThan(RUNS);
    expect(redacted).toBeGreaterThan(0);
    expect(leakingFiles(player, scan)).toEqual([]);
  });

  it("what a credential helper prints instead of a credential", SLOW, async () => {
    await using scene = await helperScene();
    using player = await createPlayer(scene);
    const scan = scanOf(scene);
    const exitCode = fc.constantFrom(0, 0, 1, 3);
    const anyWay = fc.constantFrom(...WAYS);
    await fc.assert(
      fc.asyncProperty(plots(0, HELPER_ANSWERS), exitCode, anyWay, async (plot, code, way) => {
        const { body, statusText } = strikeOf(plot, Object.values(scene.secrets)).answer([]);
        await scene.say({ stdout: body, stderr: statusText, code });
        expect(leaksIn(await player.play(way), scan)).toEqual([]);
      }),
      LIMITS,
    );
    expect(leakingFiles(player, scan)).toEqual([]);
  });
});
