/** `node prune-process.ts DATABASE`: deletes all finished spawns, as `slipway prune` does, and prints the report. */
import { createSlipway } from "../src/slipway/create-slipway.ts";

const [database = ""] = process.argv.slice(2);
await using slipway = await createSlipway({ database });
process.stdout.write(JSON.stringify(await slipway.prune({ olderThan: 0 })));
