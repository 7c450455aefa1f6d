/**
 * A process that does nothing but watch its own event loop, from a line on standard input to the next one: what delays
 * it is the machine's doing. Prints the longest delay, in milliseconds.
 */
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";

process.stdout.write("ready\n");
await once(process.stdin, "data");
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
await once(process.stdin, "end");
delay.disable();
process.stdout.write(`${delay.max / 1_000_000}\n`);
