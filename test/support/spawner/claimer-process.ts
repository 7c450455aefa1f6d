/**
 * One of several processes that share a ledger. Arguments: file, worker, spawns, rounds. It waits for a line on standard
 * input, so that all of them begin together. In each round it begins and claims every spawn, and takes a step with each
 * one it won. It prints what it won as JSON.
 */
import { once } from "node:events";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { samplePlan } from "../sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

const [path = "", worker = "", spawns = "0", rounds = "0"] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");

const database = await openDatabase({ path, migrations: { ledger: LEDGER_MIGRATIONS } });
const ledger = createSqliteLedger(database);
const plan = samplePlan();
const at = "2026-11-22T04:00:00.000Z";
const begun: string[] = [];
const claims: string[] = [];
const steps: string[] = [];
for (let spawn = 0; spawn < Number(spawns); spawn += 1) {
  const spawnId = `spawn-${spawn}`;
  const token = String(spawn).padStart(64, "0");
  const launch = { candidate: 0, place: "engine-1", machineType: null, token, member: 0 };
  const key = { tenant: "default", spawnId };
  const { created } = await ledger.begin(
    [{ ...key, plan, own: NO_INPUT, launch, worker, leaseUntil: 0, at }],
    null,
  );
  if (created) begun.push(spawnId);
  for (let round = 0; round < Number(rounds); round += 1) {
    const fence = (await ledger.find(key))?.lease.fence ?? 0;
    const claimed = await ledger.claim({ ...key, fence, worker, until: round });
    if (claimed === null) continue;
    claims.push(`${spawnId}/${fence + 1}`);
    const step = { ...key, before: claimed, at, lease: round } as const;
    const taken = await ledger.take([{ ...step, to: "launching", message: worker }], null);
    if (taken !== null) steps.push(`${spawnId}/${worker}`);
  }
}
const owner = await ledger.owner();
await ledger.close();
process.stdin.destroy();
process.stdout.write(`${JSON.stringify({ owner, begun, claims, steps })}\n`);
