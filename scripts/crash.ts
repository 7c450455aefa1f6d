/**
 * Kills launchers at random times and crash points, recovers, and counts the machines: `npm run crash -- --runs N`. It
 * uses the fakes of EC2 and Compute Engine, and the Docker engine of `scripts/peers.sh` if that is running; one run in
 * ten is a burst. It ends with bursts of a thousand, and exits with 1 if a guarantee was broken.
 */
import { parseArgs } from "node:util";
import { killedBurst, splitBurst } from "../test/support/crash/burst-scene.ts";
import type { BurstKill } from "../test/support/crash/burst-scene.ts";
import { brokenGuarantee, crashOnce } from "../test/support/crash/crash-scene.ts";
import type { CrashSubstrate, Kill } from "../test/support/crash/crash-scene.ts";
import { crashOnDocker, crashOnEc2, crashOnGce } from "../test/support/crash/crash-substrates.ts";
import { findPeers } from "../test/support/peers.ts";

/** More points than a victim reaches on any substrate; beyond its last one it is not killed. */
const POINTS = 60;
const LONGEST = 2_500;
const BURST_EVERY = 10;
/** Spawns of a burst; its first place has capacity for some of them. */
const BURST = 40;
const ROOM = 24;
/** Crash points of a burst, with the maximum number of times that each is reached. */
const BURST_POINTS = [
  ["ledger.begin:before", 2],
  ["ledger.begin:after", 2],
  ["ledger.take:before", 2 * BURST],
  ["ledger.take:after", 2 * BURST],
  ["adapter.launch:before", 2],
  ["adapter.launch:after", 2],
  ["adapter.describe:before", 2],
] as const;
/** Number of runs between progress reports. */
const PORTION = 100;
const THOUSAND = 1_000;
/** Capacity of the first place in those bursts. */
const LARGE_ROOM = 600;
/** The other points are covered by the tests. */
const THOUSAND_KILLS = ["ledger.begin:before", "adapter.launch:before"] as const;

interface Run {
  readonly killed: boolean;
  /** Null if all guarantees hold. */
  readonly wrong: string | null;
}

const { values } = parseArgs({ options: { runs: { type: "string", default: "30" } } });
const runs = Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 1)
  throw new Error("--runs must be a positive whole number");

await using stack = new AsyncDisposableStack();
const several = { hasTwoTypes: true };
const substrates: CrashSubstrate[] = [
  stack.use(await crashOnEc2(several)),
  stack.use(await crashOnGce(several)),
];
const { engine } = findPeers(process.env, process.getuid?.() === 0);
if (engine.present) substrates.push(stack.use(await crashOnDocker(engine.value)));
else console.log(`no Docker engine: ${engine.reason}`);

const counts = { killed: 0, bursts: 0, broken: 0 };
for (let run = 0; run < runs; run += 1) {
  const substrate = substrates[run % substrates.length];
  if (substrate === undefined) break;
  const isBurst = run % BURST_EVERY === BURST_EVERY - 1;
  const { killed, wrong } = isBurst ? await crashOfMany() : await crashOfOne(substrate);
  if (isBurst) counts.bursts += 1;
  if (killed) counts.killed += 1;
  if (wrong !== null) {
    counts.broken += 1;
    console.log(`run ${run}: ${wrong}`);
  }
  if ((run + 1) % PORTION === 0) console.log(`${run + 1} runs, ${counts.broken} broken promises`);
}
for (const wrong of await burstsOfThousand()) {
  counts.broken += 1;
  console.log(wrong);
}
console.log(
  `${runs} runs (${counts.bursts} of bursts), ${counts.killed} killed, ${counts.broken} broken promises (duplicates, orphans, lost)`,
);
if (counts.broken > 0) process.exitCode = 1;

async function crashOfOne(substrate: CrashSubstrate): Promise<Run> {
  const kill: Kill = oneIn(2)
    ? { point: 1 + below(POINTS) }
    : { afterMilliseconds: Math.random() * LONGEST };
  const { victim, aftermath } = await crashOnce(substrate, kill);
  const wrong = brokenGuarantee(aftermath);
  const { killed, points } = victim;
  if (wrong === null) return { killed, wrong };
  const where = `on ${substrate.name}, ${JSON.stringify(kill)}`;
  return { killed, wrong: `${where}: ${wrong}\n  its points: ${points.join(" ")}` };
}

/** With a new fake, so that the next burst has the full capacity again. */
async function crashOfMany(): Promise<Run> {
  const open = oneIn(2) ? crashOnEc2 : crashOnGce;
  await using substrate = await open({ room: ROOM, hasTwoTypes: oneIn(2) });
  const [point, most] = BURST_POINTS[below(BURST_POINTS.length)] ?? BURST_POINTS[0];
  const kill: BurstKill = oneIn(2)
    ? { point, nth: 1 + below(most) }
    : { afterMilliseconds: Math.random() * LONGEST };
  const { killed, wrong } = await killedBurst(substrate, BURST, kill);
  if (wrong === null) return { killed, wrong };
  return { killed, wrong: `a burst on ${substrate.name}, ${JSON.stringify(kill)}: ${wrong}` };
}

/** Faults found in bursts of a thousand: one that is split between two places, and those killed at each point. */
async function burstsOfThousand(): Promise<readonly string[]> {
  const broken: string[] = [];
  const options = { room: LARGE_ROOM, isPaced: true };
  {
    await using substrate = await crashOnGce(options);
    const { wrong, places } = await splitBurst(substrate, THOUSAND);
    if (wrong !== null || places[0] !== LARGE_ROOM)
      broken.push(`a thousand on ${substrate.name}: ${wrong ?? `split ${places.join(", ")}`}`);
  }
  for (const point of THOUSAND_KILLS) {
    await using substrate = await crashOnEc2(options);
    const { killed, wrong } = await killedBurst(substrate, THOUSAND, { point, nth: 1 });
    if (!killed || wrong !== null)
      broken.push(`a thousand on ${substrate.name}, killed at ${point}: ${wrong ?? "not killed"}`);
  }
  return broken;
}

function oneIn(count: number): boolean {
  return Math.random() < 1 / count;
}

function below(count: number): number {
  return Math.floor(Math.random() * count);
}
