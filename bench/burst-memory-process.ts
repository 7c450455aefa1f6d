/**
 * Requests many machines at once, and prints the peak memory (in MiB) once the first thousand are running and all others
 * wait for EC2's rate limit; then it cancels them. Arguments: the database, the workspace, the number of machines.
 */
import type * as Library from "../src/index.ts";

// The compiled library, as a program that embeds Slipway loads it: Node's type stripping is not part of the figure.
const compiled = new URL("../dist/src/index.js", import.meta.url).href;
const { createSlipway }: typeof Library = await import(compiled);

const RUNNING = 1_000;
const KIBIBYTES = 1_024;

const [database = "", workspace = "", count = "0"] = process.argv.slice(2);
process.on("warning", ({ message }) => {
  throw new Error(`a warning: ${message}`);
});
const leaving = new AbortController();
await using slipway = await createSlipway({ database });
let running = 0;
const wanted = Array.from({ length: Number(count) }, () => workspace);
const results = await slipway.spawnWorkspaces(wanted, {
  detach: leaving.signal,
  onEvent(notice) {
    if (notice.kind !== "event" || notice.event.state !== "running") return;
    running += 1;
    if (running === RUNNING) leaving.abort(new Error("measured"));
  },
});
const failed = results.find(({ error }) => error !== null && error.reason !== "INTERRUPTED");
if (failed !== undefined) throw new Error(`a spawn failed: ${JSON.stringify(failed)}`);
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / KIBIBYTES)}\n`);
