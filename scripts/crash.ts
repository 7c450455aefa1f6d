/**
 * Kills launchers at random moments and points, recovers, and counts what lives: `npm run crash -- --runs N`. On the
 * stand-ins of EC2 and Compute Engine, and on the Docker engine of `scripts/peers.sh` where it runs. Exits 1 where a
 * promise was broken.
 */
import { parseArgs } from "node:util";
import { brokenPromise, crashOnce } from "../test/support/crash/crash-scene.ts";
import type { CrashSubstrate, Kill } from "../test/support/crash/crash-scene.ts";
import { crashOnDocker, crashOnEc2, crashOnGce } from "../test/support/crash/crash-substrates.ts";
import { findPeers } from "../test/support/peers.ts";

/** More than a victim reaches on any substrate: beyond its end it is not killed at all. */
const POINTS = 60;
const LONGEST = 2_500;
/** Runs after which it says how far it is. */
const PORTION = 100;

const { values } = parseArgs({ options: { runs: { type: "string", default: "30" } } });
const runs = Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1");

await using stack = new AsyncDisposableStack();
const substrates: CrashSubstrate[] = [stack.use(await crashOnEc2()), stack.use(await crashOnGce())];
const { engine } = findPeers(process.env, process.getuid?.() === 0);
if (engine.present) substrates.push(stack.use(await crashOnDocker(engine.value)));
else console.log(`no Docker engine: ${engine.reason}`);

const counts = { killed: 0, broken: 0 };
for (let run = 0; run < runs; run += 1) {
  const substrate = substrates[run % substrates.length];
  if (substrate === undefined) break;
  const kill: Kill =
    Math.random() < 0.5
      ? { point: 1 + Math.floor(Math.random() * POINTS) }
      : { afterMilliseconds: Math.random() * LONGEST };
  const { victim, aftermath } = await crashOnce(substrate, kill);
  const wrong = brokenPromise(aftermath);
  if (victim.killed) counts.killed += 1;
  if ((run + 1) % PORTION === 0) console.log(`${run + 1} runs, ${counts.broken} broken promises`);
  if (wrong === null) continue;
  counts.broken += 1;
  console.log(`run ${run} on ${substrate.name}, ${JSON.stringify(kill)}: ${wrong}`);
  console.log(`  its points: ${victim.points.join(" ")}`);
}
console.log(
  `${runs} runs, ${counts.killed} killed, ${counts.broken} broken promises (duplicates, orphans, lost)`,
);
if (counts.broken > 0) process.exitCode = 1;
